/*
 * http/server.c - libmicrohttpd carries bytes, api.c knows what they mean.
 *
 * libmicrohttpd neither listens nor waits here: our loop accepts, so that a socket may be of any
 * kind and the caller behind it is known, and watches the epoll file that libmicrohttpd has.
 * All of it happens in one thread.  A request that changes the book is suspended, goes into the
 * queue, and its connection is resumed when the bell rings.
 *
 * libmicrohttpd 0.9.75 takes more than it should: two Hosts, both lengths.  guard.c refuses what
 * can be seen of that.
 *
 * Syscalls: accept4, getsockopt, shutdown, close, clock_gettime
 */
#include "http/server.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "http/chores.h"
#include "http/exchange.h"
#include "http/problem.h"
#include "http/streams.h"
#include "loop/loop.h"

/* Rationale: with 4 kB each, 10,000 connections that wait are below 100 MB. */
#define CONNECTION_MEMORY 4096
#define CONNECTION_MOST	  10240
/* Rationale: beside connections: the book, its log and queue, listening sockets, standard files. */
#define FILES_BESIDE 64
/* Rationale: a client that is there says something within half a minute. */
#define IDLE_MAX_S 30
/* Rationale: what takes the longest is a body of 16 MB over a bad line; the book has its own 30 s. */
#define EXCHANGE_MAX_MS 120000
/* Rationale: as long as systemd waits before it kills is 90 s; an operation waits at most 30 s. */
#define ENDING_MAX_MS 40000
/* Rationale: a body that is refused is let pass, but not without end. */
#define PASSED_MAX ((size_t)2 * LARGE_BODY_MAX)
#define TICK_MS	   1000
/* Rationale: fair to those that are connected already. */
#define ACCEPT_AT_ONCE 64

struct server {
	struct MHD_Daemon *daemon;
	struct loop *loop;
	struct queue *queue;
	struct api api;
	const struct server_options *options;
	int bell, ticker;
	struct exchange *under_way;
	struct streams streams;
	struct metrics metrics;
	struct chores chores;
	bool is_accepting;
	bool ends;
	int64_t ends_at_ms;
};

static int64_t monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

/* Who is at the other end. */

static void name_peer(int fd, struct http_peer *ret)
{
	struct ucred who;
	socklen_t size = sizeof(who);
	union {
		struct sockaddr any;
		struct sockaddr_storage room;
	} a = { 0 };
	socklen_t a_size = sizeof(a);

	/* Of the loopback anybody of this machine may be there, and the kernel does not say who. */
	snprintf(ret->name, sizeof(ret->name), "someone at 127.0.0.1");
	if (getsockname(fd, &a.any, &a_size) < 0 || a.any.sa_family != AF_UNIX)
		return;
	ret->is_unix = true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0)
		return;
	ret->uid = who.uid;
	if (!user_name(who.uid, ret->name))
		snprintf(ret->name, sizeof(ret->name), "uid %u", (unsigned)who.uid);
}

static int fd_of(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		c, MHD_CONNECTION_INFO_CONNECTION_FD);

	return info ? info->connect_fd : -1;
}

static void on_connection(void *server, struct MHD_Connection *c, void **socket_context,
			  enum MHD_ConnectionNotificationCode what)
{
	struct http_peer *peer;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		free(*socket_context);
		*socket_context = NULL;
		return;
	}
	peer = calloc(1, sizeof(*peer));
	if (peer)
		name_peer(fd_of(c), peer);
	*socket_context = peer;
}

static const struct http_peer *peer_of(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

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

/* As soon as the request line is there; NULL, which on_request sees: no memory. */
static void *on_line(void *server, const char *uri, struct MHD_Connection *c)
{
	struct server *s = server;
	struct exchange *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->connection = c;
	x->line = strdup(uri);
	x->since_ms = monotonic_ms();
	link_exchange(s, x);
	return x;
}

static void on_completed(void *server, struct MHD_Connection *c, void **context,
			 enum MHD_RequestTerminationCode why)
{
	struct exchange *x = *context;

	if (!x)
		return;
	unlink_exchange(server, x);
	exchange_free(x);
	*context = NULL;
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
		.target = &x->target,
		.headers = &x->headers,
		.peer = peer_of(x->connection),
	};
	x->state = EXCHANGE_TAKING;
	if (!x->line || !x->request.peer)
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

static enum MHD_Result end(struct server *s, struct exchange *x)
{
	x->request.body = text_str(&x->body);
	x->request.body_len = x->body.len;
	if (!api_begin(&s->api, &x->request, &x->call, &x->reply))
		return give_reply(s, x);
	x->state = EXCHANGE_WAITING;
	MHD_suspend_connection(x->connection);
	queue_push(s->queue, &x->call.queued);
	return MHD_YES;
}

static enum MHD_Result on_request(void *server, struct MHD_Connection *c, const char *url,
				  const char *method, const char *version, const char *bytes,
				  size_t *len, void **context)
{
	struct server *s = server;
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

/* The loop's files. */

static void on_bell(void *server, uint32_t events)
{
	struct server *s = server;
	struct queued *item, *next;

	bell_hear(s->bell);
	for (item = queue_take(s->queue); item; item = next) {
		struct exchange *x = (struct exchange *)item;

		next = item->next;
		if (chores_take(&s->chores, item))
			continue;
		api_finish(&s->api, &x->call, &x->reply);
		if (x->call.agents && x->call.agents->changed_lists)
			streams_tell_lists(&s->streams, x->call.agents->changed_lists);
		MHD_resume_connection(x->connection);
	}
	streams_wake(&s->streams);
}

static void ring(void *server)
{
	const struct server *s = server;

	bell_ring(s->bell);
}

static void on_daemon(void *server, uint32_t events)
{
	/* server_run lets it run each time that something was ready. */
}

static void accept_all(struct server *s, const struct listening *l)
{
	for (unsigned i = 0; i < ACCEPT_AT_ONCE; i++) {
		struct sockaddr_storage from = { 0 };
		socklen_t size = sizeof(from);
		int fd = accept4(l->fd, (struct sockaddr *)&from, &size,
				 SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0)
			return;
		/* It closes what it does not take. */
		(void)!MHD_add_connection(s->daemon, fd, (struct sockaddr *)&from, size);
	}
}

static void on_client(void *server, uint32_t events)
{
	struct server *s = server;

	for (unsigned i = 0; i < s->options->n_listening; i++)
		accept_all(s, &s->options->listening[i]);
}

/* Of the others we are the ones who take long. */
static bool may_take_too_long(const struct exchange *x)
{
	return x->state != EXCHANGE_WAITING && x->state != EXCHANGE_STREAMING;
}

/* Requests that take too long: their clients send, or read, a byte now and then. */
static void on_tick(void *server, uint32_t events)
{
	struct server *s = server;
	int64_t now = monotonic_ms();

	ticker_hear(s->ticker);
	for (struct exchange *x = s->under_way; x; x = x->after)
		if (may_take_too_long(x) && now - x->since_ms > EXCHANGE_MAX_MS)
			shutdown(fd_of(x->connection), SHUT_RDWR);
	if (!s->ends)
		chores_tick(&s->chores, now, s->queue);
	if (s->options->reads)
		streams_tick(&s->streams, s->options->reads);
}

static void stop_accepting(struct server *s)
{
	for (unsigned i = 0; i < s->options->n_listening; i++) {
		loop_remove(s->loop, s->options->listening[i].fd);
		listen_close(&s->options->listening[i]);
	}
	s->is_accepting = false;
}

static void on_signal(void *server, uint32_t events)
{
	struct server *s = server;

	while (signals_read(s->options->signals)) {
		if (!s->ends)
			s->ends_at_ms = monotonic_ms() + ENDING_MAX_MS;
		s->ends = s->api.is_ending = true;
	}
	if (s->is_accepting)
		stop_accepting(s);
	streams_end(&s->streams);
}

/* Beginning and end. */

/* As many files as the system lets us have, up to what we can use. */
static unsigned connections_most(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return CONNECTION_MOST;
	if (files.rlim_cur < CONNECTION_MOST + FILES_BESIDE) {
		files.rlim_cur = files.rlim_max < CONNECTION_MOST + FILES_BESIDE
					 ? files.rlim_max
					 : CONNECTION_MOST + FILES_BESIDE;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	if (files.rlim_cur <= FILES_BESIDE)
		return 1;
	return files.rlim_cur - FILES_BESIDE < CONNECTION_MOST
		       ? (unsigned)(files.rlim_cur - FILES_BESIDE)
		       : CONNECTION_MOST;
}

/* The target is decoded by target.c: "%2F" in a name is no slash. */
static size_t leave_as_it_is(void *server, struct MHD_Connection *c, char *text)
{
	return strlen(text);
}

static bool start_daemon(struct server *s, struct err *err)
{
	s->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC,
		0, NULL, NULL, on_request, s, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)CONNECTION_MEMORY, MHD_OPTION_CONNECTION_LIMIT, connections_most(),
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_MAX_S, MHD_OPTION_STRICT_FOR_CLIENT,
		1, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_NOTIFY_CONNECTION,
		on_connection, s, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
		MHD_OPTION_URI_LOG_CALLBACK, on_line, s, MHD_OPTION_UNESCAPE_CALLBACK,
		leave_as_it_is, s, MHD_OPTION_END);
	return s->daemon || fail(err, ERR_IO, "libmicrohttpd does not start");
}

static bool watch_files(struct server *s, struct err *err)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD);

	if (!info)
		return fail(err, ERR_IO, "libmicrohttpd has no epoll");
	for (unsigned i = 0; i < s->options->n_listening; i++)
		if (!loop_add(s->loop, s->options->listening[i].fd, EPOLLIN, on_client, s, err))
			return false;
	s->is_accepting = true;
	return loop_add(s->loop, info->epoll_fd, EPOLLIN, on_daemon, s, err) &&
	       loop_add(s->loop, s->bell, EPOLLIN, on_bell, s, err) &&
	       loop_add(s->loop, s->ticker, EPOLLIN, on_tick, s, err) &&
	       loop_add(s->loop, s->options->signals, EPOLLIN, on_signal, s, err);
}

static bool start(struct server *s, struct err *err)
{
	s->api.metrics = &s->metrics;
	s->api.agents = agents_new(s->options->catalogue, s->options->writes);
	return (s->api.agents || fail_memory(err)) && bell_open(&s->bell, err) &&
	       ticker_open(TICK_MS, &s->ticker, err) && loop_open(&s->loop, err) &&
	       start_daemon(s, err) && watch_files(s, err) &&
	       queue_start(s->options->writes, ring, s, &s->queue, err);
}

static bool is_done(const struct server *s)
{
	return s->ends && (!s->under_way || monotonic_ms() > s->ends_at_ms);
}

static bool serve(struct server *s, struct err *err)
{
	while (!is_done(s)) {
		MHD_UNSIGNED_LONG_LONG wait;
		int timeout = MHD_get_timeout(s->daemon, &wait) == MHD_YES && wait < TICK_MS
				      ? (int)wait
				      : TICK_MS;

		if (!loop_wait(s->loop, timeout, err))
			return false;
		MHD_run(s->daemon);
	}
	return true;
}

/* What the queue has is answered, so that no connection is suspended when they are closed. */
static void stop(struct server *s)
{
	if (s->is_accepting)
		stop_accepting(s);
	if (s->queue) {
		queue_finish(s->queue);
		on_bell(s, 0);
		streams_end(&s->streams);
		MHD_run(s->daemon);
		queue_free(s->queue);
	}
	if (s->daemon)
		MHD_stop_daemon(s->daemon);
	agents_free(s->api.agents);
	loop_free(s->loop);
	fd_cleanup(&s->bell);
	fd_cleanup(&s->ticker);
}

bool server_run(const struct server_options *options, struct err *err)
{
	struct server s = {
		.options = options,
		.bell = -1,
		.ticker = -1,
		.chores = { .every_ms = options->audit_every_ms },
		.api = { .guard.names = options->names, .reads = options->reads },
	};
	bool ok = start(&s, err) && serve(&s, err);

	stop(&s);
	return ok;
}
