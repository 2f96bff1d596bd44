/*
 * http/api.h - a request becomes a question to the book, and the answer a reply.
 *
 * Knows nothing of sockets: whoever carries requests admits them by their headers,
 * begins them when they are whole, and finishes those that had to wait.
 */
#ifndef HTTP_API_H
#define HTTP_API_H

#include "http/access.h"
#include "http/agents.h"
#include "http/guard.h"
#include "http/metrics.h"
#include "http/remembered.h"
#include "http/route.h"
#include "operations/queue.h"

/* Rationale: an operation's input is a few names and a text; a policy is below 100 kB. */
#define BODY_MAX (1u << 20)
/* Rationale: what `import` takes at most (docs/guide.md). */
#define LARGE_BODY_MAX (16u << 20)

struct api {
	struct guard guard;
	struct access_rules access;
	struct clients *clients;
	unsigned rate; /* see struct limits */
	/* Asks what changes nothing, in the thread that begins; NULL: the queue asks all. */
	const struct transport *reads;
	struct remembered *remembered; /* NULL: nothing is */
	struct metrics *metrics;
	struct agents *agents; /* of /mcp; the queue's thread has it */
	bool is_ending;	       /* for /readyz */
};

/* One request that is under way. */
struct api_call {
	struct queued queued; /* first: what is in the queue is a call */
	const struct route *route;
	const struct operation *op;
	const json_t *query; /* as it came; NULL: none */
	char if_none_match[64];
	const char *if_match;	      /* as it came; NULL: whatever the state is */
	const struct route *shown_by; /* with `if_match`: what shows the state */
	json_t *shown_input;
	bool is_other;		    /* it was not in that state */
	int64_t began_us;	    /* monotonic */
	struct agents_call *agents; /* of /mcp; NULL: it is an operation */
};

/*
 * By its headers; the body is not there yet.  `*ret_body_max` is what it may have, and r->caller
 * says who asks.
 * False: refused, and the reply says why.
 */
bool api_admit(struct api *api, struct http_request *r, size_t *ret_body_max,
	       struct http_reply *reply);

/* True: `call` has to be asked by the queue, and then finished.  False: the reply is there. */
bool api_begin(const struct api *api, const struct http_request *r, struct api_call *call,
	       struct http_reply *reply);

/* The reply to what the queue has answered. */
void api_finish(const struct api *api, struct api_call *call, struct http_reply *reply);

/* The body is longer than it may be. */
void api_refuse_large(struct http_reply *reply, size_t max);

void api_call_release(struct api_call *call);

#endif
