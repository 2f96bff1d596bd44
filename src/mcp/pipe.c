/*
 * One message after the other: an operation is quick, and its session belongs to
 * one thread.  Only while a long one runs, or the client is asked something, what
 * comes in is looked at before its turn: for the end of that, and for the answer.
 */
#include "mcp/pipe.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "mcp/lines.h"
#include "mcp/watching.h"

/* Rationale: a client that has said it has roots tells them within a round trip. */
#define ASK_PATIENCE_MS 2000
/* Rationale: a change by another process is seen within a second. */
#define LOOK_EACH_MS 1000
/* Rationale: each is gone through for every change; a client has one, or one a window. */
#define SUBSCRIPTIONS_MAX 64

struct server {
	struct mcp_link link; /* first: what the link's functions get */
	struct mcp *mcp;
	const struct mcp_pipe *pipe;
	struct lines lines;
	struct watching watching;
	struct mcp_subscription *subscriptions[SUBSCRIPTIONS_MAX];
	unsigned n_subscriptions;
	const struct line *current; /* the message that is being answered */
	unsigned asked;		    /* how many requests of ours the client has had */
	struct err broken;	    /* why nothing can be written any more */
};

/* --- out */

static bool wait_writable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, -1) > 0 || errno == EINTR;
}

static bool write_all(int fd, const char *bytes, size_t len, struct err *err)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno != EINTR && !(errno == EAGAIN && wait_writable(fd)))
			return fail(err, ERR_IO, "cannot write to the client: %s", strerror(errno));
		bytes += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return true;
}

/* JSON without white space has no newline, so it is one line. */
static bool write_line(struct server *s, const char *text, size_t len, struct err *err)
{
	CLEANUP(text_release) struct text line = { 0 };

	text_add_bytes(&line, text, len);
	text_add(&line, "\n");
	if (!text_ok(&line))
		return fail_memory(err);
	if (!s->broken.code && !write_all(s->pipe->out, line.s, line.len, &s->broken))
		s->lines.has_ended = true;
	if (s->broken.code && err)
		*err = s->broken;
	return !s->broken.code;
}

static bool server_send(struct mcp_link *l, const char *text, size_t len, struct err *err)
{
	return write_line((struct server *)l, text, len, err);
}

/* --- in, before its turn */

/* The line as a message; NULL: it is none. */
static json_t *message_of(const struct line *line)
{
	struct err err = { 0 };
	json_t *message;

	return json_parse(line->bytes, line->len, &message, &err) ? message : NULL;
}

static bool mentions(const struct line *line, const char *word)
{
	return memmem(line->bytes, line->len, word, strlen(word)) != NULL;
}

static json_t *id_of_current(const struct server *s)
{
	CLEANUP(json_cleanup) json_t *message = s->current ? message_of(s->current) : NULL;

	return json_incref(json_object_get(message, "id"));
}

static bool cancels(const struct line *line, const json_t *id)
{
	CLEANUP(json_cleanup) json_t *message = NULL;
	const char *method;

	if (!mentions(line, "notifications/cancelled"))
		return false;
	message = message_of(line);
	method = json_text_of(message, "method");
	return method && !strcmp(method, "notifications/cancelled") &&
	       json_equal(json_object_get(json_object_get(message, "params"), "requestId"), id);
}

static void read_what_is_there(struct server *s)
{
	struct err err = { 0 };
	bool some;

	while (lines_read(&s->lines, 0, &some, &err) && some && !s->lines.has_ended)
		;
}

static bool server_is_cancelled(struct mcp_link *l)
{
	struct server *s = (struct server *)l;
	CLEANUP(json_cleanup) json_t *id = NULL;

	read_what_is_there(s);
	if (!s->lines.first)
		return s->broken.code;
	id = id_of_current(s);
	for (struct line *line = s->lines.first; line; line = line->next)
		if (cancels(line, id)) {
			lines_remove(&s->lines, line);
			free(line);
			return true;
		}
	return s->broken.code;
}

/* --- asking the client */

/* The answer to `id` among what has come; NULL: it has not. */
static json_t *take_response(struct server *s, const char *id)
{
	for (struct line *line = s->lines.first; line; line = line->next) {
		json_t *message = mentions(line, id) ? message_of(line) : NULL;
		const char *of = json_text_of(message, "id");

		if (of && !strcmp(of, id) && !json_object_get(message, "method")) {
			lines_remove(&s->lines, line);
			free(line);
			return message;
		}
		json_decref(message);
	}
	return NULL;
}

static bool wait_response(struct server *s, const char *id, json_t **ret, struct err *err)
{
	int64_t end = clock_steady_ms() + ASK_PATIENCE_MS, left = ASK_PATIENCE_MS;
	bool some;

	*ret = NULL;
	while (!*ret && left > 0 && !s->lines.has_ended) {
		if (!lines_read(&s->lines, (int)left, &some, err))
			return false;
		*ret = take_response(s, id);
		left = end - clock_steady_ms();
	}
	return *ret || fail(err, ERR_NOT_FOUND, "the client has not answered");
}

static bool send_request(struct server *s, const char *id, const char *method, const json_t *params,
			 struct err *err)
{
	CLEANUP(text_release) struct text t = { 0 };
	CLEANUP(json_cleanup)
	json_t *request = json_pack("{s:s, s:s, s:s, s:O*}", "jsonrpc", "2.0", "id", id, "method",
				    method, "params", params);

	if (!request)
		return fail_memory(err);
	text_add_json(&t, request, JSON_COMPACT);
	return text_ok(&t) ? write_line(s, text_str(&t), t.len, err) : fail_memory(err);
}

static bool server_ask(struct mcp_link *l, const char *method, const json_t *params, json_t **ret,
		       struct err *err)
{
	struct server *s = (struct server *)l;
	CLEANUP(json_cleanup) json_t *response = NULL;
	json_t *result;
	char id[32];

	snprintf(id, sizeof(id), "portbook-%u", ++s->asked);
	if (!send_request(s, id, method, params, err) || !wait_response(s, id, &response, err))
		return false;
	result = json_object_get(response, "result");
	if (!result)
		return fail(err, ERR_NOT_FOUND, "the client refuses %s", method);
	*ret = json_incref(result);
	return true;
}

/* --- subscriptions */

static void server_cancel(struct mcp_link *l, const json_t *id)
{
	struct server *s = (struct server *)l;

	for (unsigned i = 0; i < s->n_subscriptions; i++)
		if (json_equal(s->subscriptions[i]->id, id)) {
			mcp_subscription_free(s->subscriptions[i]);
			s->subscriptions[i] = s->subscriptions[--s->n_subscriptions];
			return;
		}
}

static bool end_subscription(struct server *s, struct mcp_subscription *one, struct err *err)
{
	CLEANUP(text_release) struct text t = { 0 };
	bool ok = mcp_subscription_end(s->mcp, one, &t, err) &&
		  write_line(s, text_str(&t), t.len, err);

	mcp_subscription_free(one);
	return ok;
}

/* The oldest ends where there are too many. */
static bool keep_subscription(struct server *s, struct mcp_reply *reply, struct err *err)
{
	struct mcp_subscription *one = reply->subscription, *oldest = NULL;

	reply->subscription = NULL;
	server_cancel(&s->link, one->id);
	if (s->n_subscriptions == SUBSCRIPTIONS_MAX) {
		oldest = s->subscriptions[0];
		s->subscriptions[0] = s->subscriptions[--s->n_subscriptions];
	}
	s->subscriptions[s->n_subscriptions++] = one;
	return !oldest || end_subscription(s, oldest, err);
}

static bool wants_changes(const struct server *s)
{
	return s->n_subscriptions || mcp_wants_changes(&s->link);
}

static bool tell_changes(struct server *s, struct err *err)
{
	CLEANUP(json_cleanup) json_t *events = NULL;

	if (!watching_look(&s->watching, s->mcp, &events, err))
		return false;
	if (!json_array_size(events))
		return true;
	for (unsigned i = 0; i < s->n_subscriptions; i++)
		if (!mcp_tell(s->mcp, &s->link, s->subscriptions[i], events, err))
			return false;
	return !mcp_wants_changes(&s->link) || mcp_tell(s->mcp, &s->link, NULL, events, err);
}

/* --- the loop */

static bool answer(struct server *s, const struct line *line, struct err *err)
{
	CLEANUP(mcp_reply_release) struct mcp_reply reply = { 0 };
	bool ok;

	s->current = line;
	/* More bytes than a message may have are refused for that. */
	ok = mcp_handle(s->mcp, &s->link, line->bytes,
			line->was_too_long ? MCP_MESSAGE_MAX + 1 : line->len, &reply, err);
	s->current = NULL;
	if (!ok)
		return false;
	if (reply.subscription)
		return keep_subscription(s, &reply, err);
	return !reply.text.len || write_line(s, text_str(&reply.text), reply.text.len, err);
}

static bool answer_all(struct server *s, struct err *err)
{
	struct line *line;
	bool ok = true;

	while (ok && (line = lines_take(&s->lines))) {
		ok = answer(s, line, err);
		free(line);
	}
	return ok;
}

static bool tell_lists(struct server *s, struct err *err)
{
	unsigned lists = mcp_take_changed_lists(s->mcp);

	for (unsigned i = 0; lists && i < s->n_subscriptions; i++)
		if (!mcp_tell_lists(&s->link, s->subscriptions[i], lists, err))
			return false;
	return !lists || !s->link.own.version || mcp_tell_lists(&s->link, NULL, lists, err);
}

static bool turn(struct server *s, struct err *err)
{
	bool watches = wants_changes(s), some;

	if (watches && !watching_begin(&s->watching, s->mcp, err))
		return false;
	if (!lines_read(&s->lines, watches ? LOOK_EACH_MS : -1, &some, err) ||
	    !answer_all(s, err) || !tell_lists(s, err))
		return false;
	return !watches || tell_changes(s, err);
}

static void server_release(struct server *s)
{
	for (unsigned i = 0; i < s->n_subscriptions; i++)
		mcp_subscription_free(s->subscriptions[i]);
	lines_release(&s->lines);
	mcp_link_release(&s->link);
}

bool mcp_serve_pipe(struct mcp *m, const struct mcp_pipe *pipe, struct err *err)
{
	CLEANUP(server_release)
	struct server s = {
		.link = {
			.transport = MCP_STDIO,
			.directory = pipe->directory,
			.environment = pipe->environment,
			.host = pipe->host,
			.send = server_send,
			.is_cancelled = server_is_cancelled,
			.cancel = server_cancel,
			.ask = server_ask,
		},
		.mcp = m,
		.pipe = pipe,
		.lines = { .fd = pipe->in, .longest = MCP_MESSAGE_MAX },
	};

	while (!s.lines.has_ended)
		if (!turn(&s, err))
			return false;
	return answer_all(&s, err);
}
