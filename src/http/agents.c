#include "http/agents.h"

#include <stdlib.h>

struct agents {
	struct mcp *mcp;
	const struct transport *to;
	const char *actor; /* of the message at hand */
};

/* What a tool asks is asked by who sent the message. */
static bool call_book(void *arg, const char *operation, const json_t *input,
		      const struct call_io *io, json_t **ret, struct err *err)
{
	const struct agents *a = arg;
	struct call_io own = *io;

	own.actor = a->actor;
	return a->to->call(a->to->arg, operation, input, &own, ret, err);
}

struct agents *agents_new(const struct transport *to)
{
	struct agents *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->to = to;
	a->mcp = mcp_new(&mcp_portbook, &(struct mcp_book){ call_book, a });
	if (a->mcp)
		return a;
	free(a);
	return NULL;
}

void agents_free(struct agents *a)
{
	if (!a)
		return;
	mcp_free(a->mcp);
	free(a);
}

struct agents_call *agents_begin(struct agents *a, const struct http_request *r)
{
	struct agents_call *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->agents = a;
	c->headers = (struct mcp_headers){
		.version = r->headers->value[HEADER_MCP_VERSION],
		.method = r->headers->value[HEADER_MCP_METHOD],
		.name = r->headers->value[HEADER_MCP_NAME],
	};
	c->body = r->body;
	c->len = r->body_len;
	return c;
}

bool agents_work(struct agents_call *c, const char *actor, struct err *err)
{
	struct mcp_link link = { .transport = MCP_HTTP, .headers = c->headers };
	bool ok;

	c->agents->actor = actor;
	ok = mcp_handle(c->agents->mcp, &link, c->body, c->len, &c->reply, err);
	mcp_link_release(&link);
	return ok;
}

void agents_finish(struct agents_call *c, struct http_reply *reply)
{
	reply->status = c->reply.http_status;
	if (!c->reply.text.len)
		return;
	reply->type = "application/json";
	text_add_bytes(&reply->body, text_str(&c->reply.text), c->reply.text.len);
}

void agents_call_free(struct agents_call *c)
{
	if (!c)
		return;
	mcp_reply_release(&c->reply);
	free(c);
}
