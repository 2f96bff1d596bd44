/*
 * operations/reserve.c - ports that are never given out.
 */
#include "registry/reserve.h"

#include <string.h>

#include "base/clock.h"
#include "operations/input.h"
#include "operations/operations.h"
#include "operations/schemas.h"
#include "registry/entry_json.h"
#include "registry/projects.h"

static bool add_reserved(const struct reserved *r, void *arg)
{
	return json_append(arg, reserved_json(r));
}

static bool put_reserved(struct call *c, json_t *answer, struct err *err)
{
	json_t *array = json_array();

	if (!json_put(answer, "reserved", array))
		return fail_memory(err);
	return c->registry->store->ops->reserved_each(c->registry->store, add_reserved, array, err);
}

static bool reservations_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	(void)input;
	return put_reserved(c, answer, err);
}

/* Every host, unless one is named. */
static bool read_host(struct call *c, const json_t *input, const char **ret, struct err *err)
{
	const char *host = json_text_of(input, "host");

	*ret = "*";
	return !host || !strcmp(host, "*") || input_host(c, input, ret, err);
}

static bool reserve_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	struct port_range ports[PORT_LIST_MAX];
	struct reserve_request q = { .ports = ports, .reason = json_text_of(input, "reason") };
	const char *project = json_text_of(input, "forProject");
	const char *until = json_text_of(input, "until");
	struct project p;

	if (!port_list_parse(json_text_of(input, "ports"), ports, &q.count, err) ||
	    (until && !time_parse(until, &q.until_ms, err)) || !read_host(c, input, &q.host, err))
		return false;
	if (project) {
		if (!project_need(c->registry, project, &c->arena, &p, err))
			return false;
		q.project = p.name;
	}
	return registry_reserve(c->registry, &q, err) && put_reserved(c, answer, err);
}

static bool unreserve_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	struct port_range ports[PORT_LIST_MAX];
	unsigned count;
	const char *host;

	return port_list_parse(json_text_of(input, "ports"), ports, &count, err) &&
	       read_host(c, input, &host, err) &&
	       registry_unreserve(c->registry, ports, count, host, err) &&
	       put_reserved(c, answer, err);
}

const struct operation op_reservations = {
	.schema = &schema_reservations,
	.access = ACCESS_READ,
	.run = reservations_run,
};

const struct operation op_reserve = {
	.schema = &schema_reserve,
	.access = ACCESS_WRITE,
	.run = reserve_run,
};

const struct operation op_unreserve = {
	.schema = &schema_unreserve,
	.access = ACCESS_WRITE,
	.run = unreserve_run,
};
