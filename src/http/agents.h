/*
 * http/agents.h - the Model Context Protocol at /mcp: a message in the body of a POST.
 *
 * The queue's thread handles the messages, as a tool may change the book.  What is
 * to be sent before the answer goes with it, to who accepts a stream of events; who
 * listens to changes has one that stays.  Nothing is remembered between two requests.
 */
#ifndef HTTP_AGENTS_H
#define HTTP_AGENTS_H

#include "http/request.h"
#include "mcp/mcp.h"
#include "operations/queue.h"

struct agents;

/*
 * Asks `to`, in the thread that does the work; `catalogue` NULL: portbook's.
 * NULL: there is no memory.
 */
struct agents *agents_new(const struct mcp_catalogue *catalogue,
			  const struct transport *to) MUST_CHECK;
/* NULL is fine. */
void agents_free(struct agents *a);

/* One message. */
struct agents_call {
	struct agents *agents;
	struct mcp_headers headers;
	const char *body;
	size_t len;
	bool takes_events;	/* text/event-stream is accepted */
	struct text sent;	/* events before the answer */
	unsigned changed_lists; /* MCP_LIST_...: what the message has changed */
	struct mcp_reply reply;
};

/* Of the request, which has to stay until the reply; NULL: there is no memory. */
struct agents_call *agents_begin(struct agents *a, const struct http_request *r) MUST_CHECK;

/* Handle it, for who asks `by`: in the queue's thread. */
bool agents_work(struct agents_call *c, const struct queued *by, struct err *err) MUST_CHECK;

/* `reads`: where a stream finds what has changed; NULL: nowhere. */
void agents_finish(struct agents_call *c, const struct transport *reads, struct http_reply *reply);

/* NULL is fine. */
void agents_call_free(struct agents_call *c);

#endif
