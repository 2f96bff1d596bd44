/*
 * Completion of arguments: the operation `names` knows what there is.
 */
#include <string.h>

#include "mcp/portbook.h"

/* "An array of completion values. Must not exceed 100 items." */
#define VALUES_MAX 100

/* Arguments of prompts, and the variable of portbook://projects/{name}. */
static const struct {
	const char *argument, *names;
} kinds[] = {
	{ "name", "projects" },	   { "port", "ports" }, { "project", "projects" },
	{ "service", "services" }, { "type", "types" },
};

static const char *names_of(const char *argument)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (!strcmp(kinds[i].argument, argument))
			return kinds[i].names;
	return NULL;
}

static bool add_values(const json_t *names, json_t *values, bool *ret_more, struct err *err)
{
	size_t i;
	json_t *one;

	json_array_foreach(json_walked(names), i, one) {
		if (i == VALUES_MAX) {
			*ret_more = true;
			return true;
		}
		if (!json_append(values, json_string(json_text_of(one, "name"))))
			return fail_memory(err);
	}
	return true;
}

static bool check_ref(struct mcp_request *q, const json_t *ref)
{
	const char *type = json_text_of(ref, "type"), *name = json_text_of(ref, "name");

	if (!strcmp(type, "ref/resource"))
		return json_text_of(ref, "uri") ||
		       mcp_refuse(q, MCP_INVALID_PARAMS, NULL, "ref.uri is missing");
	if (strcmp(type, "ref/prompt") != 0)
		return mcp_refuse(q, MCP_INVALID_PARAMS, NULL,
				  "ref.type is ref/prompt or ref/resource, and not '%.40s'", type);
	return (name && mcp_prompt_named(q->mcp->catalogue, name)) ||
	       mcp_refuse(q, MCP_INVALID_PARAMS, NULL, "there is no prompt '%.80s'",
			  name ? name : "");
}

bool port_complete(struct mcp_request *q, const json_t *ref, const char *name, const char *prefix,
		   const json_t *given, json_t *values, bool *ret_more, struct err *err)
{
	const char *what = names_of(name), *project = json_text_of(given, "project");
	CLEANUP(json_cleanup) json_t *answer = NULL;
	CLEANUP(json_cleanup) json_t *input = NULL;

	if (!check_ref(q, ref))
		return false;
	/* What has no names completes to nothing. */
	if (!what || (!strcmp(what, "services") && !project && !q->link->directory))
		return true;
	input = json_pack("{s:s, s:s, s:s*, s:s*}", "what", what, "prefix", prefix, "projectName",
			  project, "path", project ? NULL : q->link->directory);
	if (!input)
		return fail_memory(err);
	if (!mcp_call_book(q, "names", input, &answer, err))
		return false;
	*ret_more = !json_bool_of(answer, "complete");
	return add_values(json_object_get(answer, "names"), values, ret_more, err);
}
