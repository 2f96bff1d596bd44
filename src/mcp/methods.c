/*
 * What can be asked, and by which revisions: the table at the end.
 */
#include <stdlib.h>
#include <string.h>

#include "mcp/own.h"

/* Which revisions have it. */
#define OLDER  1u
#define MODERN 2u
#define ALL    (OLDER | MODERN)

/* Who may keep an answer of the modern revisions, and for how long. */
enum keeping {
	KEPT_NOT,    /* it has no such members */
	KEPT_PUBLIC, /* it is the same for all, as long as the program is */
	KEPT_STALE,  /* the book may change at any time */
};

/* Rationale: after an update of the program its tools are told anew within that time. */
#define PUBLIC_TTL_MS 300000

struct method {
	const char *name;
	unsigned revisions;
	enum keeping keeping;
	mcp_answer_fn *run;
};

/* --- the small ones */

bool method_ping(struct mcp_request *q, json_t *result, struct err *err)
{
	(void)q;
	(void)result;
	(void)err;
	return true;
}

/*
 * "listChanged" is told only where it is kept: the modern way by subscriptions/listen,
 * the older one unasked, which needs a link that stays.
 */
static json_t *capabilities(const struct mcp_request *q)
{
	bool tells = q->revision->is_modern || q->link->transport == MCP_STDIO;
	unsigned lists = tells ? q->mcp->catalogue->changing_lists : 0;

	return json_pack("{s:{s:b}, s:{s:b}, s:{s:b, s:b}, s:{}, s:{}}", "tools", "listChanged",
			 (lists & MCP_LIST_TOOLS) != 0, "prompts", "listChanged",
			 (lists & MCP_LIST_PROMPTS) != 0, "resources", "subscribe", (int)tells,
			 "listChanged", (lists & MCP_LIST_RESOURCES) != 0, "completions",
			 "logging");
}

bool method_initialize(struct mcp_request *q, json_t *result, struct err *err)
{
	const json_t *has = json_object_get(q->params, "capabilities");
	struct mcp_link *l = q->link;

	q->revision = revision_for(json_text_of(q->params, "protocolVersion"));
	mcp_link_release(l);
	l->own.version = q->revision->name;
	l->own.capabilities = json_deep_copy(has);
	if (has && !l->own.capabilities)
		return fail_memory(err);
	return (json_put(result, "protocolVersion", json_string(q->revision->name)) &&
		json_put(result, "capabilities", capabilities(q)) &&
		json_put(result, "serverInfo", mcp_server_info(q->mcp)) &&
		json_put(result, "instructions", json_string(q->mcp->catalogue->instructions))) ||
	       fail_memory(err);
}

bool method_discover(struct mcp_request *q, json_t *result, struct err *err)
{
	return (json_put(result, "supportedVersions", revisions_json(false)) &&
		json_put(result, "capabilities", capabilities(q)) &&
		json_put(result, "instructions", json_string(q->mcp->catalogue->instructions))) ||
	       fail_memory(err);
}

bool method_set_level(struct mcp_request *q, json_t *result, struct err *err)
{
	const char *name = json_text_of(q->params, "level");
	int level = name ? log_level_named(name) : -1;

	(void)result;
	(void)err;
	if (level < 0)
		return mcp_refuse(q, MCP_INVALID_PARAMS, NULL, "there is no level '%.40s'",
				  name ? name : "");
	q->link->own.log_level = level + 1;
	return true;
}

/* --- lists */

static bool put_page(struct mcp_request *q, json_t *result, const char *list, json_t *all,
		     struct err *err)
{
	int64_t position;

	/* All of them fit one page, so any cursor is of another list. */
	if (!cursor_of(q, list, &position)) {
		json_decref(all);
		return false;
	}
	return json_put(result, list, all) || fail_memory(err);
}

static bool add_tool(const struct mcp_tool *t, json_t *all, struct err *err)
{
	json_t *entry = json_object();

	if (!json_append(all, entry) || !json_put(entry, "name", json_string(t->name)))
		return fail_memory(err);
	return t->describe(t, entry, err);
}

static bool make_tools(struct mcp *m, struct err *err)
{
	CLEANUP(json_cleanup) json_t *all = json_array();

	for (size_t i = 0; m->catalogue->tools[i]; i++)
		if (!add_tool(m->catalogue->tools[i], all, err))
			return false;
	m->tools = json_incref(all);
	return true;
}

bool method_list_tools(struct mcp_request *q, json_t *result, struct err *err)
{
	return (q->mcp->tools || make_tools(q->mcp, err)) &&
	       put_page(q, result, "tools", json_incref(q->mcp->tools), err);
}

static json_t *prompt_arguments(const struct mcp_prompt *p)
{
	json_t *all = json_array();
	const struct mcp_prompt_argument *a = p->arguments;

	for (; all && a && a->name; a++)
		if (!json_append(all, json_pack("{s:s, s:s, s:b}", "name", a->name, "description",
						a->description, "required", (int)a->required))) {
			json_decref(all);
			return NULL;
		}
	return all;
}

bool method_list_prompts(struct mcp_request *q, json_t *result, struct err *err)
{
	const struct mcp_prompt *const *p = q->mcp->catalogue->prompts;
	CLEANUP(json_cleanup) json_t *all = json_array();

	for (; *p; p++)
		if (!json_append(all, json_pack("{s:s, s:s, s:s, s:o}", "name", (*p)->name, "title",
						(*p)->title, "description", (*p)->description,
						"arguments", prompt_arguments(*p))))
			return fail_memory(err);
	return put_page(q, result, "prompts", json_incref(all), err);
}

bool method_list_resources(struct mcp_request *q, json_t *result, struct err *err)
{
	q->link->own.has_resources = true;
	return q->mcp->catalogue->resources(q, result, err);
}

bool method_list_templates(struct mcp_request *q, json_t *result, struct err *err)
{
	return q->mcp->catalogue->templates(q, result, err);
}

/* --- one of a list */

const struct mcp_tool *mcp_tool_named(const struct mcp_catalogue *c, const char *name)
{
	for (size_t i = 0; c->tools[i]; i++)
		if (!strcmp(c->tools[i]->name, name))
			return c->tools[i];
	return c->tool_by_alias ? c->tool_by_alias(name) : NULL;
}

const struct mcp_prompt *mcp_prompt_named(const struct mcp_catalogue *c, const char *name)
{
	for (size_t i = 0; c->prompts[i]; i++)
		if (!strcmp(c->prompts[i]->name, name))
			return c->prompts[i];
	return NULL;
}

/* params.arguments; false: they are no object. */
static bool arguments_of(struct mcp_request *q, json_t **ret)
{
	json_t *given = json_object_get(q->params, "arguments");

	if (given && !json_is_object(given))
		return mcp_refuse(q, MCP_INVALID_PARAMS, NULL, "arguments are an object");
	*ret = given ? json_incref(given) : json_object();
	return true;
}

bool method_call_tool(struct mcp_request *q, json_t *result, struct err *err)
{
	const char *name = json_text_of(q->params, "name");
	const struct mcp_tool *t = name ? mcp_tool_named(q->mcp->catalogue, name) : NULL;
	CLEANUP(json_cleanup) json_t *arguments = NULL;

	if (!t)
		return mcp_refuse(q, MCP_INVALID_PARAMS, NULL,
				  "there is no tool '%.80s'; tools/list says which there are",
				  name ? name : "");
	if (!arguments_of(q, &arguments))
		return false;
	return (arguments || fail_memory(err)) && t->call(t, q, arguments, result, err);
}

static bool check_prompt(struct mcp_request *q, const struct mcp_prompt *p, const json_t *arguments)
{
	const struct mcp_prompt_argument *a = p->arguments;
	const char *name;
	json_t *value;

	json_object_foreach(json_walked(arguments), name, value)
		if (!json_is_string(value))
			return mcp_refuse(q, MCP_INVALID_PARAMS, NULL, "'%.80s' is no text", name);
	for (; a && a->name; a++)
		if (a->required && !json_object_get(arguments, a->name))
			return mcp_refuse(q, MCP_INVALID_PARAMS, NULL, "'%s' needs '%s'", p->name,
					  a->name);
	return true;
}

bool method_get_prompt(struct mcp_request *q, json_t *result, struct err *err)
{
	const char *name = json_text_of(q->params, "name");
	const struct mcp_prompt *p = name ? mcp_prompt_named(q->mcp->catalogue, name) : NULL;
	CLEANUP(json_cleanup) json_t *arguments = NULL;

	if (!p)
		return mcp_refuse(q, MCP_INVALID_PARAMS, NULL, "there is no prompt '%.80s'",
				  name ? name : "");
	if (!arguments_of(q, &arguments))
		return false;
	if (!arguments)
		return fail_memory(err);
	return check_prompt(q, p, arguments) &&
	       json_put_text(result, "description", p->description) &&
	       p->get(p, q, arguments, result, err);
}

bool method_read_resource(struct mcp_request *q, json_t *result, struct err *err)
{
	if (!json_text_of(q->params, "uri"))
		return mcp_refuse(q, MCP_INVALID_PARAMS, NULL, "the uri is missing");
	return q->mcp->catalogue->read(q, result, err);
}

/* --- completion */

static bool complete(struct mcp_request *q, const char *name, const char *prefix, json_t *values,
		     bool *ret_more, struct err *err)
{
	const json_t *ref = json_object_get(q->params, "ref");
	const json_t *given = json_object_get(json_object_get(q->params, "context"), "arguments");

	if (!json_is_object(ref) || !json_text_of(ref, "type"))
		return mcp_refuse(q, MCP_INVALID_PARAMS, NULL,
				  "ref says which prompt or resource is meant");
	return q->mcp->catalogue->complete(q, ref, name, prefix, given, values, ret_more, err);
}

bool method_complete(struct mcp_request *q, json_t *result, struct err *err)
{
	const json_t *argument = json_object_get(q->params, "argument");
	const char *name = json_text_of(argument, "name"),
		   *prefix = json_text_of(argument, "value");
	json_t *values = json_array(), *all = json_pack("{s:o}", "values", values);
	bool more = false;

	if (!json_put(result, "completion", all))
		return fail_memory(err);
	if (!name || !prefix)
		return mcp_refuse(q, MCP_INVALID_PARAMS, NULL,
				  "argument has a name and a value, both texts");
	return complete(q, name, prefix, values, &more, err) &&
	       (json_put_bool(all, "hasMore", more) || fail_memory(err));
}

/* --- the table */

/* clang-format off */
static const struct method methods[] = {
	{ "completion/complete",	ALL,	KEPT_NOT,	method_complete },
	{ "initialize",			OLDER,	KEPT_NOT,	method_initialize },
	{ "logging/setLevel",		OLDER,	KEPT_NOT,	method_set_level },
	{ "ping",			OLDER,	KEPT_NOT,	method_ping },
	{ "prompts/get",		ALL,	KEPT_NOT,	method_get_prompt },
	{ "prompts/list",		ALL,	KEPT_PUBLIC,	method_list_prompts },
	{ "resources/list",		ALL,	KEPT_STALE,	method_list_resources },
	{ "resources/read",		ALL,	KEPT_STALE,	method_read_resource },
	{ "resources/subscribe",	OLDER,	KEPT_NOT,	method_watch },
	{ "resources/templates/list",	ALL,	KEPT_PUBLIC,	method_list_templates },
	{ "resources/unsubscribe",	OLDER,	KEPT_NOT,	method_unwatch },
	{ "server/discover",		MODERN,	KEPT_PUBLIC,	method_discover },
	{ "subscriptions/listen",	MODERN,	KEPT_NOT,	method_listen },
	{ "tools/call",			ALL,	KEPT_NOT,	method_call_tool },
	{ "tools/list",			ALL,	KEPT_PUBLIC,	method_list_tools },
};
/* clang-format on */

static const struct method *method_named(const char *name, unsigned revision)
{
	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		if (methods[i].revisions & revision && !strcmp(methods[i].name, name))
			return &methods[i];
	return NULL;
}

static bool put_keeping(const struct mcp_request *q, const struct method *m, json_t *result)
{
	bool is_public = m->keeping == KEPT_PUBLIC;

	if (!q->revision->is_modern || m->keeping == KEPT_NOT)
		return true;
	return json_put_int(result, "ttlMs", is_public ? PUBLIC_TTL_MS : 0) &&
	       json_put_text(result, "cacheScope", is_public ? "public" : "private");
}

bool method_run(struct mcp_request *q, json_t **ret, struct err *err)
{
	bool is_modern = q->revision->is_modern;
	const struct method *m = method_named(q->method, is_modern ? MODERN : OLDER);
	CLEANUP(json_cleanup) json_t *result = json_object();

	if (!m)
		return mcp_reject(q, is_modern ? 404 : 200, MCP_METHOD_NOT_FOUND, NULL,
				  "version %s has no method '%.80s'", q->revision->name, q->method);
	if (!result)
		return fail_memory(err);
	if (!m->run(q, result, err))
		return false;
	if (!put_keeping(q, m, result))
		return fail_memory(err);
	*ret = json_incref(result);
	return true;
}

/* --- notifications */

static void take_roots(struct mcp_request *q)
{
	q->link->own.knows_root = false;
}

static void take_cancelled(struct mcp_request *q)
{
	const json_t *id = json_object_get(q->params, "requestId");

	if (id && q->link->cancel)
		q->link->cancel(q->link, id);
}

static const struct {
	const char *name;
	void (*take)(struct mcp_request *q);
} notifications[] = {
	{ "notifications/cancelled", take_cancelled },
	{ "notifications/roots/list_changed", take_roots },
};

void notification_take(struct mcp_request *q)
{
	for (size_t i = 0; i < ARRAY_LEN(notifications); i++)
		if (!strcmp(notifications[i].name, q->method))
			notifications[i].take(q);
}
