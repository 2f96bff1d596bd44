/*
 * operations/adopt.c - what a machine has already, into the book: where it stands.
 *
 * What listens and what files name is gathered first, as two of them may speak of
 * one port; nobody's claim is preferred to another's then.  A project that is new
 * gets the number whose block has most of its ports.
 */
#include <string.h>

#include "operations/adopting.h"
#include "operations/input.h"
#include "operations/live.h"
#include "operations/operations.h"
#include "operations/schemas.h"

/* What listens and what files name may be one entry: it is counted once. */
static unsigned count_unchanged(const struct adopting *a)
{
	const struct port_range all = { 1, UINT16_MAX };

	return port_set_count(&a->unchanged[PROTO_TCP], all) +
	       port_set_count(&a->unchanged[PROTO_UDP], all);
}

static bool put_answer(const struct adopting *a, json_t *answer, struct err *err)
{
	return (json_put_bool(answer, "dryRun", a->call->is_trial) &&
		json_put_int(answer, "entered", a->n_entered) &&
		json_put_int(answer, "unchanged", count_unchanged(a)) &&
		json_put_int(answer, "conflicts", a->n_conflicts) &&
		json_put_int(answer, "refused", a->n_refused) &&
		json_put_int(answer, "left", a->n_left)) ||
	       fail_memory(err);
}

/* The name of a project that may not be in the book yet. */
static bool read_only(struct call *c, const json_t *input, const char **ret, struct err *err)
{
	return input_name(c, input, "projectName", "project", ret, err);
}

static bool is_here(const struct adopting *a, struct err *err)
{
	const char *own = a->call->registry->host;

	if (!strcmp(a->host, own))
		return true;
	fail(err, ERR_INVALID, "'%s' is another machine: what it has cannot be seen from here",
	     a->host);
	return fail_hint(err, "ask it there; this machine is '%s' in the book", own);
}

static bool begin(struct adopting *a, const json_t *input, json_t *answer, struct err *err)
{
	struct call *c = a->call;
	const struct listeners *machine = c->registry->listeners;

	a->rows = json_array();
	if (!json_put(answer, "ports", a->rows))
		return fail_memory(err);
	a->outside = json_array();
	if (!json_put(answer, "outside", a->outside))
		return fail_memory(err);
	a->ephemeral = (struct port_range){ 1, 1 };
	if (machine && !machine->ops->ephemeral(machine->ctx, &a->ephemeral, NULL))
		a->ephemeral = (struct port_range){ 1, 1 };
	return input_host(c, input, &a->host, err) && is_here(a, err) &&
	       read_only(c, input, &a->only, err) &&
	       registry_environment(c->registry, json_text_of(input, "environment"), &c->arena,
				    &a->environment, err) &&
	       live_scene(c, a->host, &a->scene, err);
}

static bool adopt_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	struct adopting *a = arena_alloc(&c->arena, sizeof(*a));
	const char *root = json_text_of(input, "root");

	if (!a)
		return fail_memory(err);
	a->call = c;
	a->arena = &c->arena;
	if (!begin(a, input, answer, err) || !adopt_gather_listeners(a, err) ||
	    !adopt_gather_files(a, root ? root : "", err))
		return false;
	adopt_sort(a);
	return adopt_settle(a, err) && adopt_list_outside(a, err) && put_answer(a, answer, err);
}

const struct operation op_adopt = {
	.schema = &schema_adopt,
	.access = ACCESS_WRITE,
	.of_folder = true,
	.before = live_look,
	.run = adopt_run,
};
