/*
 * lib/mcp.h - portbook's protocol over a book in memory, without a transport.
 */
#ifndef LIB_MCP_H
#define LIB_MCP_H

#include "lib/check.h"

#include <stdlib.h>

#include "book/session.h"
#include "mcp/mcp.h"

struct mcp_bench {
	struct mcp_link link; /* first: what `send` gets */
	struct session *session;
	struct mcp *mcp;
	struct text sent; /* notifications, a line each */
	struct mcp_reply reply;
	json_t *answer; /* the reply as JSON; NULL: there is none */
};

static inline bool bench_call(void *arg, const char *operation, const json_t *input,
			      const struct call_io *io, json_t **ret, struct err *err)
{
	return session_call_with(arg, operation, input, io, ret, err);
}

static inline bool bench_send(struct mcp_link *l, const char *text, size_t len, struct err *err)
{
	struct mcp_bench *b = (struct mcp_bench *)l;

	(void)err;
	text_add_bytes(&b->sent, text, len);
	text_add(&b->sent, "\n");
	return true;
}

static inline void bench_open(struct mcp_bench *b, enum mcp_transport transport)
{
	const struct session_options options = { .book = "memory:", .isolated = true };
	struct err err = { 0 };

	*b = (struct mcp_bench){ .link = { .transport = transport, .send = bench_send } };
	CHECK(session_open(&options, &b->session, &err), "%s", err.text);
	b->mcp = mcp_new(&mcp_portbook,
			 &(struct mcp_book){ .call = bench_call, .arg = b->session });
	CHECK(b->mcp);
}

static inline void bench_close(struct mcp_bench *b)
{
	json_decref(b->answer);
	mcp_reply_release(&b->reply);
	mcp_link_release(&b->link);
	text_release(&b->sent);
	mcp_free(b->mcp);
	session_free(b->session);
}

/* Give the bytes to the protocol: b->reply, b->answer. */
static inline void bench_bytes(struct mcp_bench *b, const char *bytes, size_t len)
{
	struct err err = { 0 };

	json_decref(b->answer);
	b->answer = NULL;
	mcp_reply_release(&b->reply);
	CHECK(mcp_handle(b->mcp, &b->link, bytes, len, &b->reply, &err), "%s", err.text);
	if (b->reply.text.len)
		CHECK(json_parse(b->reply.text.s, b->reply.text.len, &b->answer, &err), "%s",
		      err.text);
}

static inline void bench_text(struct mcp_bench *b, const char *message)
{
	bench_bytes(b, message, strlen(message));
}

/* Its error's code; 0: it has none. */
static inline int bench_code(const struct mcp_bench *b)
{
	return (int)json_int_of(json_object_get(b->answer, "error"), "code", 0);
}

static inline const json_t *bench_result(const struct mcp_bench *b)
{
	return json_object_get(b->answer, "result");
}

#define MODERN_META                                                              \
	"\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"," \
	"\"io.modelcontextprotocol/clientCapabilities\":{}}"

/* tools/call with these arguments; its structured answer, or NULL when it isError. */
static inline const json_t *bench_tool(struct mcp_bench *b, const char *name, const char *arguments)
{
	CLEANUP(text_release) struct text t = { 0 };

	text_addf(&t,
		  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":"
		  "\"%s\",\"arguments\":%s}}",
		  name, arguments);
	bench_text(b, text_str(&t));
	return json_object_get(bench_result(b), "structuredContent");
}

/* The text of a tool's result. */
static inline const char *bench_said(const struct mcp_bench *b)
{
	const json_t *content = json_object_get(bench_result(b), "content");

	return json_text_of(json_array_get(content, 0), "text");
}

#endif
