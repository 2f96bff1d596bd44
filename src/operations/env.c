/*
 * operations/env.c - the instance's ports as variables.
 */
#include "operations/declared.h"
#include "operations/operations.h"
#include "operations/schemas.h"
#include "operations/variables.h"

static bool put_variables(const struct port_values *v, json_t *answer)
{
	json_t *array = json_array();

	if (!json_put(answer, "variables", array))
		return false;
	for (unsigned i = 0; i < v->count; i++)
		if (!json_append(array,
				 json_pack("{s:s, s:i, s:s, s:s}", "name", v->items[i].variable,
					   "port", (int)v->items[i].port, "protocol",
					   protocol_name(v->items[i].protocol), "serviceName",
					   v->items[i].service)))
			return false;
	return true;
}

/* Whose they are. */
static bool put_place(const struct service_key *key, json_t *answer)
{
	return json_put_text(answer, "projectName", key->project->name) &&
	       json_put_int(answer, "instance", key->instance) &&
	       json_put_text(answer, "environment", key->environment) &&
	       json_put_text(answer, "host", key->host);
}

static bool answer_env(struct call *c, const struct service_key *key, const struct place *p,
		       json_t *answer, struct err *err)
{
	struct port_values v;
	json_t *file = NULL;

	if (!variables_read(c, p, key->environment, key->host, &v, err))
		return false;
	if (!put_place(key, answer) || !put_variables(&v, answer))
		return fail_memory(err);
	/* Only the checkout one is in is written to; a project named by hand may be elsewhere. */
	if (p->of_directory && !variables_file(c, &v, p->root, &file, err))
		return false;
	return json_put(answer, "file", file ? file : json_null()) || fail_memory(err);
}

/* What is asked of, but for a service. */
static bool read_key(struct call *c, const json_t *input, const struct place *p,
		     struct service_key *ret, struct err *err)
{
	*ret = (struct service_key){ .project = &p->project, .instance = p->instance };
	return registry_environment(c->registry, json_text_of(input, "environment"), &c->arena,
				    &ret->environment, err) &&
	       input_host(c, input, &ret->host, err);
}

static bool enter_declared(struct call *c, const json_t *input, const struct place *p,
			   const struct service_key *key, struct err *err)
{
	CLEANUP(declared_news_cleanup) struct declared_news news = { .count = 0 };
	const struct declaration *d;

	if (!declared_read(c, input, p, &d, err) ||
	    (d && !declared_enter(c, d, key, NULL, &news, err)))
		return false;
	declared_say(c, &news);
	return true;
}

static bool env_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	struct service_key key;
	struct place p;

	return place_find(c, input, PLACE_ENTER_DIRECTORY, &p, err) &&
	       read_key(c, input, &p, &key, err) && enter_declared(c, input, &p, &key, err) &&
	       answer_env(c, &key, &p, answer, err);
}

/* Where all that is declared is entered, there is nothing to write. */
static bool env_quick(struct call *c, const json_t *input, json_t *answer, bool *ret_done,
		      struct err *err)
{
	struct declared_list missing = { .count = 0 };
	const struct declaration *d;
	struct service_key key;
	struct place p;

	if (!place_find(c, input, PLACE_ENTER_NOTHING, &p, err))
		return err->code == ERR_NOT_FOUND || err->code == ERR_INVALID;
	if (p.has_moved)
		return true;
	if (!read_key(c, input, &p, &key, err) || !declared_read(c, input, &p, &d, err) ||
	    (d && !declared_missing(c, d, &key, &missing, err)))
		return false;
	*ret_done = !missing.count;
	return !*ret_done || answer_env(c, &key, &p, answer, err);
}

const struct operation op_env = {
	.schema = &schema_env,
	.access = ACCESS_WRITE,
	.run = env_run,
	.quick = env_quick,
};
