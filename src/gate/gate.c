/*
 * One thread, which waits for the book, for who asks, for the kernel's reports and for signals.  The
 * kernel judges by itself: nothing waits for this process, and it may end and come back.
 */
#include "gate/gate_inside.h"

#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

/* Rationale: a watcher is quick, not certain. */
#define LOOK_EVERY_MS 1000

/* What the kernel says is of a port that was kept then; the book may have changed since. */
static void hear_report(void *arg, const struct gate_report *r)
{
	struct gate *g = arg;
	enum protocol protocol = r->port.protocol == IPPROTO_UDP ? PROTO_UDP : PROTO_TCP;
	const struct keep *k = gate_keep_of(g, protocol, r->port.port);
	char program[sizeof(r->program) + 1] = "";

	memcpy(program, r->program, sizeof(r->program));
	g->refused++;
	g->options->refused(g->options->arg, &(struct gate_news){
						     .protocol = protocol,
						     .port = r->port.port,
						     .name = k ? k->name : "",
						     .of = k ? k->entered_by : NULL,
						     .program = program,
						     .pid = (pid_t)r->pid,
						     .uid = r->uid,
					     });
}

static void hear_kernel(void *arg, uint32_t events)
{
	struct gate *g = arg;

	kernel_hear(g->kernel);
}

static void end(void *arg, uint32_t events)
{
	struct gate *g = arg;

	g->ended_by = signals_read(g->signals);
}

static bool take_in(void *arg, const json_t *answer, struct err *err)
{
	return gate_book_take_in(arg, answer, err);
}

static void hear_outage(void *arg, const struct outage *o)
{
	const struct gate *g = arg;

	g->options->outage(g->options->arg, o);
}

static void tick(void *arg, uint32_t events)
{
	struct gate *g = arg;

	ticker_hear(g->ticker);
	g->is_detached = !kernel_is_attached(g->kernel);
	book_follower_tick(g->follower);
}

static bool prepare(struct gate *g, struct err *err)
{
	static const int ending[] = { SIGTERM, SIGINT, SIGHUP, 0 };

	/* Alone first: the one that runs here keeps its program. */
	return kernel_check_root(err) && loop_open(&g->loop, err) && gate_listen(g, err) &&
	       kernel_open(g->options->only_report, hear_report, g, &g->kernel, err) &&
	       signals_open(ending, &g->signals, err) &&
	       ticker_open(LOOK_EVERY_MS, &g->ticker, err) &&
	       loop_add(g->loop, g->signals, EPOLLIN, end, g, err) &&
	       loop_add(g->loop, g->ticker, EPOLLIN, tick, g, err) &&
	       loop_add(g->loop, kernel_fd(g->kernel), EPOLLIN, hear_kernel, g, err) &&
	       book_follower_open(g->options->book, &g->hearer, g->loop, &g->follower, err);
}

static bool is_over(const struct gate *g)
{
	return g->ended_by || g->is_detached;
}

/* Errors: the book's. */
static bool wait_for_book(struct gate *g, struct err *err)
{
	while (!is_over(g) && !book_follower_has_read(g->follower))
		if (!loop_wait(g->loop, -1, err) || book_follower_cannot_begin(g->follower, err))
			return false;
	return true;
}

static void say_ready(struct gate *g)
{
	const struct gate_counts counts = {
		.kept = g->keeps.kept,
		.left = g->keeps.count - g->keeps.kept,
	};

	gate_runs_take_over(g);
	g->options->ready(g->options->arg, &counts);
}

static bool serve(struct gate *g, struct err *err)
{
	if (!prepare(g, err) || !wait_for_book(g, err))
		return false;
	if (!is_over(g))
		say_ready(g);
	while (!is_over(g))
		if (!loop_wait(g->loop, -1, err))
			return false;
	kernel_hear(g->kernel);
	return true;
}

static void gate_release(struct gate *g)
{
	gate_asks_end(g);
	book_follower_free(g->follower);
	loop_free(g->loop);
	kernel_free(g->kernel);
	fd_cleanup(&g->signals);
	fd_cleanup(&g->ticker);
	arena_release(&g->arena);
}

static enum gate_end end_of(const struct gate *g)
{
	if (g->is_detached)
		return GATE_DETACHED;
	return g->options->only_report || g->ended_by == SIGINT ? GATE_GONE : GATE_STAYS;
}

bool gate_run(const struct gate_options *o, enum gate_end *ret, struct err *err)
{
	CLEANUP(gate_release)
	struct gate g = {
		.options = o,
		.hearer = { take_in, hear_outage, &g },
		.since_ms = clock_now_ms(),
		.socket = -1,
		.lock = -1,
		.signals = -1,
		.ticker = -1,
	};
	bool was;

	if (!serve(&g, err))
		return false;
	*ret = end_of(&g);
	/* What is detached leaves its maps behind if somebody did it by hand. */
	return *ret == GATE_STAYS || o->only_report || kernel_detach(&was, err);
}
