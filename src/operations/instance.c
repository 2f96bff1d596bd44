/*
 * operations/instance.c - the copies of a project that run beside each other.
 */
#include "registry/instances.h"

#include <string.h>

#include "operations/input.h"
#include "operations/operations.h"
#include "operations/schemas.h"
#include "registry/entry_json.h"

/* The slice that it would be given by its first port. */
static bool slice_to_come(struct call *c, const struct policy_range *range, const struct project *p,
			  const struct block_list *blocks, const char *host, unsigned number,
			  struct port_range *ret, bool *ret_found, struct err *err)
{
	struct candidates all;
	struct err why = { 0 };

	*ret_found = instance_candidates(c->registry, range, p, blocks, host, number, false, &all,
					 &why);
	if (*ret_found)
		*ret = all.span[0];
	else if (why.code != ERR_EXHAUSTED)
		*err = why;
	return *ret_found || why.code == ERR_EXHAUSTED;
}

/* The ports of its slice; `*ret_found` false: it has none of its own (yet). */
bool instance_slice(struct call *c, const struct project *p, const struct instance *i,
		    const char *host, struct port_range *ret, bool *ret_found, struct err *err)
{
	const struct policy *policy;
	const struct policy_range *range;
	struct block_list blocks;
	int index = i->slice;

	*ret_found = false;
	if (!registry_policy(c->registry, &policy, err))
		return false;
	range = blocks_range(policy);
	if (!range || !range->slice)
		return true;
	if (!blocks_read(c->registry, p->id, range->name, host, &blocks, err))
		return false;
	if (range->slicing == SLICES_EVEN)
		index = (int)i->number - 1;
	if (index < 0 && i->number > 1 && blocks.count)
		return slice_to_come(c, range, p, &blocks, host, i->number, ret, ret_found, err);
	*ret_found = index >= 0 &&
		     policy_slice(range, blocks.span, blocks.count, (unsigned)index, ret);
	return true;
}

bool answer_instance(struct call *c, const struct project *p, const struct instance *i,
		     const char *host, json_t **ret, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct port_range slice = { 0 };
	unsigned services;
	bool found;
	json_t *o;

	f.project_id = p->id;
	f.instance = i->number;
	f.host = host;
	if (!instance_slice(c, p, i, host, &slice, &found, err) ||
	    !c->registry->store->ops->entry_count(c->registry->store, &f, &services, err))
		return false;
	o = json_object();
	if (!json_put_text(o, "projectName", p->name) || !json_put_int(o, "instance", i->number) ||
	    !json_put_text(o, "purpose", i->purpose) || !json_put_text(o, "branch", i->branch) ||
	    !json_put_text(o, "worktreePath", i->worktree) ||
	    !json_put_text(o, "host", i->host ? i->host : host) ||
	    !json_put_text(o, "status",
			   i->released_at_ms ? "released"
			   : i->status	     ? i->status
					     : "active") ||
	    !json_put(o, "rangeStart", found ? json_integer(slice.first) : json_null()) ||
	    !json_put(o, "rangeEnd", found ? json_integer(slice.last) : json_null()) ||
	    !json_put_time(o, "releasedAt", i->released_at_ms) ||
	    !json_put_int(o, "services", services)) {
		json_decref(o);
		return fail_memory(err);
	}
	*ret = o;
	return true;
}

static bool put_instance(struct call *c, const struct project *p, const struct instance *i,
			 const char *host, json_t *answer, struct err *err)
{
	json_t *o;

	if (!answer_instance(c, p, i, host, &o, err))
		return false;
	return json_put(answer, "instance", o) || fail_memory(err);
}

static struct instance_change read_change(const json_t *input)
{
	return (struct instance_change){
		.purpose = json_text_of(input, "purpose"),
		.branch = json_text_of(input, "branch"),
		.worktree = json_text_of(input, "worktreePath"),
		.status = json_text_of(input, "status"),
	};
}

static bool is_change(const struct instance_change *change)
{
	return change->purpose || change->branch || change->worktree || change->status;
}

/* The next one is only named; `instance add` or the first `get` enters it. */
static bool next_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	struct instance i = { .slice = -1 };
	const struct policy *policy;
	const char *host;
	struct project p;

	if (!place_project(c, input, &p, err) || !input_host(c, input, &host, err) ||
	    !instance_next(c->registry, &p, host, &i.number, err) ||
	    !registry_policy(c->registry, &policy, err))
		return false;
	if (i.number <= policy->n_purposes)
		i.purpose = policy->purposes[i.number - 1];
	i.status = "free";
	return put_instance(c, &p, &i, host, answer, err);
}

static bool add_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	const struct instance_change change = read_change(input);
	unsigned number = (unsigned)json_int_of(input, "instance", 0);
	struct instance i;
	struct project p;
	const char *host;
	bool entered;

	if (!place_project(c, input, &p, err) || !input_host(c, input, &host, err) ||
	    (!number && !instance_next(c->registry, &p, host, &number, err)) ||
	    !instance_need(c->registry, &p, number, host, &c->arena, &i, &entered, err))
		return false;
	if (!entered) {
		fail(err, ERR_TAKEN, "'%s' has an instance %u already", p.name, number);
		return fail_hint(err, "change it with: portbook instance set %s@%u", p.name,
				 number);
	}
	if (is_change(&change) && !instance_set(c->registry, &p, &i, &change, &c->arena, &i, err))
		return false;
	return put_instance(c, &p, &i, host, answer, err);
}

static bool find_instance(struct call *c, const struct project *p, unsigned number,
			  struct instance *ret, struct err *err)
{
	struct instance_list list;

	if (!instances_read(c->registry, p->id, &c->arena, &list, err))
		return false;
	for (unsigned i = 0; i < list.count; i++)
		if (list.items[i].number == number && !list.items[i].released_at_ms) {
			*ret = list.items[i];
			return true;
		}
	fail(err, ERR_NOT_FOUND, "'%s' has no instance %u in use", p->name, number);
	return fail_hint(err, "see them with: portbook instance list %s", p->name);
}

static bool set_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	const struct instance_change change = read_change(input);
	struct instance i;
	struct project p;
	const char *host;

	return place_project(c, input, &p, err) && input_host(c, input, &host, err) &&
	       find_instance(c, &p, (unsigned)json_int_of(input, "instance", 0), &i, err) &&
	       instance_set(c->registry, &p, &i, &change, &c->arena, &i, err) &&
	       put_instance(c, &p, &i, host, answer, err);
}

static bool release_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	struct instance i;
	struct project p;
	const char *host;

	return place_project(c, input, &p, err) && input_host(c, input, &host, err) &&
	       instance_release(c->registry, &p, (unsigned)json_int_of(input, "instance", 0),
				&c->arena, &i, err) &&
	       put_instance(c, &p, &i, host, answer, err);
}

static bool list_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	json_t *array = json_array();
	struct instance_list list;
	struct project p;
	const char *host;

	if (!json_put(answer, "instances", array))
		return fail_memory(err);
	if (!place_project(c, input, &p, err) || !input_host(c, input, &host, err) ||
	    !instances_read(c->registry, p.id, &c->arena, &list, err))
		return false;
	for (unsigned i = 0; i < list.count; i++) {
		json_t *o;

		if (list.items[i].released_at_ms)
			continue;
		if (!answer_instance(c, &p, &list.items[i], host, &o, err))
			return false;
		if (!json_append(array, o))
			return fail_memory(err);
	}
	return true;
}

const struct operation op_instance_next = {
	.schema = &schema_instance_next,
	.access = ACCESS_READ,
	.run = next_run,
};

const struct operation op_instance_add = {
	.schema = &schema_instance_add,
	.access = ACCESS_WRITE,
	.of_project = true,
	.run = add_run,
};

const struct operation op_instance_set = {
	.schema = &schema_instance_set,
	.access = ACCESS_WRITE,
	.of_project = true,
	.run = set_run,
};

const struct operation op_instance_release = {
	.schema = &schema_instance_release,
	.access = ACCESS_WRITE,
	.of_project = true,
	.run = release_run,
};

const struct operation op_instance_list = {
	.schema = &schema_instance_list,
	.access = ACCESS_READ,
	.run = list_run,
};
