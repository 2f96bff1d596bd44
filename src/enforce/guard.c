/*
 * One thread, which waits for who asks, for who reads the book, for time and for signals.  Once a
 * second it looks who has let go of a port; what is given to a `run` is looked at when that ends.
 *
 * Syscalls: socket, bind, listen, flock, open, unlink, prlimit64, those of loop/, and those of the
 *           files beside this one
 */
#include "enforce/guard_inside.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "enforce/guard_client.h"

/* Rationale: a look takes a thousandth of that with 10,000 ports. */
#define LOOK_EVERY_MS 1000

/* Rationale: the book's files, our own, and a connection of each `run`. */
#define FILES_KEPT 256

/* Of both protocols. */
#define PORTS_MAX (2UL * UINT16_MAX)

/* Rationale: everybody who starts something at once. */
#define BACKLOG 128

/* Limits. */

/* As many files as may be; how many of them may hold ports. */
static unsigned raise_limit(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return 0;
	files.rlim_cur = files.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &files) < 0 && getrlimit(RLIMIT_NOFILE, &files) < 0)
		return 0;
	if (files.rlim_cur > PORTS_MAX + FILES_KEPT)
		return PORTS_MAX;
	/* Where there are few, half of them. */
	return (unsigned)(files.rlim_cur > 2UL * FILES_KEPT ? files.rlim_cur - FILES_KEPT
							    : files.rlim_cur / 2);
}

/* The socket. */

/* A guard that runs is asked who it is; it may be gone by then. */
static bool fail_second(struct err *err)
{
	CLEANUP(json_cleanup) json_t *status = NULL;
	char since[17] = "?";

	if (!guard_status(&status, NULL))
		return fail(err, ERR_TAKEN, "another guard of this user runs here");
	snprintf(since, sizeof(since), "%.16s", json_text_of(status, "since"));
	since[10] = ' ';
	fail(err, ERR_TAKEN, "a guard of %s runs here already: pid %lld, since %s UTC",
	     json_text_of(status, "user"), (long long)json_int_of(status, "guardPid", 0), since);
	return fail_hint(err, "portbook guard status says what it holds");
}

/* Whoever has the lock may take a socket away that a guard which was killed has left. */
static bool lock_place(struct guard *g, struct err *err)
{
	char name[PATH_MAX];
	CLEANUP(fd_cleanup) int fd = -1;

	if (snprintf(name, sizeof(name), "%s.lock", g->path) >= (int)sizeof(name))
		return fail(err, ERR_INVALID, "the path of the socket is too long");
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fail(err, ERR_IO, "cannot make '%.200s': %s", name, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return fail_second(err);
	(void)!unlink(g->path);
	g->lock = fd_take(&fd);
	return true;
}

static bool listen_there(struct guard *g, struct err *err)
{
	CLEANUP(fd_cleanup)
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un at;

	if (fd < 0)
		return fail(err, ERR_IO, "cannot open a socket: %s", strerror(errno));
	if (!guard_address(g->path, &at, err))
		return false;
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, BACKLOG) < 0)
		return fail(err, ERR_IO, "cannot listen on '%.200s': %s", g->path, strerror(errno));
	g->socket = fd_take(&fd);
	return true;
}

static bool find_place(struct guard *g, struct err *err)
{
	unsigned place = 0;

	while (place < GUARD_PLACES && !guard_path(place, g->path))
		place++;
	if (place == GUARD_PLACES)
		return fail(err, ERR_IO, "there is no folder for the guard's socket");
	return guard_folder_make(g->path, err) && lock_place(g, err) && listen_there(g, err);
}

/* The loop. */

static void end(void *arg, uint32_t events)
{
	struct guard *g = arg;

	g->has_ended = signals_read(g->signals) != 0;
}

static void end_with_partner(void *arg, uint32_t events)
{
	struct guard *g = arg;

	g->has_ended = true;
}

static bool watch_end(struct guard *g, struct err *err)
{
	static const int ending[] = { SIGTERM, SIGINT, SIGHUP, 0 };

	if (g->options->partner >= 0)
		return loop_add(g->loop, g->options->partner, EPOLLIN, end_with_partner, g, err);
	return signals_open(ending, &g->signals, err) &&
	       loop_add(g->loop, g->signals, EPOLLIN, end, g, err);
}

static bool take_in(void *arg, const json_t *answer, struct err *err)
{
	struct guard *g = arg;

	g->has_news = guard_book_take_in(g, answer, err);
	return g->has_news;
}

static void hear_outage(void *arg, const struct outage *o)
{
	const struct guard *g = arg;

	if (g->options->outage)
		g->options->outage(g->options->arg, o);
}

static void tick(void *arg, uint32_t events)
{
	struct guard *g = arg;

	ticker_hear(g->ticker);
	book_follower_tick(g->follower);
	guard_look(g);
}

static bool prepare(struct guard *g, struct err *err)
{
	g->limit = raise_limit();
	return find_place(g, err) && loop_open(&g->loop, err) && watch_end(g, err) &&
	       ticker_open(LOOK_EVERY_MS, &g->ticker, err) &&
	       loop_add(g->loop, g->ticker, EPOLLIN, tick, g, err) &&
	       loop_add(g->loop, g->socket, EPOLLIN, guard_visit, g, err);
}

static void look_at_news(struct guard *g)
{
	int64_t start_us = clock_steady_us();

	guard_look(g);
	g->look_us = g->look_us ? g->look_us : clock_steady_us() - start_us;
	g->has_news = false;
}

static bool wait_once(struct guard *g, struct err *err)
{
	bool has_news;

	if (!loop_wait(g->loop, guard_patience_ms(g), err))
		return false;
	has_news = g->has_news;
	if (has_news)
		look_at_news(g);
	guard_answer_waiting(g, has_news);
	return true;
}

/* Errors: the book's. */
static bool wait_for_book(struct guard *g, struct err *err)
{
	while (!g->has_ended && !book_follower_has_read(g->follower))
		if (!wait_once(g, err) || book_follower_cannot_begin(g->follower, err))
			return false;
	return true;
}

static void say_ready(struct guard *g)
{
	struct guard_counts counts = guard_count(g);

	counts.look_us = g->look_us;
	g->options->ready(g->options->arg, &counts);
}

static bool follow(struct guard *g, struct err *err)
{
	if (!wait_for_book(g, err))
		return false;
	if (!g->has_ended)
		say_ready(g);
	while (!g->has_ended)
		if (!wait_once(g, err))
			return false;
	return true;
}

static bool run(struct guard *g, struct err *err)
{
	return prepare(g, err) &&
	       book_follower_open(g->options->book, &g->hearer, g->loop, &g->follower, err) &&
	       follow(g, err);
}

static void guard_release(struct guard *g)
{
	for (unsigned i = 0; i < g->spots.count; i++)
		guard_let_go(g, &g->spots.items[i]);
	guard_visitors_end(g);
	book_follower_free(g->follower);
	if (g->socket >= 0)
		unlink(g->path);
	loop_free(g->loop);
	fd_cleanup(&g->socket);
	fd_cleanup(&g->signals);
	fd_cleanup(&g->ticker);
	fd_cleanup(&g->lock);
	arena_release(&g->arena);
}

bool guard_run(const struct guard_options *o, struct err *err)
{
	CLEANUP(guard_release)
	struct guard g = {
		.options = o,
		.hearer = { take_in, hear_outage, &g },
		.since_ms = clock_now_ms(),
		.socket = -1,
		.lock = -1,
		.signals = -1,
		.ticker = -1,
	};

	return run(&g, err);
}

static const char *const event_names[] = {
	[GUARD_HOLDS] = "holds", [GUARD_GAVE] = "gave", [GUARD_YIELDED] = "yielded",
	[GUARD_SEES] = "sees",	 [GUARD_LEFT] = "left", [GUARD_TRIED] = "tried",
};
static_assert(ARRAY_LEN(event_names) == GUARD_EVENT_COUNT, "an event has no name");

const char *guard_event_name(enum guard_event e)
{
	return event_names[e];
}
