/*
 * An agent has tools, not a command line: what a hint says to type becomes what to
 * call, and who asked for a port of another's hears what it may have instead.
 */
#include <stdio.h>
#include <string.h>

#include "mcp/own.h"
#include "mcp/tool.h"

/* The longer of two that begin alike comes first. */
static const struct {
	const char *typed, *called;
} words[] = {
	{ "enter it with: portbook project add ", "enter it with create-project, projectName " },
	{ " (or --create)", "" },
	{ "portbook project list", "list-ports" },
	{ "portbook check ", "check-port, port " },
	{ "portbook get ", "get-port for " },
	{ "portbook init", "create-project with this path" },
	{ "portbook list", "list-ports" },
	{ "portbook release ", "release-port for " },
	{ "portbook show ", "list-ports, projectName " },
	{ "portbook summary ", "port-summary, projectName " },
	{ "portbook update ", "update-port for " },
	{ "leave --port out", "leave port out" },
	{ ", or add --force", "" },
};

static void add_spoken(struct text *t, const char *hint)
{
	while (*hint) {
		size_t i = 0, len;

		while (i < ARRAY_LEN(words) &&
		       strncmp(hint, words[i].typed, strlen(words[i].typed)) != 0)
			i++;
		len = i < ARRAY_LEN(words) ? strlen(words[i].typed) : 1;
		if (i < ARRAY_LEN(words))
			text_add(t, words[i].called);
		else
			text_add_bytes(t, hint, 1);
		hint += len;
	}
}

/* What else the input of another operation about the same place has. */
static bool copy_place(const json_t *input, json_t *to)
{
	static const char *const fields[] = { "projectName", "instance", "environment",
					      "host",	     "protocol", "path" };

	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		json_t *value = json_object_get(input, fields[i]);

		if (value && json_object_set(to, fields[i], value) < 0)
			return false;
	}
	return true;
}

/* "3000 belongs to 'shop/web' (dev), which is down": as `check` says it. */
static void ask_check(struct mcp_request *q, const json_t *input, int64_t port, json_t **ret)
{
	CLEANUP(json_cleanup) json_t *question = json_object();
	struct err err = { 0 };
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)port);
	if (json_put_text(question, "ports", text) && copy_place(input, question))
		(void)!mcp_call_book(q, "check", question, ret, &err);
}

static int64_t ask_get(struct mcp_request *q, const json_t *input)
{
	CLEANUP(json_cleanup) json_t *question = json_object();
	CLEANUP(json_cleanup) json_t *answer = NULL;
	struct err err = { 0 };

	if (!json_put_bool(question, "dryRun", true) || !copy_place(input, question) ||
	    json_object_set(question, "serviceName", json_object_get(input, "serviceName")) < 0)
		return 0;
	(void)!mcp_call_book(q, "get", question, &answer, &err);
	return json_int_of(answer, "port", 0);
}

/* The port is another's: whose, in which state, and what there is instead. */
static bool explain_taken(struct mcp_request *q, const json_t *input, const struct err *why,
			  struct text *ret)
{
	int64_t port = json_int_of(input, "port", 0), instead;
	CLEANUP(json_cleanup) json_t *checked = NULL;
	const char *message;

	if (why->code != ERR_TAKEN || !port || !json_object_get(input, "serviceName"))
		return false;
	ask_check(q, input, port, &checked);
	message = json_text_of(json_array_get(json_object_get(checked, "ports"), 0), "message");
	instead = ask_get(q, input);
	if (!message || !instead)
		return false;
	text_addf(ret, "%s; use get-port, which gives you %lld", message, (long long)instead);
	return true;
}

static bool ends_question(const char *text)
{
	size_t len = strlen(text);

	return len && text[len - 1] == '?';
}

void port_tool_explain(const struct port_tool *t, struct mcp_request *q, const json_t *input,
		       const struct err *why, struct text *ret)
{
	(void)t;
	if (explain_taken(q, input, why, ret))
		return;
	text_add(ret, why->text);
	if (!why->hint[0])
		return;
	text_add(ret, ends_question(why->text) ? " " : "; ");
	add_spoken(ret, why->hint);
}
