/*
 * registry/founding.c - giving a book its policy.
 *
 * An entry fits a policy when the range that would serve it today holds its
 * port and, in a range of blocks, the block it stands in is one of that range.
 * Blocks that fit are kept; the others go, with their entries marked legacy,
 * and every project gets the block of its number again.
 */
#include "registry/founding.h"

#include <stdlib.h>
#include <string.h>

#include "registry/blocks.h"
#include "registry/edit.h"
#include "registry/entry_json.h"
#include "registry/instances.h"
#include "registry/policy_json.h"
#include "registry/projects.h"
#include "registry/reserve.h"

bool registry_is_founded(struct registry *r, bool *ret, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	const char *stamp;

	if (!r->store->ops->setting_get(r->store, "policy_stamp", &arena, &stamp, err))
		return false;
	*ret = stamp != NULL;
	return true;
}

/* Does it fit? */

static bool block_fits(const struct policy *policy, const struct policy_range *range,
		       struct port_range block)
{
	struct port_range same;

	return block.first >= range->ports.first && range->block &&
	       policy_block(policy, range, (block.first - range->ports.first) / range->block,
			    &same) &&
	       same.first == block.first && same.last == block.last;
}

/* The range of the policy that this block could be of; NULL: none. */
static const struct policy_range *range_of_block(const struct policy *policy,
						 struct port_range block)
{
	for (unsigned i = 0; i < policy->n_ranges; i++)
		if (block_fits(policy, &policy->ranges[i], block))
			return &policy->ranges[i];
	return NULL;
}

struct block_rows {
	struct arena *arena;
	struct block *items;
	unsigned count, room;
	bool out_of_memory;
};

static bool gather_block(const struct block *b, void *arg)
{
	struct block_rows *rows = arg;
	struct block *to;

	rows->items = arena_grow(rows->arena, rows->items, rows->count, &rows->room,
				 sizeof(*rows->items));
	rows->out_of_memory = !rows->items;
	if (rows->out_of_memory)
		return false;
	to = &rows->items[rows->count];
	*to = *b;
	to->host = arena_copy(rows->arena, b->host);
	to->range = arena_copy(rows->arena, b->range);
	to->project_id = arena_copy(rows->arena, b->project_id);
	rows->out_of_memory = !to->host || !to->range || !to->project_id;
	rows->count += !rows->out_of_memory;
	return !rows->out_of_memory;
}

static bool read_blocks(struct registry *r, struct arena *a, struct block_rows *ret,
			struct err *err)
{
	*ret = (struct block_rows){ .arena = a };
	if (!r->store->ops->block_each(r->store, NULL, NULL, gather_block, ret, err))
		return false;
	return !ret->out_of_memory || fail_memory(err);
}

static const struct policy_range *range_of_entry(const struct policy *policy, const struct entry *e)
{
	return policy_range_for(
		policy, &(struct policy_asker){ .project = e->project,
						.environment = e->environment,
						.type = policy_type(policy, e->service, e->type),
						.temporary = e->expires_at_ms != 0 });
}

static bool entry_fits(const struct policy *policy, const struct block_rows *blocks,
		       const struct entry *e)
{
	const struct policy_range *range = range_of_entry(policy, e);

	if (!range || !policy_range_owns(range, e->port))
		return false;
	for (unsigned i = 0; range->block && i < blocks->count; i++)
		if (port_range_has(blocks->items[i].ports, e->port) &&
		    !strcmp(blocks->items[i].host, e->host))
			return block_fits(policy, range, blocks->items[i].ports);
	return !range->block;
}

/* What is outside. */

static bool fail_outside(const struct policy *policy, const struct entry *e, unsigned outside,
			 struct err *err)
{
	fail(err, ERR_INVALID,
	     "%u entr%s would fall outside the policy '%s', the first of them '%s/%s' "
	     "on port %u",
	     outside, outside == 1 ? "y" : "ies", policy->name, e->project, e->service, e->port);
	fail_hint(err, "with --keep-entries they stay where they are, marked legacy");
	holder_of_entry(err, e);
	return false;
}

static bool keep_as_legacy(struct registry *r, const struct entry *e, struct err *err)
{
	struct entry legacy = *e;

	legacy.status = STATUS_LEGACY;
	legacy.range = NULL;
	return registry_put_entry(r, "policy-use", e, &legacy, err);
}

static bool move_to_range(struct registry *r, const struct policy *policy, const struct entry *e,
			  struct err *err)
{
	const struct policy_range *range = range_of_entry(policy, e);
	struct entry same = *e;

	if (!strcmp(range->name, e->range))
		return true;
	same.range = range->name;
	return r->store->ops->entry_put(r->store, &same, err);
}

/* Registered ports (without a range) are exempt. */
static bool fit_entries(struct registry *r, const struct policy_change *change,
			const struct block_rows *blocks, struct arena *a,
			struct policy_changed *ret, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct entry_list list;
	const struct entry *first = NULL;
	unsigned outside = 0;

	if (!entries_read(r, &f, a, &list, err))
		return false;
	for (unsigned i = 0; i < list.count; i++) {
		const struct entry *e = &list.items[i];

		if (!e->range)
			continue;
		if (entry_fits(change->policy, blocks, e)) {
			if (!move_to_range(r, change->policy, e, err))
				return false;
			continue;
		}
		first = first ? first : e;
		outside++;
		if (change->keep_entries && !keep_as_legacy(r, e, err))
			return false;
	}
	if (outside && !change->keep_entries)
		return fail_outside(change->policy, first, outside, err);
	ret->kept = outside;
	return true;
}

static bool fit_blocks(struct registry *r, const struct policy *policy,
		       const struct block_rows *blocks, struct err *err)
{
	for (unsigned i = 0; i < blocks->count; i++) {
		struct block b = blocks->items[i];
		const struct policy_range *range = range_of_block(policy, b.ports);

		if (range && !strcmp(range->name, b.range))
			continue;
		if (!r->store->ops->block_remove(r->store, b.host, b.ports.first, err))
			return false;
		if (range) {
			b.range = range->name;
			if (!r->store->ops->block_add(r->store, &b, err))
				return false;
		}
	}
	return true;
}

/* Projects and instances under the new rules. */

static bool open_blocks(struct registry *r, struct arena *a, struct err *err)
{
	const struct policy *policy;
	const struct policy_range *range;
	struct project_list projects;
	struct block_list blocks;

	/* As the book has it now: a range belongs to the policy that it is held against. */
	if (!registry_policy(r, &policy, err))
		return false;
	range = blocks_range(policy);
	if (!range)
		return true;
	if (!projects_read(r, a, &projects, err))
		return false;
	for (unsigned i = 0; i < projects.count; i++)
		if (projects.items[i].number >= 0 &&
		    !blocks_need(r, range, &projects.items[i], r->host, &blocks, err))
			return false;
	return true;
}

static bool same_slices(const struct policy_range *a, const struct policy_range *b)
{
	if (!a || !b)
		return a == b;
	return a->slice == b->slice && a->slicing == b->slicing && a->block == b->block;
}

static bool reset_slices(struct registry *r, struct arena *a, struct err *err)
{
	struct instance_list list;

	if (!instances_read(r, NULL, a, &list, err))
		return false;
	for (unsigned i = 0; i < list.count; i++) {
		struct instance one = list.items[i];

		one.slice = -1;
		if (!r->store->ops->instance_put(r->store, &one, err))
			return false;
	}
	return true;
}

/* Writing the policy itself. */

static bool put_ranges(struct registry *r, const struct policy *p, struct arena *a, struct err *err)
{
	struct stored_range rows[POLICY_MAX_RANGES];

	for (unsigned i = 0; i < p->n_ranges; i++) {
		const struct policy_range *range = &p->ranges[i];
		CLEANUP(json_cleanup) json_t *json = policy_range_json(range);
		CLEANUP(json_text_cleanup) char *text = NULL;

		if (!json)
			return fail_memory(err);
		if (!json_format(json, &text, err))
			return false;
		rows[i] = (struct stored_range){
			.name = range->name,
			.description = range->description,
			.ports = range->ports,
			.block = range->block,
			.slice = range->slice,
			.rule = arena_copy(a, text),
		};
		if (!rows[i].rule)
			return fail_memory(err);
	}
	return r->store->ops->ranges_put(r->store, rows, p->n_ranges, err);
}

struct policy_reservations {
	struct {
		char host[NAME_SIZE];
		uint16_t first;
	} at[POLICY_MAX_RESERVED];
	unsigned count;
};

static bool gather_policy_reserved(const struct reserved *res, void *arg)
{
	struct policy_reservations *all = arg;

	if (res->from_policy && strlen(res->host) < NAME_SIZE) {
		memcpy(all->at[all->count].host, res->host, strlen(res->host) + 1);
		all->at[all->count++].first = res->ports.first;
	}
	return all->count < POLICY_MAX_RESERVED;
}

static bool put_reserved(struct registry *r, const struct policy *p, struct err *err)
{
	struct policy_reservations old = { .count = 0 };

	if (!r->store->ops->reserved_each(r->store, gather_policy_reserved, &old, err))
		return false;
	for (unsigned i = 0; i < old.count; i++)
		if (!r->store->ops->reserved_remove(r->store, old.at[i].host, old.at[i].first, err))
			return false;
	/* A port has one reservation on a host, so those by hand give way. */
	for (unsigned i = 0; i < p->n_reserved; i++) {
		const struct reserved res = {
			.host = "*",
			.ports = p->reserved[i].ports,
			.reason = p->reserved[i].reason,
			.from_policy = true,
		};
		bool any;

		if (!reserved_cut(r, res.host, res.ports, &any, err) ||
		    !r->store->ops->reserved_put(r->store, &res, err))
			return false;
	}
	return true;
}

static bool put_settings(struct registry *r, const struct policy *p, const char *text,
			 struct arena *a, struct err *err)
{
	CLEANUP(json_cleanup) json_t *json = policy_json(p);
	CLEANUP(json_text_cleanup) char *document = NULL;
	const char *stamp = registry_new_id(r, a);
	const struct store_ops *ops = r->store->ops;

	if (!json || !stamp)
		return fail_memory(err);
	return json_format(json, &document, err) &&
	       ops->setting_put(r->store, "policy", document, err) &&
	       ops->setting_put(r->store, "policy_text", text ? text : "", err) &&
	       ops->setting_put(r->store, "environment", p->environment, err) &&
	       ops->setting_put(r->store, "policy_stamp", stamp, err);
}

static bool record_policy(struct registry *r, const char *before, const char *after,
			  struct err *err)
{
	struct change c = {
		.op = "policy-use",
		.subject = after,
		.before = before ? json_pack("{s:s}", "policy", before) : NULL,
		.after = json_pack("{s:s}", "policy", after),
	};

	return registry_record(r, &c, err);
}

/* What a new book starts with. */

static bool seed_project(struct registry *r, const struct policy_project *seed, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct project p;
	bool found;

	if (!r->store->ops->project_find(r->store, PROJECT_BY_NAME(seed->name), &arena, &p, &found,
					 err))
		return false;
	if (found) {
		if (seed->number >= 0 && p.number != seed->number)
			registry_note(r, "'%s' is in the book already, with number %d", p.name,
				      p.number);
		return true;
	}
	return project_add(r,
			   &(struct project_new){
				   .name = seed->name, .number = seed->number, .host = r->host },
			   &arena, &p, err);
}

static bool seed_service(struct registry *r, const struct policy *policy,
			 const struct policy_service *seed, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct project p;
	struct instance first;
	struct port_answer answer;
	bool entered;
	struct register_request q = {
		.key = { .project = &p,
			 .instance = 1,
			 .service = seed->service,
			 .environment = policy->environment,
			 .host = r->host },
		.port = seed->port,
	};
	struct err why = { 0 };

	if (!project_need(r, seed->project, &arena, &p, err) ||
	    !instance_need(r, &p, 1, r->host, &arena, &first, &entered, err))
		return false;
	if (registry_register(r, &q, &arena, &answer, &why))
		return true;
	if (why.code != ERR_TAKEN)
		return fail(err, why.code, "%s", why.text);
	registry_note(r, "'%s/%s' is not entered: %s", seed->project, seed->service, why.text);
	return true;
}

static bool seed_all(struct registry *r, const struct policy *p, struct err *err)
{
	const struct policy_project shared = { .name = SHARED_PROJECT, .number = -1 };

	if (!seed_project(r, &shared, err))
		return false;
	for (unsigned i = 0; i < p->n_projects; i++)
		if (!seed_project(r, &p->projects[i], err))
			return false;
	for (unsigned i = 0; i < p->n_services; i++)
		if (!seed_service(r, p, &p->services[i], err))
			return false;
	return true;
}

/* The whole. */

static bool is_sound(const struct policy *p, struct err *err)
{
	struct policy_finding *found = calloc(POLICY_MAX_FINDINGS, sizeof(*found));
	unsigned count;
	bool sound = true;

	if (!found)
		return fail_memory(err);
	count = policy_check(p, (struct port_range){ 0, 0 }, found);
	for (unsigned i = 0; i < count && sound; i++)
		if (found[i].is_error) {
			sound = false;
			if (found[i].line)
				(void)fail(err, ERR_INVALID, "the policy '%s', line %u: %.900s",
					   p->name, found[i].line, found[i].text);
			else
				(void)fail(err, ERR_INVALID, "the policy '%s': %.900s", p->name,
					   found[i].text);
		}
	free(found);
	return sound;
}

static bool old_policy(struct registry *r, const struct policy **ret, struct err *err)
{
	bool founded;

	*ret = NULL;
	if (!registry_is_founded(r, &founded, err))
		return false;
	return !founded || registry_policy(r, ret, err);
}

bool registry_use_policy(struct registry *r, const struct policy_change *change,
			 struct policy_changed *ret, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	const struct policy *p = change->policy, *old;
	struct policy_changed changed = { 0 };
	struct block_rows blocks;
	const char *old_name = NULL;
	bool reslice;

	if (!is_sound(p, err) || !old_policy(r, &old, err) || !read_blocks(r, &arena, &blocks, err))
		return false;
	reslice = old && !same_slices(blocks_range(old), blocks_range(p));
	if (old) {
		/* The old one is freed as soon as the new one is read. */
		old_name = arena_copy(&arena, old->name);
		if (!old_name)
			return fail_memory(err);
	}
	if (!fit_entries(r, change, &blocks, &arena, &changed, err) ||
	    !fit_blocks(r, p, &blocks, err) || (reslice && !reset_slices(r, &arena, err)) ||
	    !put_ranges(r, p, &arena, err) || !put_reserved(r, p, err) ||
	    !put_settings(r, p, change->text, &arena, err) ||
	    !record_policy(r, old_name, p->name, err) || !open_blocks(r, &arena, err) ||
	    !seed_all(r, p, err))
		return false;
	*ret = changed;
	return true;
}

bool registry_found(struct registry *r, const struct policy *policy, const char *text,
		    struct err *err)
{
	struct policy_changed changed;
	bool founded;

	if (!registry_is_founded(r, &founded, err))
		return false;
	return founded ||
	       registry_use_policy(r, &(struct policy_change){ .policy = policy, .text = text },
				   &changed, err);
}
