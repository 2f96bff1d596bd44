#include "http/agents.h"

#include <stdlib.h>
#include <string.h>

#include "http/events.h"
#include "http/problem.h"

struct agents {
	struct mcp *mcp;
	const struct transport *to;
	const struct queued *by; /* who sent the message at hand */
	void (*ring)(void *arg);
	void *arg;
	atomic_bool hurries;
};

/* What a tool asks is asked by who sent the message. */
static bool call_book(void *arg, const char *operation, const json_t *input,
		      const struct call_io *io, json_t **ret, struct err *err)
{
	const struct agents *a = arg;
	struct call_io own = *io;

	own.actor = a->by->actor;
	own.rights = a->by->rights;
	return a->to->call(a->to->arg, operation, input, &own, ret, err);
}

struct agents *agents_new(const struct mcp_catalogue *catalogue, const struct transport *to,
			  void (*ring)(void *arg), void *arg)
{
	struct agents *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->to = to;
	a->ring = ring;
	a->arg = arg;
	a->mcp = mcp_new(catalogue ? catalogue : &mcp_portbook, &(struct mcp_book){ call_book, a });
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

/* A call that is left in the middle goes on, and its connection's headers do not. */
static bool keep_header(const struct http_request *r, enum http_header h, const char **ret)
{
	const char *value = r->headers->value[h];

	*ret = value ? arena_copy(r->arena, value) : NULL;
	return *ret || !value;
}

static bool keep_headers(const struct http_request *r, struct mcp_headers *ret)
{
	return keep_header(r, HEADER_MCP_VERSION, &ret->version) &&
	       keep_header(r, HEADER_MCP_METHOD, &ret->method) &&
	       keep_header(r, HEADER_MCP_NAME, &ret->name);
}

struct agents_call *agents_begin(struct agents *a, const struct http_request *r)
{
	const char *accept = r->headers->value[HEADER_ACCEPT];
	struct agents_call *c = calloc(1, sizeof(*c));

	if (!c || !keep_headers(r, &c->headers)) {
		free(c);
		return NULL;
	}
	pthread_mutex_init(&c->lock, NULL);
	c->agents = a;
	c->takes_events = accept && strstr(accept, "text/event-stream");
	c->body = r->body;
	c->len = r->body_len;
	return c;
}

/* The link of one request: what is sent is kept until the answer. */
struct agents_link {
	struct mcp_link link; /* first: what `send` gets */
	struct text *sent;
	struct agents_call *call; /* NULL: it is no call */
};

static bool keep(struct mcp_link *l, const char *text, size_t len, struct err *err)
{
	struct text *sent = ((struct agents_link *)l)->sent;

	stream_add_message(sent, text, len);
	return text_ok(sent) || fail_memory(err);
}

/* The loop may be taking what is there. */
static bool keep_for_loop(struct mcp_link *l, const char *text, size_t len, struct err *err)
{
	struct agents_call *c = ((struct agents_link *)l)->call;
	bool ok;

	pthread_mutex_lock(&c->lock);
	ok = keep(l, text, len, err);
	pthread_mutex_unlock(&c->lock);
	return ok;
}

static void hurry(struct mcp_link *l)
{
	struct agents *a = ((struct agents_link *)l)->call->agents;

	atomic_store(&a->hurries, true);
	a->ring(a->arg);
}

/* "closing the SSE response stream [...] as cancellation": to who has begun to read it. */
static bool is_left(struct mcp_link *l)
{
	return atomic_load(&((struct agents_link *)l)->call->is_left);
}

/* To something that was asked in the middle of another request. */
static void hear(struct mcp_link *l, const json_t *response)
{
	struct agents_call *c = ((struct agents_link *)l)->call;

	if (!c->heard)
		c->heard = json_array();
	/* What finds no memory is not answered. */
	(void)!json_append(c->heard, json_incref(json_walked(response)));
}

bool agents_work(struct agents_call *c, const struct queued *by, struct err *err)
{
	struct agents_link l = { .link = { .transport = MCP_HTTP,
					   .headers = c->headers,
					   .is_cancelled = is_left,
					   .respond = hear },
				 .sent = &c->sent,
				 .call = c };
	bool ok;

	if (c->takes_events) {
		l.link.send = keep_for_loop;
		l.link.hurry = hurry;
		l.link.asking = &c->questions.asking;
	}
	c->agents->by = by;
	ok = mcp_handle(c->agents->mcp, &l.link, c->body, c->len, &c->reply, err);
	mcp_link_release(&l.link);
	c->changed_lists = mcp_take_changed_lists(c->agents->mcp);
	return ok;
}

/* Listening. */

struct listening {
	const struct mcp *mcp; /* the loop's thread only tells with it */
	struct mcp_subscription *subscription;
};

static void listening_tell(struct stream *s, const json_t *events)
{
	const struct listening *l = s->arg;
	struct agents_link link = { .link = { .transport = MCP_HTTP, .send = keep },
				    .sent = &s->pending };

	/* What finds no memory is not in `pending`, which says so. */
	(void)!mcp_tell(l->mcp, &link.link, l->subscription, events, NULL);
}

static void listening_tell_lists(struct stream *s, unsigned lists)
{
	const struct listening *l = s->arg;
	struct agents_link link = { .link = { .transport = MCP_HTTP, .send = keep },
				    .sent = &s->pending };

	(void)!mcp_tell_lists(&link.link, l->subscription, lists, NULL);
}

static void listening_last(struct stream *s)
{
	const struct listening *l = s->arg;
	CLEANUP(text_release) struct text said = { 0 };

	if (mcp_subscription_end(l->mcp, l->subscription, &said, NULL))
		stream_add_message(&s->pending, said.s, said.len);
}

static void listening_free(void *arg)
{
	struct listening *l = arg;

	mcp_subscription_free(l->subscription);
	free(l);
}

static const struct stream_words listening_words = {
	.tell = listening_tell,
	.tell_lists = listening_tell_lists,
	.last = listening_last,
	.free = listening_free,
};

/* False: there is no memory. */
static bool listen(struct agents_call *c, const struct transport *reads, struct http_reply *reply)
{
	struct listening *l = calloc(1, sizeof(*l));

	if (!l)
		return false;
	*l = (struct listening){ c->agents->mcp, c->reply.subscription };
	c->reply.subscription = NULL;
	reply->stream = stream_with(reads, &listening_words, l, &c->sent);
	return reply->stream;
}

/* Telling how far it is. */

static bool live_pull(struct stream *s)
{
	struct agents_call *c = s->arg;

	pthread_mutex_lock(&c->lock);
	text_add_bytes(&s->pending, text_str(&c->sent), c->sent.len);
	text_clear(&c->sent);
	pthread_mutex_unlock(&c->lock);
	return !c->is_over;
}

/* The call is the exchange's. */
static void live_free(void *arg)
{
	(void)arg;
}

static const struct stream_words live_words = { .pull = live_pull, .free = live_free };

bool agents_take_hurry(struct agents *a)
{
	return atomic_exchange(&a->hurries, false);
}

bool agents_begin_live(struct agents_call *c, struct http_reply *reply)
{
	static const struct text nothing = { 0 };
	bool has_sent;

	pthread_mutex_lock(&c->lock);
	has_sent = c->sent.len > 0;
	pthread_mutex_unlock(&c->lock);
	if (c->is_live || !has_sent)
		return false;
	reply->stream = stream_with(NULL, &live_words, c, &nothing);
	c->is_live = reply->stream;
	reply->status = 200;
	reply->type = "text/event-stream";
	return c->is_live;
}

/* Without an answer, for want of memory, the stream ends, and the client asks again. */
void agents_finish_live(struct agents_call *c, bool ok)
{
	if (ok && c->reply.text.len)
		stream_add_message(&c->sent, c->reply.text.s, c->reply.text.len);
	c->is_over = true;
}

/* Asking. */

bool agents_ask(struct agents_call *c, struct err *err)
{
	bool ok;

	pthread_mutex_lock(&c->lock);
	ok = questions_send(&c->questions, &c->sent, err);
	pthread_mutex_unlock(&c->lock);
	return ok;
}

bool agents_answer(struct agents_call *c, const json_t *response)
{
	return questions_take(&c->questions, response);
}

bool agents_are_answered(const struct agents_call *c)
{
	return questions_are_answered(&c->questions);
}

void agents_prepare_again(struct agents_call *c)
{
	questions_drop(&c->questions);
	mcp_reply_release(&c->reply);
}

/* Replying. */

static void reply_events(struct agents_call *c, struct http_reply *reply)
{
	reply->type = "text/event-stream";
	stream_add_message(&c->sent, c->reply.text.s, c->reply.text.len);
	text_add_bytes(&reply->body, text_str(&c->sent), c->sent.len);
}

static void reply_stream(struct agents_call *c, const struct transport *reads,
			 struct http_reply *reply)
{
	struct err err = { 0 };

	if (listen(c, reads, reply)) {
		reply->type = "text/event-stream";
		return;
	}
	fail_memory(&err);
	problem_reply(reply, &err, NULL);
}

void agents_finish(struct agents_call *c, const struct transport *reads, struct http_reply *reply)
{
	reply->status = c->reply.http_status;
	if (c->reply.subscription)
		reply_stream(c, reads, reply);
	else if (c->reply.text.len && c->sent.len)
		reply_events(c, reply);
	else if (c->reply.text.len) {
		reply->type = "application/json";
		text_add_bytes(&reply->body, text_str(&c->reply.text), c->reply.text.len);
	}
}

void agents_call_free(struct agents_call *c)
{
	if (!c)
		return;
	mcp_reply_release(&c->reply);
	text_release(&c->sent);
	questions_release(&c->questions);
	json_decref(c->heard);
	pthread_mutex_destroy(&c->lock);
	free(c);
}
