#include "registry/projects.h"

#include <limits.h>
#include <string.h>

#include "registry/blocks.h"
#include "registry/entry_json.h"
#include "registry/field.h"

/* Rationale: an owner or a description is one line for people. */
#define LINE_MAX_BYTES 1000

static bool has_sound_lines(const struct project *p, struct err *err)
{
	return field_is_line("owner", p->owner, LINE_MAX_BYTES, err) &&
	       field_is_line("description", p->description, LINE_MAX_BYTES, err);
}

static bool find(struct registry *r, const struct project_key *key, struct arena *a,
		 struct project *ret, bool *ret_found, struct err *err)
{
	return r->store->ops->project_find(r->store, key, a, ret, ret_found, err);
}

/* Nearest names. */

#define NEAREST_MAX 3

struct nearest {
	const char *wanted;
	unsigned distance[NEAREST_MAX];
	char name[NEAREST_MAX][NAME_SIZE];
	unsigned count;
};

static bool consider(const struct project *p, void *arg)
{
	struct nearest *n = arg;
	unsigned far = (unsigned)strlen(n->wanted) / 3 + 1;
	bool part = strlen(n->wanted) >= 3 && strstr(p->name, n->wanted);
	unsigned d = part ? 1 : name_distance(n->wanted, p->name, far);
	unsigned at;

	if (d > far)
		return true;
	for (at = n->count; at > 0 && n->distance[at - 1] > d; at--)
		if (at < NEAREST_MAX) {
			n->distance[at] = n->distance[at - 1];
			memcpy(n->name[at], n->name[at - 1], NAME_SIZE);
		}
	if (at < NEAREST_MAX) {
		n->distance[at] = d;
		memcpy(n->name[at], p->name, strlen(p->name) + 1);
		if (n->count < NEAREST_MAX)
			n->count++;
	}
	return true;
}

static bool fail_unknown(struct registry *r, const char *name, struct err *err)
{
	struct nearest n = { .wanted = name };
	uint16_t port;

	if (!r->store->ops->project_each(r->store, consider, &n, err))
		return false;
	fail(err, ERR_NOT_FOUND, "the book knows no project '%s'%s%s%s%s%s%s%s", name,
	     n.count ? "; did you mean " : "", n.count ? n.name[0] : "", n.count > 1 ? ", " : "",
	     n.count > 1 ? n.name[1] : "", n.count > 2 ? ", " : "", n.count > 2 ? n.name[2] : "",
	     n.count ? "?" : "");
	return port_parse(name, &port, NULL)
		       ? fail_hint(err, "if it is a port that is meant: portbook check %s", name)
		       : fail_hint(err, "enter it with: portbook project add %s", name);
}

struct gathering {
	struct arena *arena;
	struct project_list list;
	unsigned room;
	bool out_of_memory;
};

static bool gather(const struct project *p, void *arg)
{
	struct gathering *g = arg;

	g->list.items = arena_grow(g->arena, g->list.items, g->list.count, &g->room,
				   sizeof(*g->list.items));
	g->out_of_memory = !g->list.items ||
			   !project_copy(g->arena, p, &g->list.items[g->list.count]);
	g->list.count += !g->out_of_memory;
	return !g->out_of_memory;
}

bool projects_read(struct registry *r, struct arena *a, struct project_list *ret, struct err *err)
{
	struct gathering g = { .arena = a };

	if (!r->store->ops->project_each(r->store, gather, &g, err))
		return false;
	if (g.out_of_memory)
		return fail_memory(err);
	*ret = g.list;
	return true;
}

bool project_need(struct registry *r, const char *name, struct arena *a, struct project *ret,
		  struct err *err)
{
	char folded[NAME_SIZE];
	bool found;

	if (!name_fold("project", name, folded, err) ||
	    !find(r, PROJECT_BY_NAME(folded), a, ret, &found, err))
		return false;
	return found || fail_unknown(r, folded, err);
}

/* Numbers. */

static bool collect_number(const struct project *p, void *arg)
{
	if (p->number >= 0 && p->number < UINT16_MAX)
		port_set_add(arg, (uint16_t)(p->number + 1));
	return true;
}

/* Project numbers as a set: number n is the member n + 1. */
static bool numbers_collect(struct registry *r, struct port_set *ret, struct err *err)
{
	memset(ret, 0, sizeof(*ret));
	return r->store->ops->project_each(r->store, collect_number, ret, err);
}

static unsigned first_number(const struct policy *policy)
{
	return policy->n_ranges ? policy->ranges[0].first_number : 0;
}

static int free_number_flat(const struct policy *policy, const struct port_set *numbers)
{
	for (unsigned n = first_number(policy); n < UINT16_MAX; n++)
		if (!port_set_has(numbers, (uint16_t)(n + 1)))
			return (int)n;
	return -1;
}

static bool number_choose(struct registry *r, const struct policy *policy, const char *host,
			  int *ret, struct err *err)
{
	const struct policy_range *range = blocks_range(policy);
	struct port_set numbers, owned;
	int number;

	if (!numbers_collect(r, &numbers, err))
		return false;
	if (!range) {
		number = free_number_flat(policy, &numbers);
	} else {
		if (!blocks_collect(r, host, &owned, err))
			return false;
		number = blocks_free_number(r, policy, range, &owned, &numbers,
					    range->first_number);
	}
	if (number < 0) {
		fail(err, ERR_EXHAUSTED, "no project number is left: every block of '%s' is taken",
		     range ? range->name : policy->name);
		return fail_hint(err,
				 "remove a project that is no longer used: portbook project list");
	}
	*ret = number;
	return true;
}

static bool number_check(struct registry *r, const struct policy *policy, int number,
			 const char *host, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	const struct policy_range *range = blocks_range(policy);
	struct project other;
	struct port_range block;
	bool found;

	if (!find(r, PROJECT_BY_NUMBER(number), &arena, &other, &found, err))
		return false;
	if (found) {
		fail(err, ERR_TAKEN, "number %d is the project '%s'", number, other.name);
		return fail_hint(err, "leave --number out: the lowest free one is taken");
	}
	if (!range)
		return true;
	if (!policy_block(policy, range, (unsigned)number, &block))
		return fail(err, ERR_INVALID,
			    "number %d has no block: %u-%u is cut into blocks of %u, numbered 0 to "
			    "%u, and those that another range or an exception lies in are skipped",
			    number, range->ports.first, range->ports.last, range->block,
			    policy_block_count(range) - 1);
	if (!block_owner(r, host, block.first, &arena, &other, &found, err))
		return false;
	if (found)
		return fail(err, ERR_TAKEN, "the block %u-%u of number %d belongs to '%s'",
			    block.first, block.last, number, other.name);
	return true;
}

/* Paths. */

static bool path_check(struct registry *r, const char *path, const char *own_id, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct project other;
	bool found;

	if (!path || !*path)
		return true;
	if (!field_is_path(path, err) ||
	    !find(r, PROJECT_BY_PATH(path), &arena, &other, &found, err))
		return false;
	if (!found || (own_id && !strcmp(other.id, own_id)))
		return true;
	fail(err, ERR_TAKEN, "'%.200s' is the path of the project '%s'", path, other.name);
	return fail_hint(err,
			 "say another path, or none, or call the project '%s'; or take it from "
			 "that one: portbook project set %s --path ''",
			 other.name, other.name);
}

/* Adding. */

/* `of` is the one of the two that is there, `after` if both are. */
static bool record_project(struct registry *r, const char *op, const struct project *of,
			   const struct project *before, const struct project *after,
			   struct err *err)
{
	struct change c = {
		.op = op,
		.project_id = of->id,
		.subject = of->name,
		.before = before ? project_json(before) : NULL,
		.after = after ? project_json(after) : NULL,
	};

	if ((before && !c.before) || (after && !c.after)) {
		json_decref(c.before);
		json_decref(c.after);
		return fail_memory(err);
	}
	return registry_record_change(r, &c, err);
}

static bool name_is_free(struct registry *r, const char *name, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct project other;
	bool found;

	if (!find(r, PROJECT_BY_NAME(name), &arena, &other, &found, err))
		return false;
	if (!found)
		return true;
	fail(err, ERR_TAKEN, "the book has a project '%s' already", name);
	return fail_hint(err, "see it with: portbook project show %s", name);
}

static bool open_its_block(struct registry *r, const struct policy *policy, const struct project *p,
			   const char *host, struct err *err)
{
	const struct policy_range *range = blocks_range(policy);
	struct block_list blocks;

	if (!range || p->number < 0)
		return true;
	return blocks_need(r, range, p, host, &blocks, err);
}

bool project_add(struct registry *r, const struct project_new *what, struct arena *a,
		 struct project *ret, struct err *err)
{
	char name[NAME_SIZE];
	const struct policy *policy;
	struct project p = {
		.number = what->number,
		.path = what->path && *what->path ? what->path : NULL,
		.owner = what->owner,
		.description = what->description,
		.status = what->status,
		.created_at_ms = what->since_ms ? what->since_ms : registry_now(r),
		.id = registry_new_id(r, a),
	};

	if (!p.id)
		return fail_memory(err);
	if (!name_fold("project", what->name, name, err) || !name_is_free(r, name, err) ||
	    !path_check(r, p.path, NULL, err) || !has_sound_lines(&p, err) ||
	    !registry_policy(r, &policy, err))
		return false;
	p.name = arena_copy(a, name);
	if (!p.name)
		return fail_memory(err);
	if (!strcmp(name, SHARED_PROJECT))
		p.number = -1;
	else if (p.number < 0 && !number_choose(r, policy, what->host, &p.number, err))
		return false;
	else if (what->number >= 0 && !number_check(r, policy, p.number, what->host, err))
		return false;
	if (!r->store->ops->project_put(r->store, &p, err) ||
	    !record_project(r, "project-add", &p, NULL, &p, err) ||
	    !open_its_block(r, policy, &p, what->host, err))
		return false;
	return project_copy(a, &p, ret) || fail_memory(err);
}

/* Changing. */

static bool holds_ports(struct registry *r, const char *project_id, unsigned *ret, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;

	f.project_id = project_id;
	return r->store->ops->entry_count(r->store, &f, ret, err);
}

struct block_heads {
	struct {
		char host[NAME_SIZE];
		uint16_t first;
	} at[PROJECT_MAX_BLOCKS];
	unsigned count;
};

static bool collect_head(const struct block *b, void *arg)
{
	struct block_heads *heads = arg;

	if (heads->count < PROJECT_MAX_BLOCKS && strlen(b->host) < NAME_SIZE) {
		memcpy(heads->at[heads->count].host, b->host, strlen(b->host) + 1);
		heads->at[heads->count++].first = b->ports.first;
	}
	return heads->count < PROJECT_MAX_BLOCKS;
}

/* Some at a time: a project may have blocks on any number of hosts. */
static bool retire_blocks(struct registry *r, const char *project_id, struct err *err)
{
	for (;;) {
		struct block_heads heads = { .count = 0 };

		if (!r->store->ops->block_each(r->store, NULL, project_id, collect_head, &heads,
					       err))
			return false;
		if (heads.count == 0)
			return true;
		for (unsigned i = 0; i < heads.count; i++)
			if (!r->store->ops->block_remove(r->store, heads.at[i].host,
							 heads.at[i].first, err))
				return false;
	}
}

static bool renumber(struct registry *r, struct project *p, int number, const char *host,
		     struct err *err)
{
	const struct policy *policy;
	unsigned held;

	if (number < 0 || number == p->number)
		return true;
	if (!strcmp(p->name, SHARED_PROJECT))
		return fail(err, ERR_INVALID, "'%s' has no number: it owns no block", p->name);
	if (!holds_ports(r, p->id, &held, err))
		return false;
	if (held) {
		fail(err, ERR_INVALID, "'%s' holds %u ports of the block of its number %d", p->name,
		     held, p->number);
		return fail_hint(err, "release them first: portbook release %s --all", p->name);
	}
	if (!registry_policy(r, &policy, err) || !retire_blocks(r, p->id, err) ||
	    !number_check(r, policy, number, host, err))
		return false;
	p->number = number;
	return open_its_block(r, policy, p, host, err);
}

/* Reservations name the project they wait for: they go with its name, or with it (NULL). */

struct waiting {
	struct arena *arena;
	const char *name;
	struct reserved *items;
	unsigned count, room;
	bool out_of_memory;
};

static bool gather_waiting(const struct reserved *res, void *arg)
{
	struct waiting *w = arg;
	struct reserved *to;

	if (!res->project || strcmp(res->project, w->name) != 0)
		return true;
	w->out_of_memory = true;
	w->items = arena_grow(w->arena, w->items, w->count, &w->room, sizeof(*w->items));
	if (!w->items)
		return false;
	to = &w->items[w->count++];
	*to = *res;
	to->host = arena_copy(w->arena, res->host);
	to->reason = arena_copy(w->arena, res->reason ? res->reason : "");
	w->out_of_memory = !to->host || !to->reason;
	return !w->out_of_memory;
}

static bool hand_over_reserved(struct registry *r, const char *from, const char *to,
			       struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct waiting w = { .arena = &arena, .name = from };
	const struct store_ops *ops = r->store->ops;

	if (!ops->reserved_each(r->store, gather_waiting, &w, err))
		return false;
	if (w.out_of_memory)
		return fail_memory(err);
	for (unsigned i = 0; i < w.count; i++) {
		w.items[i].project = to;
		if (to ? !ops->reserved_put(r->store, &w.items[i], err)
		       : !ops->reserved_remove(r->store, w.items[i].host, w.items[i].ports.first,
					       err))
			return false;
	}
	return true;
}

static bool rename_to(struct registry *r, struct project *p, const char *name,
		      char folded[static NAME_SIZE], struct err *err)
{
	if (!name)
		return true;
	if (!name_fold("project", name, folded, err))
		return false;
	if (!strcmp(folded, p->name))
		return true;
	if (!strcmp(p->name, SHARED_PROJECT) || !strcmp(folded, SHARED_PROJECT))
		return fail(err, ERR_INVALID, "'%s' is the book's own and cannot be renamed",
			    SHARED_PROJECT);
	if (!name_is_free(r, folded, err) || !hand_over_reserved(r, p->name, folded, err))
		return false;
	p->name = folded;
	return true;
}

bool project_set(struct registry *r, const struct project *project,
		 const struct project_change *change, struct arena *a, struct project *ret,
		 struct err *err)
{
	char name[NAME_SIZE];
	struct project p = *project;

	p.path = field_changed(p.path, change->path);
	p.owner = field_changed(p.owner, change->owner);
	p.description = field_changed(p.description, change->description);
	if (change->status >= 0)
		p.status = (enum project_status)change->status;
	if (!rename_to(r, &p, change->name, name, err) || !path_check(r, p.path, p.id, err) ||
	    !has_sound_lines(&p, err) || !renumber(r, &p, change->number, change->host, err) ||
	    !r->store->ops->project_put(r->store, &p, err) ||
	    !record_project(r, change->op, &p, project, &p, err))
		return false;
	return project_copy(a, &p, ret) || fail_memory(err);
}

bool project_remove(struct registry *r, const struct project *project, struct err *err)
{
	unsigned held;

	if (!strcmp(project->name, SHARED_PROJECT))
		return fail(err, ERR_INVALID, "'%s' is the book's own and cannot be removed",
			    SHARED_PROJECT);
	if (!holds_ports(r, project->id, &held, err))
		return false;
	if (held) {
		fail(err, ERR_TAKEN, "'%s' holds %u port%s", project->name, held,
		     held == 1 ? "" : "s");
		return fail_hint(err,
				 "release them first (portbook release %s --all), or keep the "
				 "project and archive it (portbook project archive %s)",
				 project->name, project->name);
	}
	return hand_over_reserved(r, project->name, NULL, err) &&
	       record_project(r, "project-remove", project, project, NULL, err) &&
	       r->store->ops->project_remove(r->store, project->id, err);
}
