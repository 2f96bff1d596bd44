/*
 * Whatever a client sends: at most one answer, which is JSON of the form that the protocol has
 * for it, by HTTP with a status that fits.
 */
#include "fuzz.h"

#include "book/session.h"
#include "mcp/mcp.h"

static bool call_book(void *arg, const char *operation, const json_t *input,
		      const struct call_io *io, json_t **ret, struct err *err)
{
	return session_call_with(arg, operation, input, io, ret, err);
}

static bool take(struct mcp_link *l, const char *text, size_t len, struct err *err)
{
	CLEANUP(json_cleanup) json_t *message = NULL;

	(void)l;
	MUST(json_parse(text, len, &message, err));
	MUST(json_text_of(message, "method"));
	MUST(!memchr(text, '\n', len));
	return true;
}

static void check_answer(const json_t *answer)
{
	const json_t *error = json_object_get(answer, "error");

	MUST(json_object_get(answer, "id"));
	MUST(!strcmp(json_text_of(answer, "jsonrpc"), "2.0"));
	MUST(!error != !json_object_get(answer, "result"));
	MUST(!error || (json_int_of(error, "code", 0) < 0 && json_text_of(error, "message")));
}

static void check_reply(const struct mcp_reply *r)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	struct err err = { 0 };
	size_t i;
	json_t *one;

	MUST(r->http_status == 200 || r->http_status == 202 || r->http_status == 400 ||
	     r->http_status == 404);
	if (!r->text.len)
		return;
	MUST(json_parse(r->text.s, r->text.len, &answer, &err));
	MUST(!memchr(r->text.s, '\n', r->text.len));
	if (!json_is_array(answer))
		check_answer(answer);
	json_array_foreach(answer, i, one)
		check_answer(one);
}

static void handle(struct mcp *m, struct mcp_link *link, const char *text, size_t size)
{
	CLEANUP(mcp_reply_release) struct mcp_reply reply = { 0 };
	struct err err = { 0 };

	MUST(mcp_handle(m, link, text, size, &reply, &err));
	check_reply(&reply);
}

/* Each line is a message of one pipe; the first is a request of HTTP as well. */
static void fuzz_one(const char *text, size_t size)
{
	const struct session_options options = { .book = "memory:", .isolated = true };
	struct mcp_link pipe = { .transport = MCP_STDIO, .send = take };
	struct mcp_link http = { .transport = MCP_HTTP, .send = take };
	struct session *session = NULL;
	struct err err = { 0 };
	struct mcp *m;

	MUST(session_open(&options, &session, &err));
	m = mcp_new(&mcp_portbook, &(struct mcp_book){ call_book, session });
	MUST(m);
	http.headers.version = size % 2 ? "2026-07-28" : NULL;
	handle(m, &http, text, strcspn(text, "\n") < size ? strcspn(text, "\n") : size);
	for (const char *at = text, *end = text + size; at < end;) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *stop = newline ? newline : end;

		handle(m, &pipe, at, (size_t)(stop - at));
		at = stop + 1;
	}
	mcp_link_release(&pipe);
	mcp_link_release(&http);
	mcp_free(m);
	session_free(session);
}
