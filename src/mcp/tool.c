/*
 * A call of a tool: arguments to the operation's input, its answer or its failure
 * to a result.
 */
#include "mcp/tool.h"

#include <stdio.h>
#include <string.h>

#include "mcp/own.h"

/* --- arguments */

static const struct tool_argument *argument_named(const struct port_tool *t, const char *name)
{
	for (const struct tool_argument *a = t->arguments; a->name; a++)
		if (!strcmp(a->name, name))
			return a;
	return NULL;
}

static void add_names(const struct port_tool *t, struct text *ret)
{
	for (const struct tool_argument *a = t->arguments; a->name; a++)
		text_addf(ret, "%s%s", a == t->arguments ? "" : ", ", a->name);
}

static bool fail_unknown(const struct port_tool *t, const char *name, struct err *err)
{
	CLEANUP(text_release) struct text names = { 0 };

	add_names(t, &names);
	return fail(err, ERR_INVALID, "%s takes no '%.80s', but %s", t->tool.name, name,
		    text_str(&names));
}

static json_t *port_text(int64_t port)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)port);
	return json_string(text);
}

/* What the operation takes in place of the argument. */
static bool convert(const struct tool_argument *a, const json_t *value, json_t **ret,
		    struct err *err)
{
	int64_t n = json_integer_value(value);

	*ret = NULL;
	if (a->as_after &&
	    !(json_is_string(value) && cursor_decode(json_string_value(value), "ports", &n)))
		return fail(err, ERR_INVALID, "this '%s' was not given by list-ports", a->name);
	if ((a->as_text || a->most) && !json_is_integer(value))
		return fail(err, ERR_INVALID, "'%s' must be a whole number", a->name);
	if (a->most && (n < 1 || n > a->most))
		return fail(err, ERR_INVALID, "'%s' is %lld, and must be from 1 to %lld", a->name,
			    (long long)n, (long long)a->most);
	*ret = a->as_text    ? port_text(n)
	       : a->as_after ? json_integer(n)
			     : json_incref(json_walked(value));
	return *ret || fail_memory(err);
}

static bool put_argument(const struct tool_argument *a, const json_t *value, json_t *input,
			 struct err *err)
{
	json_t *converted;

	return convert(a, value, &converted, err) &&
	       (json_put(input, a->field ? a->field : a->name, converted) || fail_memory(err));
}

static bool put_given(const struct port_tool *t, const json_t *arguments, json_t *input,
		      struct err *err)
{
	const char *name;
	json_t *value;

	json_object_foreach(json_walked(arguments), name, value) {
		const struct tool_argument *a = argument_named(t, name);

		if (!a)
			return fail_unknown(t, name, err);
		/* Agents fill in what they leave open. */
		if (!json_is_null(value) && !put_argument(a, value, input, err))
			return false;
	}
	return true;
}

static bool put_missing(const struct port_tool *t, json_t *input, struct err *err)
{
	for (const struct tool_argument *a = t->arguments; a->name; a++) {
		const char *field = a->field ? a->field : a->name;

		if (json_object_get(input, field))
			continue;
		if (a->required)
			return fail(err, ERR_INVALID, "%s needs '%s'", t->tool.name, a->name);
		if ((a->is_true && !json_put_bool(input, field, true)) ||
		    (a->otherwise && !json_put_int(input, field, a->otherwise)))
			return fail_memory(err);
	}
	return true;
}

/* --- the place */

/* Is the directory needed to know what is meant? */
static bool wants_directory(const struct port_tool *t, const json_t *input)
{
	return t->traits & TOOL_HAS_PLACE && !json_object_get(input, "path") &&
	       !json_object_get(input, "instance");
}

/* What the link says for calls that leave it open. */
static bool put_defaults(const struct port_tool *t, const struct mcp_link *l, json_t *input)
{
	const struct {
		const char *name, *value;
	} all[] = { { "host", l->host }, { "environment", l->environment } };

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (t->traits & TOOL_HAS_PLACE && all[i].value &&
		    !json_object_get(input, all[i].name) &&
		    !json_put_text(input, all[i].name, all[i].value))
			return false;
	return true;
}

/* `*ret_ask`: the client is asked for its directory first. */
static bool put_place(const struct port_tool *t, struct mcp_request *q, json_t *input,
		      bool *ret_ask, struct err *err)
{
	const char *directory = NULL;

	*ret_ask = false;
	if (!put_defaults(t, q->link, input))
		return fail_memory(err);
	if (!wants_directory(t, input))
		return true;
	if (!link_directory(q, &directory, ret_ask, err))
		return false;
	return !directory || json_put_text(input, "path", directory) || fail_memory(err);
}

static bool note_place(const struct port_tool *t, const json_t *input, json_t *answer,
		       struct err *err)
{
	json_t *notices = json_object_get(answer, "notices");

	if (!wants_directory(t, input))
		return true;
	if (!notices) {
		notices = json_array();
		if (!json_put(answer, "notices", notices))
			return fail_memory(err);
	}
	return json_append(notices, json_string("neither instance nor path was given, so it is "
						"about instance 1")) ||
	       fail_memory(err);
}

/* --- the result */

static bool log_notices(struct mcp_request *q, const json_t *answer, struct err *err)
{
	size_t i;
	json_t *notice;

	json_array_foreach(json_object_get(answer, "notices"), i, notice)
		if (!mcp_log(q, "notice", json_incref(notice), err))
			return false;
	return true;
}

static bool put_text(json_t *result, const char *text)
{
	return json_put(result, "content", json_pack("[{s:s, s:s}]", "type", "text", "text", text));
}

static bool put_answer(json_t *result, json_t *answer, struct err *err)
{
	CLEANUP(json_text_cleanup) char *text = NULL;

	return json_format(answer, &text, err) &&
	       ((put_text(result, text) &&
		 json_put(result, "structuredContent", json_incref(answer)) &&
		 json_put_bool(result, "isError", false)) ||
		fail_memory(err));
}

static bool put_failure(const struct port_tool *t, struct mcp_request *q, const json_t *input,
			const struct err *why, json_t *result, struct err *err)
{
	CLEANUP(text_release) struct text said = { 0 };

	if (why->code == ERR_MEMORY || q->is_cancelled) {
		*err = *why;
		return false;
	}
	port_tool_explain(t, q, input, why, &said);
	return (text_ok(&said) && put_text(result, text_str(&said)) &&
		json_put_bool(result, "isError", true)) ||
	       fail_memory(err);
}

/* "An object [...] with the request": the client sends the call again, with its folders. */
static bool ask_roots(json_t *result, struct err *err)
{
	return (json_put_text(result, "resultType", "input_required") &&
		json_put(result, "inputRequests",
			 json_pack("{s:{s:s}}", "roots", "method", "roots/list"))) ||
	       fail_memory(err);
}

bool port_tool_call(const struct mcp_tool *tool, struct mcp_request *q, const json_t *arguments,
		    json_t *result, struct err *err)
{
	const struct port_tool *t = (const struct port_tool *)tool;
	CLEANUP(json_cleanup) json_t *input = json_object();
	CLEANUP(json_cleanup) json_t *answer = NULL;
	struct err why = { 0 };
	bool ask;

	if (!input)
		return fail_memory(err);
	if (!put_given(t, arguments, input, &why) || !put_missing(t, input, &why))
		return put_failure(t, q, input, &why, result, err);
	if (!put_place(t, q, input, &ask, err))
		return false;
	if (ask)
		return ask_roots(result, err);
	if (!mcp_call_book(q, t->operation, input, &answer, &why))
		return put_failure(t, q, input, &why, result, err);
	return note_place(t, input, answer, err) && port_tool_shape(t, answer, err) &&
	       log_notices(q, answer, err) && put_answer(result, answer, err);
}
