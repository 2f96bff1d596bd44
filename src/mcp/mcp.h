/*
 * mcp/mcp.h - the Model Context Protocol without its transports: the bytes of
 * one message in, at most one answer out.
 *
 * All revisions from 2024-11-05 on are served side by side: each request says
 * itself by which it is to be read (mcp/revision.h).  What is offered (tools, prompts,
 * resources) is a catalogue (mcp/catalogue.h); mcp_portbook is the product's.
 *
 * A pipe (mcp/pipe.h) has one `struct mcp_link` as long as it is open.  HTTP has
 * a fresh one for each request, as it has no sessions:
 *
 *	struct mcp_link link = { .transport = MCP_HTTP, .headers = {...}, .send = ... };
 *	struct mcp_reply reply = { 0 };
 *
 *	if (!mcp_handle(mcp, &link, body, len, &reply, &err))
 *		500, as there is no memory
 *	reply.text.len == 0:  reply.http_status (202) without a body
 *	reply.subscription:   200, text/event-stream: `send` has had the first message;
 *	                      keep the stream, the link and the subscription, and call
 *	                      mcp_tell with what changes until the client goes
 *	reply.asks:           200, text/event-stream: send what `asking` has, and handle the
 *	                      same bytes again when it is answered
 *	else:                 reply.http_status (200, 400, 404) with the text as body;
 *	                      where `send` was called before, as the stream's last event
 *	mcp_reply_release(&reply); mcp_link_release(&link);
 *
 * GET and DELETE are 405, also for the revisions that allow more.
 */
#ifndef MCP_MCP_H
#define MCP_MCP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/json.h"
#include "base/text.h"
#include "operations/io.h"

/*
 * Rationale: `content` of import-ports, escaped, is the longest that anyone sends;
 * HTTP may set a lower limit of its own.
 */
#define MCP_MESSAGE_MAX (16u << 20)

/* How an operation is called: session_call_with, a queue of writers, another portbook. */
struct mcp_book {
	/* As session_call_with, whose contract it has. */
	bool (*call)(void *arg, const char *operation, const json_t *input,
		     const struct call_io *io, json_t **ret, struct err *err);
	void *arg;
};

struct mcp_catalogue;
extern const struct mcp_catalogue mcp_portbook;

/* What all links of one thread share.  It belongs to that thread, as its session does. */
struct mcp;

/* `book` is copied; what it points to outlives it.  NULL: no memory. */
MUST_CHECK struct mcp *mcp_new(const struct mcp_catalogue *catalogue, const struct mcp_book *book);

/* NULL is fine. */
void mcp_free(struct mcp *m);

enum mcp_transport { MCP_STDIO, MCP_HTTP };

/* What the headers of an HTTP request say, as they came; NULL: it is not there. */
struct mcp_headers {
	const char *version; /* MCP-Protocol-Version */
	const char *method;  /* Mcp-Method */
	const char *name;    /* Mcp-Name */
};

/*
 * What a client is asked in the middle of its request, up to 2025-11-25 (mcp/asking.c).
 * Start from zeroes.
 */
struct mcp_asking {
	json_t *asked;	   /* by a name: method and params of a request; NULL: nothing */
	json_t *responses; /* by the same: the client's result; null: it gave none.  NULL: not asked */
	json_t *state;	   /* requestState, which comes back; NULL: none */
	unsigned rounds; /* how often it was asked */
};

/* For CLEANUP. */
void mcp_asking_release(struct mcp_asking *a);

/* The other side.  Start from zeroes. */
struct mcp_link {
	/* Given by the transport. */
	enum mcp_transport transport;
	struct mcp_headers headers; /* MCP_HTTP */
	const char *directory;	    /* `path` of calls that name none; NULL: there is none */
	const char *environment;    /* of calls that name none; NULL: the policy's default */
	const char *host;	    /* of calls that name none; NULL: the session's */

	/*
	 * Send a message that is no answer (progress, a change): one line of JSON.
	 * NULL: nothing can be sent but the answer, and then such messages are left out.
	 * Errors: ERR_IO  nobody reads any more
	 */
	bool (*send)(struct mcp_link *l, const char *text, size_t len, struct err *err);

	/* What was sent is of use now, as the answer may take its time. NULL: it goes out anyway. */
	void (*hurry)(struct mcp_link *l);

	/* Does nobody want the answer any more?  NULL: always somebody does. */
	bool (*is_cancelled)(struct mcp_link *l);

	/* The client calls off the request with this id, which it does not wait for. NULL: nothing. */
	void (*cancel)(struct mcp_link *l, const json_t *id);

	/*
	 * Ask the client and wait for its result, which the caller gives back.
	 * NULL: it cannot be asked here.  Errors: ERR_NOT_FOUND  it did not answer so.
	 */
	bool (*ask)(struct mcp_link *l, const char *method, const json_t *params, json_t **ret,
		    struct err *err);

	/*
	 * Where it is asked by the answer to this (reply.asks), and answers by other messages:
	 * the same as long as one message is handled.  NULL: it cannot be asked so.
	 */
	struct mcp_asking *asking;

	/* The client answers something that it was asked.  NULL: the transport looks for those. */
	void (*respond)(struct mcp_link *l, const json_t *message);

	/* What the protocol remembers of this link; private. */
	struct {
		const char *version;  /* of `initialize`; NULL: there was none */
		json_t *capabilities; /* the client's, of `initialize` */
		char *root;	      /* the client's first folder; NULL: not known */
		bool knows_root;      /* it was asked */
		int log_level;	      /* of logging/setLevel, plus 1; 0: none */
		bool has_resources;   /* it was told which there are */
		json_t *watched;      /* resources/subscribe: an array of URIs */
	} own;
};

/* Frees what the link remembers, not the link. */
void mcp_link_release(struct mcp_link *l);

/* Lists of which a client may be told that they are others now. */
#define MCP_LIST_TOOLS	   1u
#define MCP_LIST_PROMPTS   2u
#define MCP_LIST_RESOURCES 4u

/* What a client wants to be told of, by subscriptions/listen. */
struct mcp_subscription {
	json_t *id;	/* of its request */
	json_t *uris;	/* resources: an array */
	unsigned lists; /* MCP_LIST_... */
};

struct mcp_reply {
	struct text text;		       /* one line of JSON; empty: nothing is to be sent */
	unsigned http_status;		       /* 200, 202, 400, 404 */
	bool is_cancelled;		       /* it was called off, so there is no answer */
	bool asks;			       /* no answer yet: see link.asking */
	struct mcp_subscription *subscription; /* the caller's; NULL: none */
};

/* For CLEANUP. */
void mcp_reply_release(struct mcp_reply *r);
/* NULL is fine. */
void mcp_subscription_free(struct mcp_subscription *s);

/*
 * Handle one message, whatever the bytes are.
 * Errors: ERR_MEMORY.  What is wrong with the message is an answer.
 */
MUST_CHECK bool mcp_handle(struct mcp *m, struct mcp_link *link, const char *bytes, size_t len,
			   struct mcp_reply *ret, struct err *err);

/*
 * Say what has changed: `events` as the operation `history` tells them.  What a
 * link was promised goes out by its `send`; without a subscription that is what
 * the revisions up to 2025-11-25 tell a link that stays.
 * Errors: ERR_MEMORY; those of `send`
 */
MUST_CHECK bool mcp_tell(const struct mcp *m, struct mcp_link *link,
			 const struct mcp_subscription *s, const json_t *events, struct err *err);

/* Say that lists (MCP_LIST_...) are others now, where that was promised. */
MUST_CHECK bool mcp_tell_lists(struct mcp_link *link, const struct mcp_subscription *s,
			       unsigned lists, struct err *err);

/*
 * Lists (MCP_LIST_...) that a tool has changed since this was asked last: to be told
 * to all links and subscriptions of this `m`.  The product's never change so.
 */
unsigned mcp_take_changed_lists(struct mcp *m);

/* Is there anything that this link, or a subscription, could be told? */
bool mcp_wants_changes(const struct mcp_link *link);

/* The last answer to subscriptions/listen, where the server ends it: one line of JSON. */
MUST_CHECK bool mcp_subscription_end(const struct mcp *m, const struct mcp_subscription *s,
				     struct text *ret, struct err *err);

#endif
