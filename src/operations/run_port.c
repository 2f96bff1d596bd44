/*
 * operations/run_port.c - what a service gets for a port that it asked for.
 *
 * One transaction says whose the port is and enters what the service gets for
 * it, so that nobody can take it in between.
 */
#include <stdio.h>
#include <string.h>

#include "operations/input.h"
#include "operations/operations.h"
#include "operations/schemas.h"

static bool is_own(const struct entry *e, const struct service_key *key)
{
	return !strcmp(e->project_id, key->project->id) && e->instance == key->instance &&
	       !strcmp(e->environment, key->environment);
}

static json_t *holder_json(const struct entry *e)
{
	return json_pack("{s:s, s:i, s:s, s:s}", "projectName", e->project, "instance",
			 (int)e->instance, "serviceName", e->service, "environment",
			 e->environment);
}

static bool put_given(json_t *answer, uint16_t port, const char *service, bool created,
		      struct err *err)
{
	return (json_put(answer, "port", port ? json_integer(port) : json_null()) &&
		json_put_text(answer, "serviceName", service) &&
		json_put_bool(answer, "created", created)) ||
	       fail_memory(err);
}

/* "web-5173"; a name that would be too long loses of its end, not the number. */
static const char *name_of(struct call *c, const char *service, uint16_t asked)
{
	char number[8];
	int len = snprintf(number, sizeof(number), "-%u", asked);

	return arena_printf(&c->arena, "%.*s%s", NAME_SIZE - 1 - len, service, number);
}

static bool give(struct call *c, const struct service_key *key, uint16_t asked, json_t *answer,
		 struct err *err)
{
	struct port_request q = { .key = *key };
	struct port_answer got;

	q.key.service = name_of(c, key->service, asked);
	if (!q.key.service)
		return fail_memory(err);
	return registry_get(c->registry, &q, &c->arena, &got, err) &&
	       put_given(answer, got.entry.port, got.entry.service, got.created, err);
}

static bool answer_asked(struct call *c, const json_t *input, const struct service_key *key,
			 json_t *answer, struct err *err)
{
	uint16_t asked = (uint16_t)json_int_of(input, "asked", 0);
	struct entry holder;
	bool held;

	if (!port_holder(c->registry, key->host, key->protocol, asked, &c->arena, &holder, &held,
			 err))
		return false;
	if (!json_put_int(answer, "asked", asked) ||
	    !json_put(answer, "holder", held ? holder_json(&holder) : json_null()))
		return fail_memory(err);
	if (held && is_own(&holder, key))
		return put_given(answer, asked, holder.service, false, err);
	if (!json_bool_of(input, "enter") ||
	    (held && strcmp(holder.project_id, key->project->id) != 0))
		return put_given(answer, 0, NULL, false, err);
	return give(c, key, asked, answer, err);
}

static bool run_port_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	struct service_key key;
	struct place p;

	return place_find(c, input, PLACE_ENTER_NOTHING, &p, err) &&
	       input_key(c, input, &p, &key, err) && answer_asked(c, input, &key, answer, err);
}

/* Only whose it is: nothing is written. */
static bool run_port_quick(struct call *c, const json_t *input, json_t *answer, bool *ret_done,
			   struct err *err)
{
	if (json_bool_of(input, "enter"))
		return true;
	*ret_done = true;
	return run_port_run(c, input, answer, err);
}

const struct operation op_run_port = {
	.schema = &schema_run_port,
	.access = ACCESS_WRITE,
	.shares = true,
	.run = run_port_run,
	.quick = run_port_quick,
};
