#include "registry/blocks.h"

#include <string.h>

#include "registry/entry_json.h"

struct reading {
	const char *range;
	struct block_list *list;
	bool too_many;
};

static bool add_block(const struct block *b, void *arg)
{
	struct reading *at = arg;

	if (strcmp(b->range, at->range) != 0)
		return true;
	if (at->list->count == PROJECT_MAX_BLOCKS) {
		at->too_many = true;
		return false;
	}
	at->list->span[at->list->count++] = b->ports;
	return true;
}

bool blocks_read(struct registry *r, const char *project_id, const char *range, const char *host,
		 struct block_list *ret, struct err *err)
{
	struct block_list list = { .count = 0 };
	struct reading at = { .range = range, .list = &list };

	if (!r->store->ops->block_each(r->store, host, project_id, add_block, &at, err))
		return false;
	if (at.too_many)
		return fail(err, ERR_BOOK, "a project has more than %d blocks", PROJECT_MAX_BLOCKS);
	*ret = list;
	return true;
}

static bool collect_block(const struct block *b, void *arg)
{
	port_set_add_range(arg, b->ports);
	return true;
}

bool blocks_collect(struct registry *r, const char *host, struct port_set *ret, struct err *err)
{
	memset(ret, 0, sizeof(*ret));
	return r->store->ops->block_each(r->store, host, NULL, collect_block, ret, err);
}

const struct policy_range *blocks_range(const struct policy *policy)
{
	for (unsigned i = 0; i < policy->n_ranges; i++) {
		const struct policy_range *r = &policy->ranges[i];

		if (r->block && !r->shared && !r->legacy && !r->temporary)
			return r;
	}
	return NULL;
}

static bool ephemeral_range(struct registry *r, struct port_range *ret)
{
	return r->listeners && r->listeners->ops->ephemeral(r->listeners->ctx, ret, NULL);
}

static bool is_free_number(const struct policy *policy, const struct policy_range *range,
			   const struct port_set *owned, const struct port_set *numbers, unsigned n,
			   struct port_range *block)
{
	if (n >= UINT16_MAX || (numbers && port_set_has(numbers, (uint16_t)(n + 1))))
		return false;
	return policy_block(policy, range, n, block) && port_set_count(owned, *block) == 0;
}

int blocks_free_number(struct registry *r, const struct policy *policy,
		       const struct policy_range *range, const struct port_set *owned,
		       const struct port_set *numbers, unsigned first)
{
	struct port_range ephemeral = { 1, 1 }, block;
	bool known = ephemeral_range(r, &ephemeral);
	int inside = -1;

	for (unsigned n = first; n < policy_block_count(range); n++) {
		if (!is_free_number(policy, range, owned, numbers, n, &block))
			continue;
		if (!known || !port_range_overlaps(block, ephemeral))
			return (int)n;
		if (inside < 0)
			inside = (int)n;
	}
	return inside;
}

static bool record_block(struct registry *r, const struct project *project, struct port_range ports,
			 struct err *err)
{
	struct change c = {
		.op = "add-block",
		.project_id = project->id,
		.subject = project->name,
		.after = json_pack("{s:i, s:i}", "rangeStart", (int)ports.first, "rangeEnd",
				   (int)ports.last),
	};

	return c.after ? registry_record(r, &c, err) : fail_memory(err);
}

static bool open_block(struct registry *r, const struct policy_range *range,
		       const struct project *project, const char *host, struct port_range ports,
		       struct err *err)
{
	const struct block b = {
		.host = host,
		.ports = ports,
		.range = range->name,
		.project_id = project->id,
		.created_at_ms = registry_now(r),
	};

	return r->store->ops->block_add(r->store, &b, err) && record_block(r, project, ports, err);
}

static bool fail_no_block(struct err *err, const struct policy_range *range)
{
	fail(err, ERR_EXHAUSTED, "every block of %u ports in %u-%u belongs to a project",
	     range->block, range->ports.first, range->ports.last);
	return fail_hint(err, "remove a project that is no longer used (portbook project list), or "
			      "widen the range (portbook policy show)");
}

/* `number` -1: the lowest free block. */
static bool open_free(struct registry *r, const struct policy_range *range,
		      const struct project *project, const char *host, int number,
		      struct port_range *ret, struct err *err)
{
	const struct policy *policy;
	struct port_set owned;
	struct port_range block;

	if (!registry_policy(r, &policy, err) || !blocks_collect(r, host, &owned, err))
		return false;
	if (number < 0 || !is_free_number(policy, range, &owned, NULL, (unsigned)number, &block)) {
		int n = blocks_free_number(r, policy, range, &owned, NULL, range->first_number);

		if (n < 0 || !policy_block(policy, range, (unsigned)n, &block))
			return fail_no_block(err, range);
	}
	if (!open_block(r, range, project, host, block, err))
		return false;
	*ret = block;
	return true;
}

bool blocks_need(struct registry *r, const struct policy_range *range,
		 const struct project *project, const char *host, struct block_list *ret,
		 struct err *err)
{
	struct block_list list;

	if (!blocks_read(r, project->id, range->name, host, &list, err))
		return false;
	if (list.count == 0) {
		if (!open_free(r, range, project, host, project->number, &list.span[0], err))
			return false;
		list.count = 1;
	}
	*ret = list;
	return true;
}

/* A block whose number is another project's is kept for it: it may not have opened it yet. */

struct kept {
	const struct project *own;
	struct port_set *numbers; /* number n is the member n + 1 */
};

static bool keep_number(const struct project *p, void *arg)
{
	struct kept *k = arg;

	if (p->number >= 0 && p->number < UINT16_MAX && p->number != k->own->number)
		port_set_add(k->numbers, (uint16_t)(p->number + 1));
	return true;
}

static bool fail_too_many(struct err *err, const struct project *project)
{
	return fail(err, ERR_EXHAUSTED, "'%s' has %d blocks, and no project may have more",
		    project->name, PROJECT_MAX_BLOCKS);
}

bool blocks_add(struct registry *r, const struct policy_range *range, const struct project *project,
		const char *host, struct port_range *ret, struct err *err)
{
	const struct policy *policy;
	struct block_list list;
	struct port_set owned, numbers = { 0 };
	struct kept kept = { project, &numbers };
	struct port_range block;
	int n;

	if (!registry_policy(r, &policy, err) ||
	    !blocks_read(r, project->id, range->name, host, &list, err) ||
	    !blocks_collect(r, host, &owned, err) ||
	    !r->store->ops->project_each(r->store, keep_number, &kept, err))
		return false;
	if (list.count == PROJECT_MAX_BLOCKS)
		return fail_too_many(err, project);
	n = blocks_free_number(r, policy, range, &owned, &numbers, range->first_number);
	if (n < 0 || !policy_block(policy, range, (unsigned)n, &block))
		return fail_no_block(err, range);
	if (!open_block(r, range, project, host, block, err))
		return false;
	*ret = block;
	return true;
}

struct owner_search {
	uint16_t port;
	char project_id[UUID_TEXT_SIZE];
};

static bool match_owner(const struct block *b, void *arg)
{
	struct owner_search *s = arg;

	if (!port_range_has(b->ports, s->port) || strlen(b->project_id) >= sizeof(s->project_id))
		return true;
	memcpy(s->project_id, b->project_id, strlen(b->project_id) + 1);
	return false;
}

bool block_owner(struct registry *r, const char *host, uint16_t port, struct arena *a,
		 struct project *ret, bool *ret_found, struct err *err)
{
	struct owner_search s = { .port = port };

	if (!r->store->ops->block_each(r->store, host, NULL, match_owner, &s, err))
		return false;
	*ret_found = false;
	if (!s.project_id[0])
		return true;
	return r->store->ops->project_find(r->store, PROJECT_BY_ID(s.project_id), a, ret, ret_found,
					   err);
}

/* --- one that is named */

static bool fail_no_such_block(struct err *err, const struct policy_range *range,
			       struct port_range ports)
{
	return fail(err, ERR_INVALID, "%u-%u is no block here: they have %u ports each, from %u on",
		    ports.first, ports.last, range->block, range->ports.first);
}

/* Nobody's, and not kept for another's number. */
static bool check_free(struct registry *r, const struct project *project, const char *host,
		       struct port_range ports, unsigned number, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct project other;
	bool found;

	if (!block_owner(r, host, ports.first, &arena, &other, &found, err) ||
	    (!found && !r->store->ops->project_find(r->store, PROJECT_BY_NUMBER((int)number),
						    &arena, &other, &found, err)))
		return false;
	return !found || !strcmp(other.id, project->id) ||
	       fail(err, ERR_TAKEN, "%u-%u is the block of '%s'", ports.first, ports.last,
		    other.name);
}

bool blocks_add_at(struct registry *r, const struct policy_range *range,
		   const struct project *project, const char *host, struct port_range ports,
		   struct err *err)
{
	const struct policy *policy;
	struct block_list list;
	struct port_range block = { 1, 1 };
	unsigned number = (unsigned)(ports.first - range->ports.first) / range->block;

	if (!registry_policy(r, &policy, err))
		return false;
	if (!port_range_contains(range->ports, ports) ||
	    !policy_block(policy, range, number, &block) || block.first != ports.first ||
	    block.last != ports.last)
		return fail_no_such_block(err, range, ports);
	if (!check_free(r, project, host, ports, number, err) ||
	    !blocks_read(r, project->id, range->name, host, &list, err))
		return false;
	if (list.count == PROJECT_MAX_BLOCKS)
		return fail_too_many(err, project);
	return open_block(r, range, project, host, ports, err);
}
