/*
 * operations/edit.c - update, move and register.
 */
#include "registry/edit.h"

#include "operations/input.h"
#include "operations/operations.h"
#include "operations/schemas.h"
#include "registry/entry_json.h"
#include "registry/instances.h"

static bool put_entry(json_t *answer, const struct entry *e, struct err *err)
{
	return entry_json_into(answer, e) || fail_memory(err);
}

/* A port alone names its service, too. */
static bool key_of_port(struct call *c, const json_t *input, uint16_t port, struct place *p,
			struct service_key *ret, struct err *err)
{
	struct store *s = c->registry->store;
	struct entry e;
	const char *host;
	bool found;

	if (!input_host(c, input, &host, err) ||
	    !port_holder(c->registry, host, input_protocol(input), port, &c->arena, &e, &found,
			 err))
		return false;
	if (!found)
		return fail(err, ERR_NOT_FOUND, "port %u is nobody's", port);
	if (!s->ops->project_find(s, PROJECT_BY_ID(e.project_id), &c->arena, &p->project, &found,
				  err))
		return false;
	p->instance = e.instance;
	*ret = (struct service_key){
		.project = &p->project,
		.instance = e.instance,
		.service = e.service,
		.environment = e.environment,
		.host = e.host,
		.protocol = e.protocol,
	};
	return true;
}

static bool key_of(struct call *c, const json_t *input, struct place *p, struct service_key *ret,
		   struct err *err)
{
	uint16_t port = (uint16_t)json_int_of(input, "port", 0);

	if (json_text_of(input, "serviceName"))
		return place_find(c, input, PLACE_ENTER_NOTHING, p, err) &&
		       input_key(c, input, p, ret, err);
	if (port)
		return key_of_port(c, input, port, p, ret, err);
	return fail(err, ERR_INVALID, "neither a service nor a port is named");
}

static bool update_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	const struct details d = input_details(input);
	struct service_key key;
	struct place p;
	struct entry e;
	bool changed;

	if (!key_of(c, input, &p, &key, err) ||
	    !registry_update(c->registry, &key, (uint16_t)json_int_of(input, "port", 0), &d,
			     &c->arena, &e, &changed, err) ||
	    !put_entry(answer, &e, err) || !answer_others(c, &key, answer, err))
		return false;
	return json_put_bool(answer, "changed", changed) || fail_memory(err);
}

const struct operation op_update = {
	.schema = &schema_update,
	.access = ACCESS_WRITE,
	.of_project = true,
	.run = update_run,
};

/* Move. */

/* The target as an input of its own: what is not said stays as it is. */
static json_t *target_input(const json_t *input, const struct service_key *from)
{
	json_t *o = json_object();
	const char *project = json_text_of(input, "toProjectName");
	const char *service = json_text_of(input, "toServiceName");
	const char *environment = json_text_of(input, "toEnvironment");
	int64_t same = project ? 0 : from->instance;
	int64_t instance = json_int_of(input, "toInstance", same);

	if (o && json_put_text(o, "projectName", project ? project : from->project->name) &&
	    json_put_text(o, "serviceName", service ? service : from->service) &&
	    json_put_text(o, "environment", environment ? environment : from->environment) &&
	    json_put_text(o, "host", from->host) &&
	    json_put_text(o, "protocol", protocol_name(from->protocol)) &&
	    (!instance || json_put_int(o, "instance", instance)) &&
	    json_put_bool(o, "create", json_bool_of(input, "create")))
		return o;
	json_decref(o);
	return NULL;
}

static bool put_from(json_t *answer, const struct service_key *from, struct err *err)
{
	json_t *o = json_pack("{s:s, s:s, s:i, s:s}", "projectName", from->project->name,
			      "serviceName", from->service, "instance", (int)from->instance,
			      "environment", from->environment);

	return json_put(answer, "from", o) || fail_memory(err);
}

static bool move_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	CLEANUP(json_cleanup) json_t *target = NULL;
	struct service_key from, to;
	struct place p, q;
	struct instance i;
	struct entry e;
	bool entered;

	if (!key_of(c, input, &p, &from, err))
		return false;
	target = target_input(input, &from);
	if (!target)
		return fail_memory(err);
	return place_find(c, target, PLACE_ENTER, &q, err) && input_key(c, target, &q, &to, err) &&
	       instance_need(c->registry, &q.project, q.instance, to.host, &c->arena, &i, &entered,
			     err) &&
	       registry_move(c->registry, &from, (uint16_t)json_int_of(input, "port", 0), &to,
			     &c->arena, &e, err) &&
	       put_entry(answer, &e, err) && put_from(answer, &from, err);
}

const struct operation op_move = {
	.schema = &schema_move,
	.access = ACCESS_WRITE,
	.of_project = true,
	.run = move_run,
};

/* Register. */

static bool register_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	struct register_request q = {
		.port = (uint16_t)json_int_of(input, "port", 0),
		.legacy = json_bool_of(input, "legacy"),
		.force = json_bool_of(input, "force"),
		.details = input_details(input),
	};
	struct port_answer port;
	struct place p;
	struct instance i;
	bool entered;

	return place_find(c, input, PLACE_ENTER, &p, err) && input_key(c, input, &p, &q.key, err) &&
	       instance_need(c->registry, &p.project, p.instance, q.key.host, &c->arena, &i,
			     &entered, err) &&
	       registry_register(c->registry, &q, &c->arena, &port, err) &&
	       answer_port(answer, &port, err);
}

const struct operation op_register = {
	.schema = &schema_register,
	.access = ACCESS_WRITE,
	.of_project = true,
	.run = register_run,
};
