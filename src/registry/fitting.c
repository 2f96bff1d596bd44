/*
 * An entry fits a policy when the range that would serve it today holds its
 * port and, in a range of blocks, the block it stands in is one of that range.
 * Blocks that fit are kept; the others go, with their entries marked legacy.
 */
#include "registry/fitting.h"

#include <string.h>

#include "registry/entry_json.h"
#include "registry/release.h"

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

bool policy_fit(struct registry *r, const struct policy_change *change, struct arena *a,
		struct policy_changed *ret, struct err *err)
{
	struct block_rows blocks;

	return read_blocks(r, a, &blocks, err) && fit_entries(r, change, &blocks, a, ret, err) &&
	       fit_blocks(r, change->policy, &blocks, err);
}
