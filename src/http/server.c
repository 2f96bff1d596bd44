/*
 * http/server.c - waits for all that may happen, until it is told to end.
 *
 * libmicrohttpd neither listens nor waits here: our loop accepts, so that a socket may be of any
 * kind and the caller behind it is known, and watches the epoll file that libmicrohttpd has.
 * All of it happens in one thread, save what the queue does (exchanges.c).
 *
 * Syscalls: accept4, shutdown, close, clock_gettime
 */
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "http/serving.h"
#include "loop/loop.h"
#include "trust/certificate.h"

/* Rationale: as long as systemd waits before it kills is 90 s; an operation waits at most 30 s. */
#define ENDING_MAX_MS 40000
#define TICK_MS	      1000
/* Rationale: fair to those that are connected already. */
#define ACCEPT_AT_ONCE 64

/* The loop's files. */

static void on_bell(void *server, uint32_t events)
{
	struct server *s = server;
	struct queued *item, *next;

	bell_hear(s->bell);
	for (item = queue_take(s->queue); item; item = next) {
		struct exchange *x = (struct exchange *)item;

		next = item->next;
		if (chores_take(&s->chores, item)) {
			s->metrics.audited_ms = s->chores.audited_ms;
			continue;
		}
		if (x->call.agents && x->call.agents->changed_lists)
			streams_tell_lists(&s->streams, x->call.agents->changed_lists);
		exchange_answered(s, x);
	}
	if (agents_take_hurry(s->api.agents))
		exchanges_hurry(s);
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

static void accept_all(struct server *s, const struct listening *l)
{
	struct MHD_Daemon *daemon = l->is_far ? s->far->daemon : s->carriers[0].daemon;

	for (unsigned i = 0; i < ACCEPT_AT_ONCE; i++) {
		struct sockaddr_storage from = { 0 };
		socklen_t size = sizeof(from);
		int fd = accept4(l->fd, (struct sockaddr *)&from, &size,
				 SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0)
			return;
		/* It closes what it does not take. */
		(void)!MHD_add_connection(daemon, fd, (struct sockaddr *)&from, size);
	}
}

static void on_client(void *server, uint32_t events)
{
	struct server *s = server;

	for (unsigned i = 0; i < s->options->n_listening; i++)
		accept_all(s, &s->options->listening[i]);
}

static void on_tick(void *server, uint32_t events)
{
	struct server *s = server;
	int64_t now = clock_steady_ms();

	ticker_hear(s->ticker);
	connections_tick(s, now);
	exchanges_stop_asking(s, now);
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

/* What is under way is finished. */
static void begin_ending(struct server *s)
{
	if (!s->ends)
		s->ends_at_ms = clock_steady_ms() + ENDING_MAX_MS;
	s->ends = s->api.is_ending = true;
	if (s->is_accepting)
		stop_accepting(s);
	exchanges_stop_asking(s, 0);
	streams_end(&s->streams);
}

/* Without anything to read anew a terminal that is closed ends it, as it ends all of its programs. */
static bool can_renew(const struct server *s)
{
	return s->options->certificate || s->options->tokens;
}

static void say(void *server, const struct err *err)
{
	const struct server *s = server;

	if (s->options->say)
		s->options->say(s->options->say_arg, err);
}

/* Connections that began with the old one keep it; tokens are read anew whenever they change. */
static bool renew_certificate(struct server *s, struct err *err)
{
	const struct certificate *old = s->certificate ? s->certificate : s->options->certificate;
	struct certificate *new;
	struct carrier *far;

	if (!old)
		return true;
	if (!certificate_read_again(old, &new, err))
		return fail_while(err, "what was read before stays in use");
	if (!carrier_start(s, new, &far, err)) {
		certificate_free(new);
		return false;
	}
	s->far = far;
	certificate_free(s->certificate);
	s->certificate = new;
	return true;
}

static void renew(struct server *s)
{
	struct err err = { 0 };

	if (!renew_certificate(s, &err))
		say(s, &err);
}

static void on_signal(void *server, uint32_t events)
{
	struct server *s = server;
	int number;

	while ((number = signals_read(s->options->signals)) != 0)
		if (number == SIGHUP && can_renew(s))
			renew(s);
		else
			begin_ending(s);
}

static void on_partner(void *watched, uint32_t events)
{
	const struct watched *w = watched;

	loop_remove(w->server->loop, w->partner->fd);
	w->server->left_by = w->partner;
	begin_ending(w->server);
}

/* Beginning and end. */

static bool watch_book(struct server *s, struct err *err)
{
	return !s->options->watcher ||
	       loop_add(s->loop, s->options->watcher->fd, EPOLLIN, on_watch, s, err);
}

static bool watch_partners(struct server *s, struct err *err)
{
	for (unsigned i = 0; i < s->options->n_partners; i++) {
		struct watched *w = &s->watched[i];

		*w = (struct watched){ s, &s->options->partners[i] };
		if (!loop_add(s->loop, w->partner->fd, EPOLLIN, on_partner, w, err))
			return false;
	}
	return true;
}

static bool watch_files(struct server *s, struct err *err)
{
	for (unsigned i = 0; i < s->options->n_listening; i++)
		if (!loop_add(s->loop, s->options->listening[i].fd, EPOLLIN, on_client, s, err))
			return false;
	s->is_accepting = true;
	return watch_book(s, err) && watch_partners(s, err) &&
	       loop_add(s->loop, s->bell, EPOLLIN, on_bell, s, err) &&
	       loop_add(s->loop, s->ticker, EPOLLIN, on_tick, s, err) &&
	       loop_add(s->loop, s->options->signals, EPOLLIN, on_signal, s, err);
}

static bool start_carriers(struct server *s, struct err *err)
{
	struct carrier *near;

	return carrier_start(s, NULL, &near, err) &&
	       (!s->options->certificate ||
		carrier_start(s, s->options->certificate, &s->far, err));
}

static bool start(struct server *s, struct err *err)
{
	s->api.clients = clients_new();
	if (!s->api.clients)
		return fail_memory(err);
	/* Without memory for it, all are asked anew. */
	s->api.remembered = remembered_new();
	s->api.metrics = &s->metrics;
	s->api.agents = agents_new(s->options->catalogue, s->options->writes, ring, s);
	return (s->api.agents || fail_memory(err)) && bell_open(&s->bell, err) &&
	       ticker_open(TICK_MS, &s->ticker, err) && loop_open(&s->loop, err) &&
	       start_carriers(s, err) && watch_files(s, err) &&
	       queue_start(s->options->writes, ring, s, &s->queue, err);
}

static bool is_done(const struct server *s)
{
	return s->ends && (!s->under_way || clock_steady_ms() > s->ends_at_ms);
}

static bool serve(struct server *s, struct err *err)
{
	while (!is_done(s)) {
		if (!loop_wait(s->loop, carriers_wait_ms(s, TICK_MS), err))
			return false;
		carriers_run(s);
	}
	return true;
}

/*
 * What the queue has is answered, so that no connection is suspended when they are closed.  With
 * the last replies goes what has come meanwhile, on connections that were idle: see refuse_late.
 */
static void stop(struct server *s)
{
	if (s->is_accepting)
		stop_accepting(s);
	if (s->queue) {
		exchanges_stop_asking(s, INT64_MAX);
		queue_finish(s->queue);
		s->is_over = true;
		on_bell(s, 0);
		streams_end(&s->streams);
		carriers_run(s);
		queue_free(s->queue);
	}
	carriers_stop(s);
	agents_free(s->api.agents);
	clients_free(s->api.clients);
	remembered_free(s->api.remembered);
	certificate_free(s->certificate);
	loop_free(s->loop);
	fd_cleanup(&s->bell);
	fd_cleanup(&s->ticker);
}

static struct limits limits_of(const struct limits *told)
{
	struct limits l = *told;

	l.all = l.all ? l.all : LIMIT_ALL;
	l.header_ms = l.header_ms ? l.header_ms : LIMIT_HEADER_MS;
	l.body_ms = l.body_ms ? l.body_ms : LIMIT_BODY_MS;
	l.answer_ms = l.answer_ms ? l.answer_ms : LIMIT_ANSWER_MS;
	return l;
}

static bool is_certified(const void *server, const char *name)
{
	const struct server *s = server;
	const struct certificate *c = s->certificate ? s->certificate : s->options->certificate;

	return c && certificate_names(c, name);
}

bool server_run(const struct server_options *options, struct err *err)
{
	struct server s = {
		.options = options,
		.bell = -1,
		.ticker = -1,
		.chores = {
			.every_ms = options->audit_every_ms,
			.reviews_cleanup = options->reviews_cleanup,
			.heard = {
				.tell = options->tell,
				.arg = options->tell_arg,
				.say = options->say,
				.say_arg = options->say_arg,
			},
		},
		.limits = limits_of(&options->limits),
		.api = {
			.guard = { .names = options->names, .is_certified = is_certified, .arg = &s },
			.access = {
				.tokens = options->tokens,
				.always = options->always_token,
				.complain = say,
				.arg = &s,
			},
			.rate = options->limits.rate,
			.reads = options->reads,
		},
	};
	bool ok = start(&s, err) && serve(&s, err);

	stop(&s);
	if (ok && s.left_by)
		return fail(err, ERR_IO, "%s has ended", s.left_by->what);
	return ok;
}
