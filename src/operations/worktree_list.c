/* operations/worktree_list.c - the worktrees of git beside the instances of the book. */
#include "operations/operations.h"
#include "operations/repositories.h"
#include "operations/schemas.h"

/* The instance's ports; of one that is not entered, none. */
static bool put_ports(struct call *c, const struct project *p, const struct checkout *one,
		      json_t *row, struct err *err)
{
	struct instance first = { .number = 1, .slice = -1 };
	const struct instance *i = one->state == CHECKOUT_MAIN && !one->instance ? &first
										 : one->instance;
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct port_range slice;
	bool found = false;
	unsigned services = 0;

	f.project_id = p->id;
	f.instance = i ? i->number : 0;
	f.host = c->registry->host;
	if (i && (!instance_slice(c, p, i, c->registry->host, &slice, &found, err) ||
		  !c->registry->store->ops->entry_count(c->registry->store, &f, &services, err)))
		return false;
	return (json_put(row, "rangeStart", found ? json_integer(slice.first) : json_null()) &&
		json_put(row, "rangeEnd", found ? json_integer(slice.last) : json_null()) &&
		json_put_int(row, "services", services)) ||
	       fail_memory(err);
}

static bool list_repository(struct call *c, const struct repository *of, void *arg, struct err *err)
{
	json_t *rows = arg;

	for (unsigned i = 0; i < of->checkouts.count; i++) {
		json_t *row = checkout_json(&of->project, &of->checkouts.items[i]);

		if (!json_append(rows, row))
			return fail_memory(err);
		if (!put_ports(c, &of->project, &of->checkouts.items[i], row, err))
			return false;
	}
	return true;
}

static bool list_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	json_t *rows = json_array();

	if (!json_put(answer, "worktrees", rows))
		return fail_memory(err);
	return repositories_each(c, input, false, list_repository, rows, err);
}

const struct operation op_worktree_list = {
	.schema = &schema_worktree_list,
	.access = ACCESS_READ,
	.run = list_run,
};
