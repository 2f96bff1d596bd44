#include "registry/instances.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "registry/entry_json.h"
#include "registry/field.h"

struct gathering {
	struct arena *arena;
	struct instance_list list;
	unsigned room;
	bool out_of_memory;
};

static bool gather(const struct instance *i, void *arg)
{
	struct gathering *g = arg;

	g->list.items = arena_grow(g->arena, g->list.items, g->list.count, &g->room,
				   sizeof(*g->list.items));
	g->out_of_memory = !g->list.items ||
			   !instance_copy(g->arena, i, &g->list.items[g->list.count]);
	g->list.count += !g->out_of_memory;
	return !g->out_of_memory;
}

bool instances_read(struct registry *r, const char *project_id, struct arena *a,
		    struct instance_list *ret, struct err *err)
{
	struct gathering g = { .arena = a };

	if (!r->store->ops->instance_each(r->store, project_id, gather, &g, err))
		return false;
	if (g.out_of_memory)
		return fail_memory(err);
	*ret = g.list;
	return true;
}

static const struct instance *in_list(const struct instance_list *list, unsigned number)
{
	for (unsigned i = 0; i < list->count; i++)
		if (list->items[i].number == number)
			return &list->items[i];
	return NULL;
}

static bool record_instance(struct registry *r, const char *op, const struct instance *before,
			    const struct instance *after, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct change c = {
		.op = op,
		.project_id = after->project_id,
		.subject = arena_printf(&arena, "%s@%u", after->project, after->number),
		.before = before ? instance_json(before) : NULL,
		.after = instance_json(after),
	};

	if (!c.subject || !c.after || (before && !c.before)) {
		json_decref(c.before);
		json_decref(c.after);
		return fail_memory(err);
	}
	return registry_record_change(r, &c, err);
}

/* How many instances the project may have with the blocks it has. */
static bool instance_limit(struct registry *r, const struct project *p, const char *host,
			   unsigned *ret, const struct policy_range **ret_range, struct err *err)
{
	const struct policy *policy;
	struct block_list blocks;

	if (!registry_policy(r, &policy, err))
		return false;
	*ret_range = blocks_range(policy);
	*ret = INSTANCE_MAX;
	if (!*ret_range || !(*ret_range)->slice || p->number < 0)
		return true;
	if (!blocks_read(r, p->id, (*ret_range)->name, host, &blocks, err))
		return false;
	/* The first block is opened by the first port. */
	*ret = policy_instance_limit(*ret_range, blocks.count ? blocks.count : 1);
	return true;
}

static bool fail_too_many(struct registry *r, const struct project *p, unsigned number,
			  unsigned limit, const struct policy_range *range, struct err *err)
{
	struct policy_asker who = { .project = p->name, .temporary = true };
	const struct policy_range *expiring;
	const struct policy *policy;

	if (!registry_policy(r, &policy, err))
		return false;
	who.environment = policy->environment;
	expiring = policy_range_for(policy, &who);

	fail(err, ERR_EXHAUSTED,
	     "'%s' has room for %u instances (%u ports each in its block%s of %u): there is no "
	     "instance %u",
	     p->name, limit, range->slice, limit > range->block / range->slice ? "s" : "",
	     range->block, number);
	/* It becomes instance 1's, so it needs a name that is not one of instance 1's services. */
	if (expiring)
		return fail_hint(
			err,
			"add a block (portbook project add-block %s), release an instance "
			"(portbook instance list %s), or take a temporary port from %u that "
			"expires (portbook get %s/SERVICE-%u --temporary)",
			p->name, p->name, expiring->ports.first, p->name, number);
	return fail_hint(err,
			 "add a block (portbook project add-block %s) or release an instance "
			 "(portbook instance list %s)",
			 p->name, p->name);
}

static const char *purpose_of(const struct policy *policy, unsigned number)
{
	if (number > policy->n_purposes || !policy->purposes[number - 1][0])
		return NULL;
	return policy->purposes[number - 1];
}

static bool enter(struct registry *r, const struct project *p, const struct instance *old,
		  unsigned number, const char *host, struct arena *a, struct instance *ret,
		  struct err *err)
{
	const struct policy *policy;
	const struct policy_range *range;
	unsigned limit;
	struct instance i;

	if (!instance_limit(r, p, host, &limit, &range, err) || !registry_policy(r, &policy, err))
		return false;
	if (number > limit)
		return fail_too_many(r, p, number, limit, range, err);
	i = (struct instance){
		.project_id = p->id,
		.project = p->name,
		.number = number,
		.host = host,
		.purpose = purpose_of(policy, number),
		.slice = -1,
		.created_at_ms = registry_now(r),
	};
	if (!r->store->ops->instance_put(r->store, &i, err) ||
	    !record_instance(r, "instance-add", old, &i, err))
		return false;
	return instance_copy(a, &i, ret) || fail_memory(err);
}

bool instance_need(struct registry *r, const struct project *p, unsigned number, const char *host,
		   struct arena *a, struct instance *ret, bool *ret_entered, struct err *err)
{
	struct instance_list list;
	const struct instance *known;

	if (!instances_read(r, p->id, a, &list, err))
		return false;
	known = in_list(&list, number);
	*ret_entered = !known || known->released_at_ms;
	if (*ret_entered)
		return enter(r, p, known, number, host, a, ret, err);
	*ret = *known;
	return true;
}

bool instance_next(struct registry *r, const struct project *p, const char *host, unsigned *ret,
		   struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	const struct policy_range *range;
	struct instance_list list;
	unsigned limit, number = 2;

	if (!instances_read(r, p->id, &arena, &list, err) ||
	    !instance_limit(r, p, host, &limit, &range, err))
		return false;
	for (const struct instance *i; (i = in_list(&list, number)) && !i->released_at_ms;)
		number++;
	if (number > limit)
		return range ? fail_too_many(r, p, number, limit, range, err)
			     : fail(err, ERR_EXHAUSTED, "'%s' has %u instances already", p->name,
				    limit);
	*ret = number;
	return true;
}

/* Rationale: more than the longest branch that is read from git (BRANCH_SIZE, 255). */
#define LINE_MAX_BYTES 1000

/* The worktree may be anybody's but another instance's. */
static bool worktree_is_free(struct registry *r, const struct instance *i, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct instance other;
	bool found;

	if (!i->worktree)
		return true;
	if (!r->store->ops->instance_find(r->store, i->host, i->worktree, &arena, &other, &found,
					  err))
		return false;
	if (!found || (!strcmp(other.project_id, i->project_id) && other.number == i->number))
		return true;
	fail(err, ERR_TAKEN, "'%.200s' is the worktree of '%s@%u'", i->worktree, other.project,
	     other.number);
	return fail_hint(err, "take it from there first: portbook instance set %s@%u --path ''",
			 other.project, other.number);
}

bool instance_set(struct registry *r, const struct project *p, const struct instance *old,
		  const struct instance_change *change, struct arena *a, struct instance *ret,
		  struct err *err)
{
	struct instance i = *old;

	i.project = p->name;
	i.purpose = field_changed(old->purpose, change->purpose);
	i.branch = field_changed(old->branch, change->branch);
	i.status = field_changed(old->status, change->status);
	i.worktree = field_changed(old->worktree, change->worktree);
	if (!field_is_line("purpose", i.purpose, LINE_MAX_BYTES, err) ||
	    !field_is_line("branch", i.branch, LINE_MAX_BYTES, err) ||
	    !field_is_line("status", i.status, LINE_MAX_BYTES, err) ||
	    !field_is_path(i.worktree, err) || !worktree_is_free(r, &i, err))
		return false;
	if (!r->store->ops->instance_put(r->store, &i, err) ||
	    !record_instance(r, "instance-set", old, &i, err))
		return false;
	return instance_copy(a, &i, ret) || fail_memory(err);
}

bool instance_release(struct registry *r, const struct project *p, unsigned number, struct arena *a,
		      struct instance *ret, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct instance_list list;
	const struct instance *known;
	struct instance i;
	unsigned held;

	f.project_id = p->id;
	f.instance = number;
	if (number == 1)
		return fail(err, ERR_INVALID,
			    "instance 1 is the project itself: portbook project remove %s",
			    p->name);
	if (!instances_read(r, p->id, a, &list, err) ||
	    !r->store->ops->entry_count(r->store, &f, &held, err))
		return false;
	known = in_list(&list, number);
	if (!known || known->released_at_ms)
		return fail(err, ERR_NOTHING, "'%s' has no instance %u in use", p->name, number);
	if (held) {
		fail(err, ERR_TAKEN, "'%s@%u' holds %u port%s", p->name, number, held,
		     held == 1 ? "" : "s");
		return fail_hint(err, "release them first: portbook release %s@%u --all", p->name,
				 number);
	}
	i = *known;
	i.released_at_ms = registry_now(r);
	i.worktree = NULL;
	i.slice = -1;
	if (!r->store->ops->instance_put(r->store, &i, err) ||
	    !record_instance(r, "instance-release", known, &i, err))
		return false;
	*ret = i;
	return true;
}

/* Slices. */

static bool slice_is_free(struct registry *r, const struct project *p,
			  const struct instance_list *list, const char *host, unsigned number,
			  unsigned index, struct port_range slice, bool *ret, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	unsigned all, own;

	*ret = false;
	for (unsigned i = 0; i < list->count; i++)
		if (list->items[i].number != number && list->items[i].slice == (int)index &&
		    !list->items[i].released_at_ms)
			return true;
	f.project_id = p->id;
	f.host = host;
	f.ports = slice;
	if (!r->store->ops->entry_count(r->store, &f, &all, err))
		return false;
	f.instance = number;
	if (!r->store->ops->entry_count(r->store, &f, &own, err))
		return false;
	*ret = all == own;
	return true;
}

static bool slice_search(struct registry *r, const struct policy_range *range,
			 const struct project *p, const struct block_list *blocks,
			 const struct instance_list *list, const char *host, unsigned number,
			 unsigned from, int *ret, struct err *err)
{
	struct port_range slice;

	for (unsigned index = from; policy_slice(range, blocks->span, blocks->count, index, &slice);
	     index++) {
		bool is_free;

		if (!slice_is_free(r, p, list, host, number, index, slice, &is_free, err))
			return false;
		if (is_free) {
			*ret = (int)index;
			return true;
		}
	}
	*ret = -1;
	return true;
}

/* The slice its number suggests, if that is free; else the first free one. */
static bool slice_choose(struct registry *r, const struct policy_range *range,
			 const struct project *p, const struct block_list *blocks,
			 const struct instance_list *list, const char *host, unsigned number,
			 int *ret, struct err *err)
{
	unsigned suggested = range->slicing == SLICES_TOP ? number - 2 : number - 1;

	if (range->slicing == SLICES_EVEN) {
		*ret = (int)suggested;
		return true;
	}
	if (!slice_search(r, range, p, blocks, list, host, number, suggested, ret, err))
		return false;
	return *ret >= 0 || slice_search(r, range, p, blocks, list, host, number, 0, ret, err);
}

static bool fail_no_slice(const struct project *p, unsigned number, struct err *err)
{
	fail(err, ERR_EXHAUSTED, "no slice is left for instance %u of '%s'", number, p->name);
	return fail_hint(err, "add a block: portbook project add-block %s", p->name);
}

static bool own_slice(struct registry *r, const struct policy_range *range, const struct project *p,
		      const struct block_list *blocks, const struct instance_list *list,
		      const char *host, unsigned number, bool assign, struct candidates *ret,
		      struct err *err)
{
	const struct instance *known = in_list(list, number);
	int index = known && !known->released_at_ms ? known->slice : -1;
	bool is_new = index < 0;
	struct port_range slice;

	if (is_new && !slice_choose(r, range, p, blocks, list, host, number, &index, err))
		return false;
	if (index < 0 || !policy_slice(range, blocks->span, blocks->count, (unsigned)index, &slice))
		return fail_no_slice(p, number, err);
	if (is_new && assign && known) {
		struct instance i = *known;

		i.slice = index;
		if (!r->store->ops->instance_put(r->store, &i, err))
			return false;
	}
	return candidates_add(ret, slice) || fail_no_slice(p, number, err);
}

/* Instance 1 where the others' slices are cut from the top. */
static bool blocks_less_slices(const struct policy_range *range, const struct block_list *blocks,
			       const struct instance_list *list, struct candidates *ret)
{
	struct port_range slice;

	for (unsigned b = 0; b < blocks->count; b++)
		if (!candidates_add(ret, blocks->span[b]))
			return false;
	for (unsigned i = 0; i < list->count; i++) {
		const struct instance *other = &list->items[i];

		if (other->number == 1 || other->released_at_ms || other->slice < 0)
			continue;
		if (policy_slice(range, blocks->span, blocks->count, (unsigned)other->slice,
				 &slice) &&
		    !candidates_remove(ret, slice))
			return false;
	}
	return true;
}

bool instance_candidates(struct registry *r, const struct policy_range *range,
			 const struct project *p, const struct block_list *blocks, const char *host,
			 unsigned number, bool assign, struct candidates *ret, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct instance_list list;

	ret->count = 0;
	if (!instances_read(r, p->id, &arena, &list, err))
		return false;
	if (range->slice && (range->slicing == SLICES_EVEN || number > 1))
		return own_slice(r, range, p, blocks, &list, host, number, assign, ret, err);
	return blocks_less_slices(range, blocks, &list, ret) ||
	       fail(err, ERR_EXHAUSTED, "'%s' has too many blocks and slices", p->name);
}
