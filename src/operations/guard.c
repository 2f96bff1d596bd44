/*
 * operations/guard.c - what a guard may hold.
 *
 * Facts alone: enforce/guard_plan.c decides, on the machine whose ports they are.
 */
#include <string.h>

#include "operations/input.h"
#include "operations/operations.h"
#include "operations/schemas.h"

/* Members of an entry's metadata that tell guards something, and what they are called here. */
static const struct told {
	const char *key, *name;
} told[] = {
	{ STARTED_BY, STARTED_BY },
	{ "user", "runsAs" },
	{ "container", "container" },
};

/* Rationale: most have none, and reading JSON ten thousand times takes its time. */
static bool tells(const char *metadata)
{
	for (size_t i = 0; metadata && i < ARRAY_LEN(told); i++)
		if (strstr(metadata, told[i].key))
			return true;
	return false;
}

static bool put_told(json_t *row, const struct entry *e)
{
	CLEANUP(json_cleanup) json_t *metadata = NULL;

	if (tells(e->metadata) && !json_parse(e->metadata, strlen(e->metadata), &metadata, NULL))
		metadata = NULL;
	for (size_t i = 0; i < ARRAY_LEN(told); i++)
		if (!json_put_text(row, told[i].name, json_text_of(metadata, told[i].key)))
			return false;
	return true;
}

static json_t *name_json(const struct entry *e)
{
	if (e->instance > 1)
		return json_sprintf("%s@%u/%s", e->project, e->instance, e->service);
	return json_sprintf("%s/%s", e->project, e->service);
}

static json_t *row_json(const struct entry *e)
{
	json_t *o = json_object();

	if (json_put_int(o, "port", e->port) &&
	    json_put_text(o, "protocol", e->protocol == PROTO_UDP ? "udp" : "tcp") &&
	    json_put(o, "name", name_json(e)) && put_told(o, e) &&
	    json_put_text(o, "unit", e->unit) && json_put_text(o, "allocatedBy", e->allocated_by))
		return o;
	json_decref(o);
	return NULL;
}

struct rows {
	json_t *array;
	bool out_of_memory;
};

static bool add_row(const struct entry *e, void *arg)
{
	struct rows *rows = arg;

	rows->out_of_memory = !json_append(rows->array, row_json(e));
	return !rows->out_of_memory;
}

static bool put_entries(struct call *c, const char *host, json_t *answer, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct rows rows = { .array = json_array() };
	struct store *s = c->registry->store;

	f.host = host;
	if (!json_put(answer, "ports", rows.array))
		return fail_memory(err);
	return s->ops->entry_each(s, &f, add_row, &rows, err) &&
	       (!rows.out_of_memory || fail_memory(err));
}

static bool put_unasked(struct call *c, json_t *answer, struct err *err)
{
	json_t *array = json_array();
	const struct policy *policy;
	const uint16_t *ports;
	unsigned count;

	if (!json_put(answer, "unasked", array))
		return fail_memory(err);
	if (!registry_policy(c->registry, &policy, err))
		return false;
	ports = policy_unasked(policy, &count);
	for (unsigned i = 0; i < count; i++)
		if (!json_append(array, json_integer(ports[i])))
			return fail_memory(err);
	return true;
}

static bool guard_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	const char *host;

	return input_host(c, input, &host, err) && put_entries(c, host, answer, err) &&
	       put_unasked(c, answer, err);
}

const struct operation op_guard = {
	.schema = &schema_guard,
	.access = ACCESS_READ,
	.run = guard_run,
};
