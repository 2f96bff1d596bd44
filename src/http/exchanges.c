/*
 * http/exchanges.c - libmicrohttpd carries bytes, api.c knows what they mean.
 *
 * A request that changes the book is suspended and goes into the queue; its connection is
 * resumed when the bell rings, and exchange_request called once more.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "http/problem.h"
#include "http/serving.h"

/* An exchange begins and ends. */

static void link_exchange(struct server *s, struct exchange *x)
{
	x->after = s->under_way;
	if (x->after)
		x->after->before = x;
	s->under_way = x;
}

static void unlink_exchange(struct server *s, struct exchange *x)
{
	if (x->before)
		x->before->after = x->after;
	else
		s->under_way = x->after;
	if (x->after)
		x->after->before = x->before;
}

static void exchange_free(struct exchange *x)
{
	api_call_release(&x->call);
	target_release(&x->target);
	http_reply_release(&x->reply);
	text_release(&x->body);
	arena_release(&x->arena);
	free(x->line);
	free(x);
}

/* As soon as the request line is there; NULL, which exchange_request sees: no memory. */
void *exchange_line(void *carrier, const char *uri, struct MHD_Connection *c)
{
	struct server *s = ((struct carrier *)carrier)->server;
	struct connection *of = connection_of(c);
	struct exchange *x = of ? calloc(1, sizeof(*x)) : NULL;

	if (!x)
		return NULL;
	of->exchange = x;
	x->connection = c;
	x->line = strdup(uri);
	x->since_ms = clock_steady_ms();
	link_exchange(s, x);
	return x;
}

void exchange_completed(void *carrier, struct MHD_Connection *c, void **context,
			enum MHD_RequestTerminationCode why)
{
	struct exchange *x = *context;
	struct connection *of = connection_of(c);

	if (!x)
		return;
	if (of) {
		of->exchange = NULL;
		of->since_ms = clock_steady_ms();
	}
	unlink_exchange(((struct carrier *)carrier)->server, x);
	*context = NULL;
	/* Of a call that tells how far it is: the queue gives it back, and then it goes. */
	x->is_left = x->is_queued;
	if (!x->is_left)
		exchange_free(x);
	else if (x->call.agents)
		atomic_store(&x->call.agents->is_left, true);
}

void exchange_answered(struct server *s, struct exchange *x)
{
	struct agents_call *agents = x->call.agents;

	x->is_queued = false;
	exchanges_hear(s, x);
	if (x->is_left) {
		exchange_free(x);
	} else if (exchange_asks(s, x)) {
		return;
	} else if (agents && agents->is_live) {
		agents_finish_live(agents, x->call.queued.ok);
	} else {
		api_finish(&s->api, &x->call, &x->reply);
		MHD_resume_connection(x->connection);
	}
}

void exchanges_hurry(struct server *s)
{
	for (struct exchange *x = s->under_way; x; x = x->after)
		if (x->is_queued && x->call.agents && agents_begin_live(x->call.agents, &x->reply))
			MHD_resume_connection(x->connection);
}

/* Its reply. */

static bool add_fields(struct MHD_Response *response, const struct http_reply *r)
{
	bool ok = !r->type || MHD_add_response_header(response, "Content-Type", r->type);

	for (unsigned i = 0; i < r->n_fields && ok; i++)
		ok = MHD_add_response_header(response, r->fields[i].name, r->fields[i].value);
	/* What is in a book is nobody's to keep, and to be shown by no page of others. */
	return ok && MHD_add_response_header(response, "Cache-Control", "no-store") &&
	       MHD_add_response_header(response, "X-Content-Type-Options", "nosniff") &&
	       MHD_add_response_header(response, "Cross-Origin-Resource-Policy", "same-origin");
}

static struct MHD_Response *response_of(struct server *s, struct exchange *x)
{
	struct http_reply *r = &x->reply;
	struct stream *stream = r->stream;
	size_t len = r->body.len;
	struct MHD_Response *response;
	char *bytes;

	x->state = stream ? EXCHANGE_STREAMING : EXCHANGE_REPLIED;
	r->stream = NULL;
	if (stream)
		return streams_add(&s->streams, stream, x->connection);
	bytes = text_take(&r->body);
	response = MHD_create_response_from_buffer(bytes ? len : 0, bytes, MHD_RESPMEM_MUST_FREE);
	if (!response)
		free(bytes);
	return response;
}

static enum MHD_Result give_reply(struct server *s, struct exchange *x)
{
	struct http_reply *r = &x->reply;
	struct MHD_Response *response = response_of(s, x);
	enum MHD_Result ok;

	x->has_reply = false;
	x->since_ms = clock_steady_ms();
	if (!response)
		return MHD_NO;
	metrics_note_reply(&s->metrics, r->status);
	ok = add_fields(response, r) &&
			     (!s->ends || MHD_add_response_header(response, "Connection", "close"))
		     ? MHD_queue_response(x->connection, r->status, response)
		     : MHD_NO;
	MHD_destroy_response(response);
	return ok;
}

/* A request. */

static enum MHD_Result note_header(void *headers, enum MHD_ValueKind kind, const char *name,
				   const char *value)
{
	http_headers_add(headers, name, value ? value : "");
	return MHD_YES;
}

static void refuse_target(struct exchange *x, const struct err *err)
{
	problem_reply_as(&x->reply, 400, err);
}

/* The headers are there. */
static enum MHD_Result begin(struct server *s, struct exchange *x, const char *method)
{
	struct err err = { 0 };

	MHD_get_connection_values(x->connection, MHD_HEADER_KIND, note_header, &x->headers);
	x->request = (struct http_request){
		.method = http_method_of(method),
		.line = x->line,
		.target = &x->target,
		.headers = &x->headers,
		.peer = &connection_of(x->connection)->peer,
		.arena = &x->arena,
		.now_ms = clock_steady_ms(),
	};
	x->state = EXCHANGE_TAKING;
	if (!x->line)
		return MHD_NO;
	if (!target_parse(x->line, &x->arena, &x->target, &err))
		refuse_target(x, &err);
	else if (api_admit(&s->api, &x->request, &x->body_max, &x->reply))
		return MHD_YES;
	/*
	 * A reply before the body has come closes the connection, and the client may then not
	 * read it: only where nobody can say where the body ends.
	 */
	x->is_refused = x->reply.status != 400;
	return x->is_refused ? MHD_YES : give_reply(s, x);
}

static enum MHD_Result take(struct exchange *x, const char *bytes, size_t *len)
{
	x->passed += *len;
	if (x->is_refused || x->passed > x->body_max)
		x->has_reply = true;
	else
		text_add_bytes(&x->body, bytes, *len);
	*len = 0;
	return text_ok(&x->body) && x->passed <= PASSED_MAX ? MHD_YES : MHD_NO;
}

/*
 * Nobody would answer it any more, and libmicrohttpd aborts where it is stopped with a connection
 * that is suspended.  Who asks can be sure that nothing has happened.
 */
static enum MHD_Result refuse_late(struct server *s, struct exchange *x)
{
	x->call.queued.ok = fail(&x->call.queued.err, ERR_INTERRUPTED, "the server ends");
	api_finish(&s->api, &x->call, &x->reply);
	return give_reply(s, x);
}

static enum MHD_Result end(struct server *s, struct exchange *x)
{
	x->request.body = text_str(&x->body);
	x->request.body_len = x->body.len;
	if (!api_begin(&s->api, &x->request, &x->call, &x->reply))
		return give_reply(s, x);
	if (s->is_over)
		return refuse_late(s, x);
	x->state = EXCHANGE_WAITING;
	x->is_queued = true;
	MHD_suspend_connection(x->connection);
	queue_push(s->queue, &x->call.queued);
	return MHD_YES;
}

enum MHD_Result exchange_request(void *carrier, struct MHD_Connection *c, const char *url,
				 const char *method, const char *version, const char *bytes,
				 size_t *len, void **context)
{
	struct server *s = ((struct carrier *)carrier)->server;
	struct exchange *x = *context;

	if (!x)
		return MHD_NO;
	if (x->state == EXCHANGE_NEW)
		return begin(s, x, method);
	if (x->state == EXCHANGE_WAITING)
		return give_reply(s, x);
	if (*len)
		return take(x, bytes, len);
	if (x->is_refused)
		return give_reply(s, x);
	if (x->has_reply) {
		api_refuse_large(&x->reply, x->body_max);
		return give_reply(s, x);
	}
	return end(s, x);
}
