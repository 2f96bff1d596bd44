/*
 * portbook://ports, portbook://policy and portbook://projects/NAME.
 */
#include <string.h>

#include "mcp/own.h"
#include "mcp/portbook.h"
#include "mcp/tool.h"

#define PORTS_URI     "portbook://ports"
#define POLICY_URI    "portbook://policy"
#define PROJECTS_URI  "portbook://projects/"
#define PROJECTS_FORM PROJECTS_URI "{name}"

/* Rationale: a client shows them in a menu. */
#define PROJECTS_A_PAGE 200
/* Rationale: what an agent can still take in; list-ports has pages. */
#define PORTS_SHOWN 500

/* What follows PROJECTS_URI; NULL: it is none. */
static const char *project_of(const char *uri)
{
	size_t len = strlen(PROJECTS_URI);

	return !strncmp(uri, PROJECTS_URI, len) && uri[len] ? uri + len : NULL;
}

bool port_has_resource(const char *uri)
{
	return !strcmp(uri, PORTS_URI) || !strcmp(uri, POLICY_URI) || project_of(uri);
}

/* --- which there are */

static json_t *fixed_resources(void)
{
	return json_pack("[{s:s, s:s, s:s, s:s, s:s}, {s:s, s:s, s:s, s:s, s:s}]", "uri", PORTS_URI,
			 "name", "ports", "title", "The ports", "description",
			 "Which port belongs to whom.", "mimeType", "application/json", "uri",
			 POLICY_URI, "name", "policy", "title", "The policy", "description",
			 "The ranges, roles and reserved ports by which ports are given.",
			 "mimeType", "application/yaml");
}

static bool add_project(json_t *all, const char *name)
{
	CLEANUP(text_release) struct text uri = { 0 };

	text_addf(&uri, PROJECTS_URI "%s", name);
	return text_ok(&uri) &&
	       json_append(all, json_pack("{s:s, s:s, s:s, s:s}", "uri", text_str(&uri), "name",
					  name, "description", "A project's ports, by instance.",
					  "mimeType", "application/json"));
}

static bool add_projects(const json_t *projects, size_t from, json_t *all, json_t *result,
			 struct err *err)
{
	size_t i, end = from + PROJECTS_A_PAGE;

	for (i = from; i < json_array_size(projects) && i < end; i++)
		if (!add_project(all, json_text_of(json_array_get(projects, i), "projectName")))
			return fail_memory(err);
	return i >= json_array_size(projects) || cursor_put(result, "resources", (int64_t)i) ||
	       fail_memory(err);
}

bool port_resources(struct mcp_request *q, json_t *result, struct err *err)
{
	CLEANUP(json_cleanup) json_t *all = NULL;
	CLEANUP(json_cleanup) json_t *input = json_object();
	CLEANUP(json_cleanup) json_t *answer = NULL;
	int64_t from;

	if (!cursor_of(q, "resources", &from))
		return false;
	all = from ? json_array() : fixed_resources();
	if (!all || !input)
		return fail_memory(err);
	return mcp_call_book(q, "project-list", input, &answer, err) &&
	       add_projects(json_object_get(answer, "projects"), (size_t)from, all, result, err) &&
	       (json_put(result, "resources", json_incref(all)) || fail_memory(err));
}

bool port_templates(struct mcp_request *q, json_t *result, struct err *err)
{
	int64_t from;

	return cursor_of(q, "templates", &from) &&
	       (json_put(result, "resourceTemplates",
			 json_pack("[{s:s, s:s, s:s, s:s, s:s}]", "uriTemplate", PROJECTS_FORM,
				   "name", "project", "title", "A project", "description",
				   "A project's number, block and ports, by instance.", "mimeType",
				   "application/json")) ||
		fail_memory(err));
}

/* --- one of them */

/* How a resource is read: an operation, and what of its answer is shown. */
struct source_of {
	const char *operation;
	json_t *input;
	const char *member; /* a text; NULL: all of it, as JSON */
	const char *type;
};

static bool source_of(const char *uri, struct source_of *ret)
{
	const char *project = project_of(uri);

	if (!strcmp(uri, PORTS_URI))
		*ret = (struct source_of){ "list", json_pack("{s:i}", "limit", PORTS_SHOWN), NULL,
					   "application/json" };
	else if (!strcmp(uri, POLICY_URI))
		*ret = (struct source_of){ "policy-show", json_object(), "text",
					   "application/yaml" };
	else if (project)
		*ret = (struct source_of){ "show", json_pack("{s:s}", "projectName", project), NULL,
					   "application/json" };
	else
		return false;
	return true;
}

static bool refuse_uri(struct mcp_request *q, const char *uri, const char *why)
{
	return mcp_refuse(q, q->revision->is_modern ? MCP_INVALID_PARAMS : MCP_RESOURCE_NOT_FOUND,
			  json_pack("{s:s}", "uri", uri), "there is no resource '%.200s'%s%s", uri,
			  why ? ": " : "", why ? why : "");
}

static bool put_contents(json_t *result, const char *uri, const struct source_of *source,
			 json_t *answer, struct err *err)
{
	CLEANUP(json_text_cleanup) char *text = NULL;
	const char *shown = source->member ? json_text_of(answer, source->member) : NULL;

	port_noise_strip(answer);
	if (!shown && !json_format(answer, &text, err))
		return false;
	return json_put(result, "contents",
			json_pack("[{s:s, s:s, s:s}]", "uri", uri, "mimeType", source->type, "text",
				  shown ? shown : text)) ||
	       fail_memory(err);
}

bool port_read(struct mcp_request *q, json_t *result, struct err *err)
{
	const char *uri = json_text_of(q->params, "uri");
	CLEANUP(json_cleanup) json_t *answer = NULL;
	struct source_of source;
	struct err why = { 0 };
	bool ok;

	if (!source_of(uri, &source))
		return refuse_uri(q, uri, NULL);
	ok = source.input && mcp_call_book(q, source.operation, source.input, &answer, &why);
	if (!source.input)
		fail_memory(&why);
	json_decref(source.input);
	if (ok)
		return put_contents(result, uri, &source, answer, err);
	if (why.code == ERR_NOT_FOUND || why.code == ERR_INVALID)
		return refuse_uri(q, uri, why.text);
	*err = why;
	return false;
}

/* --- what changes them */

static bool is_about_project(const json_t *event, const char *name)
{
	const char *project = json_text_of(event, "projectName");
	const char *was = json_text_of(json_object_get(event, "before"), "projectName");

	return (project && !strcmp(project, name)) || (was && !strcmp(was, name));
}

static bool is_operation(const json_t *event, const char *start)
{
	const char *operation = json_text_of(event, "operation");

	return operation && !strncmp(operation, start, strlen(start));
}

bool port_changes(const json_t *event, const char *uri)
{
	const char *project = project_of(uri);

	if (project)
		return is_about_project(event, project);
	if (!strcmp(uri, POLICY_URI))
		return is_operation(event, "policy-");
	return json_is_integer(json_object_get(event, "port")) || is_operation(event, "project-") ||
	       is_operation(event, "restore") || is_operation(event, "import");
}

bool port_changes_list(const json_t *event)
{
	return is_operation(event, "project-") || is_operation(event, "restore") ||
	       is_operation(event, "import") || is_operation(event, "undo");
}
