/*
 * http/agents.h - the Model Context Protocol at /mcp: a message in the body of a POST.
 *
 * The queue's thread handles the messages, as a tool may change the book.  What is
 * to be sent before the answer goes with it, to who accepts a stream of events; where it
 * tells how far a long call is, it goes at once, and the answer follows in the same stream.
 * Who listens to changes has one that stays.  Nothing is remembered between two requests, but
 * for as long as a client is asked something in the middle of one, what that is.
 */
#ifndef HTTP_AGENTS_H
#define HTTP_AGENTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "http/questions.h"
#include "http/request.h"
#include "mcp/mcp.h"
#include "operations/queue.h"

struct agents;

/*
 * Asks `to`, in the thread that does the work; `catalogue` NULL: portbook's.  `ring` is called in
 * that thread with `arg` when agents_take_hurry should be asked.
 * NULL: there is no memory.
 */
struct agents *agents_new(const struct mcp_catalogue *catalogue, const struct transport *to,
			  void (*ring)(void *arg), void *arg) MUST_CHECK;
/* NULL is fine. */
void agents_free(struct agents *a);

/* One message. */
struct agents_call {
	struct agents *agents;
	pthread_mutex_t lock; /* of `sent`, while the queue has it */
	atomic_bool is_left;  /* whoever asked has gone */
	bool is_live;	      /* the loop's: what is sent goes out as it comes */
	bool is_over;	      /* the loop's: all is sent */
	struct mcp_headers headers;
	const char *body;
	size_t len;
	bool takes_events; /* text/event-stream is accepted */
	struct text sent;  /* events before the answer */
	struct questions questions;
	json_t *heard;		/* what it answers to what the client was asked; NULL: nothing */
	unsigned changed_lists; /* MCP_LIST_...: what the message has changed */
	struct mcp_reply reply;
};

/* Of the request, which has to stay until the reply; NULL: there is no memory. */
struct agents_call *agents_begin(struct agents *a, const struct http_request *r) MUST_CHECK;

/* Handle it, for who asks `by`: in the queue's thread. */
bool agents_work(struct agents_call *c, const struct queued *by, struct err *err) MUST_CHECK;

/* `reads`: where a stream finds what has changed; NULL: nowhere. */
void agents_finish(struct agents_call *c, const struct transport *reads, struct http_reply *reply);

/* Where there is progress to tell since this was asked last: see agents_begin_live. */
bool agents_take_hurry(struct agents *a);

/*
 * While the queue has it: what was sent so far, and what will be, as a stream.  False: nothing
 * was sent, or it is one already, or there is no memory.
 */
bool agents_begin_live(struct agents_call *c, struct http_reply *reply) MUST_CHECK;

/* Instead of agents_finish, for one that is live: the answer, or `why` there is none. */
void agents_finish_live(struct agents_call *c, bool ok);

/*
 * Where the reply asks: put what is asked into the stream.  Until the answers are there it is the
 * loop's.  Errors: those of questions_send
 */
MUST_CHECK bool agents_ask(struct agents_call *c, struct err *err);

/* Is it an answer to something that this one asks?  Then it is taken. */
bool agents_answer(struct agents_call *c, const json_t *response);
bool agents_are_answered(const struct agents_call *c);

/* Before agents_work once more, with the answers that there are. */
void agents_prepare_again(struct agents_call *c);

/* NULL is fine. */
void agents_call_free(struct agents_call *c);

#endif
