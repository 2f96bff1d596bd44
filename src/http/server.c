/*
 * http/server.c - waits for all that may happen, until it is told to end.
 *
 * libmicrohttpd neither listens nor waits here: our loop accepts, so that a socket may be of any
 * kind and the caller behind it is known, and watches the epoll file that libmicrohttpd has.
 * All of it happens in one thread, save what the queue does (exchanges.c).
 *
 * Syscalls: accept4, shutdown, close, clock_gettime
 */
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "http/serving.h"
#include "loop/loop.h"

/* Rationale: what takes the longest is a body of 16 MB over a bad line; the book has its own 30 s. */
#define EXCHANGE_MAX_MS 120000
/* Rationale: as long as systemd waits before it kills is 90 s; an operation waits at most 30 s. */
#define ENDING_MAX_MS 40000
#define TICK_MS	      1000
/* Rationale: fair to those that are connected already. */
#define ACCEPT_AT_ONCE 64

int64_t monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
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

static void on_watch(void *server, uint32_t events)
{
	struct server *s = server;

	if (watcher_hear(s->options->watcher))
		streams_look(&s->streams, s->options->reads);
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
			shutdown(connection_fd(x->connection), SHUT_RDWR);
	if (!s->ends)
		chores_tick(&s->chores, now, s->queue);
	/* It may have lost what it watches. */
	if (s->options->watcher)
		(void)watcher_hear(s->options->watcher);
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

static bool watch_book(struct server *s, struct err *err)
{
	return !s->options->watcher ||
	       loop_add(s->loop, s->options->watcher->fd, EPOLLIN, on_watch, s, err);
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
	       watch_book(s, err) && loop_add(s->loop, s->bell, EPOLLIN, on_bell, s, err) &&
	       loop_add(s->loop, s->ticker, EPOLLIN, on_tick, s, err) &&
	       loop_add(s->loop, s->options->signals, EPOLLIN, on_signal, s, err);
}

static bool start(struct server *s, struct err *err)
{
	s->api.metrics = &s->metrics;
	s->api.agents = agents_new(s->options->catalogue, s->options->writes);
	return (s->api.agents || fail_memory(err)) && bell_open(&s->bell, err) &&
	       ticker_open(TICK_MS, &s->ticker, err) && loop_open(&s->loop, err) &&
	       carrier_start(s, &s->daemon, err) && watch_files(s, err) &&
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
