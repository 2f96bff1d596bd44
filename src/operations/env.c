/*
 * operations/env.c - the instance's ports as variables.
 */
#include "operations/operations.h"
#include "operations/schemas.h"
#include "operations/variables.h"

static bool put_variables(const struct variables *v, json_t *answer)
{
	json_t *array = json_array();

	if (!json_put(answer, "variables", array))
		return false;
	for (unsigned i = 0; i < v->count; i++)
		if (!json_append(array,
				 json_pack("{s:s, s:i, s:s}", "name", v->items[i].name, "port",
					   (int)v->items[i].port, "serviceName", v->services[i])))
			return false;
	return true;
}

static bool env_in(struct call *c, const json_t *input, const struct place *p, json_t *answer,
		   struct err *err)
{
	const char *environment, *host;
	struct variables v;
	json_t *file = NULL;

	if (!registry_environment(c->registry, json_text_of(input, "environment"), &c->arena,
				  &environment, err) ||
	    !input_host(c, input, &host, err) || !variables_read(c, p, environment, host, &v, err))
		return false;
	if (!put_variables(&v, answer))
		return fail_memory(err);
	/* Only the checkout one is in is written to; a project named by hand may be elsewhere. */
	if (p->of_directory && !variables_file(c, &v, p->root, &file, err))
		return false;
	return json_put(answer, "file", file ? file : json_null()) || fail_memory(err);
}

static bool env_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	struct place p;

	return place_find(c, input, true, &p, err) && env_in(c, input, &p, answer, err);
}

static bool env_quick(struct call *c, const json_t *input, json_t *answer, bool *ret_done,
		      struct err *err)
{
	struct place p;

	if (!place_find(c, input, false, &p, err))
		return err->code == ERR_NOT_FOUND || err->code == ERR_INVALID;
	*ret_done = true;
	return env_in(c, input, &p, answer, err);
}

const struct operation op_env = {
	.schema = &schema_env,
	.access = ACCESS_WRITE,
	.run = env_run,
	.quick = env_quick,
};
