/*
 * Ending processes in a machine that is made up, where anything may happen
 * between two questions: before the nth question to it, something does.  Every
 * n is tried, so that no gap between a look and a signal is left out.
 *
 * The port is 3000.  What was seen before: the server, pid 200, with the socket
 * 7 open as descriptor 4.
 */
#include "lib/check.h"

#include <signal.h>

#include "enforce/ending.h"
#include "ports/port_set.h"

#define SERVER	 200
#define SOCKET	 7
#define BYSTAND	 1 /* index of the process that is nobody's business */
#define MAX_LIVE 8

/* How a process takes SIGTERM. */
enum manners {
	ENDS,
	IGNORES,
	CLOSES, /* the socket, and runs on */
	FORKS,	/* leaves a child behind that has the socket, and ends */
};

struct live {
	struct process is;
	enum manners manners;
	bool has_ended, is_reaped;
	bool had_socket_when_seen, was_other_when_seen; /* at the last look */
	unsigned looks, told, killed, continued;
};

struct world {
	struct live all[MAX_LIVE];
	unsigned count;
	int64_t now;
	unsigned question;	       /* how many were asked */
	unsigned when;		       /* before this one, */
	void (*event)(struct world *); /* this happens; NULL: nothing */
	bool refuses_signals, cannot_hold;
	unsigned open; /* handles */
};

static struct live *numbered(struct world *w, pid_t pid)
{
	for (unsigned i = 0; i < w->count; i++)
		if (w->all[i].is.pid == pid && !w->all[i].is_reaped)
			return &w->all[i];
	return NULL;
}

static struct live *enter(struct world *w, const struct live *l)
{
	assert_true(w->count < MAX_LIVE);
	w->all[w->count] = *l;
	return &w->all[w->count++];
}

static void end(struct live *l)
{
	l->has_ended = l->is_reaped = true;
	l->is.socket = 0;
}

static void ask(struct world *w)
{
	w->question++;
	if (w->event && w->question == w->when) {
		void (*event)(struct world *) = w->event;

		w->event = NULL;
		event(w);
	}
}

/* The machine's sockets. */

static bool world_collect(void *ctx, enum protocol protocol, struct port_set *into, struct err *err)
{
	struct world *w = ctx;

	ask(w);
	for (unsigned i = 0; i < w->count; i++)
		if (w->all[i].is.socket)
			port_set_add(into, 3000);
	return true;
}

static bool world_look(void *ctx, const struct look *what, struct arena *a,
		       struct listener_list *ret, struct err *err)
{
	struct world *w = ctx;
	struct listener *l = arena_alloc(a, sizeof(*l));

	ask(w);
	l->port = 3000;
	l->processes = arena_alloc(a, MAX_LIVE * sizeof(*l->processes));
	for (unsigned i = 0; i < w->count; i++)
		if (w->all[i].is.socket)
			l->processes[l->n_processes++] = w->all[i].is;
	*ret = (struct listener_list){ .items = l, .count = l->n_processes > 0 };
	return true;
}

static bool world_learn(void *ctx, unsigned learn, struct arena *a, struct process *p)
{
	struct world *w = ctx;
	struct live *l;

	ask(w);
	l = numbered(w, p->pid);
	if (l) {
		l->looks++;
		l->had_socket_when_seen = l->is.socket == p->socket;
		l->was_other_when_seen = strcmp(l->is.program, "node") != 0;
	}
	if (!l || l->has_ended || l->is.socket != p->socket || l->is.fd != p->fd)
		return false;
	*p = l->is;
	return true;
}

static const struct listeners_ops machine_ops = { .collect = world_collect,
						  .look = world_look,
						  .learn = world_learn };

/* Its signals. */

static const pid_t above[] = { 50, 1 };

static bool world_asker(void *ctx, struct arena *a, struct asker *ret, struct err *err)
{
	*ret = (struct asker){ 100, 1000, above, ARRAY_LEN(above) };
	return true;
}

static bool world_hold(void *ctx, pid_t pid, int *ret, struct err *err)
{
	struct world *w = ctx;
	const struct live *l;

	ask(w);
	if (w->cannot_hold)
		return fail(err, ERR_IO, "cannot hold it");
	l = numbered(w, pid);
	*ret = l ? (int)(l - w->all) : -1;
	w->open += l != NULL;
	return true;
}

static void world_let_go(void *ctx, int held)
{
	((struct world *)ctx)->open--;
}

static void take_term(struct world *w, struct live *l)
{
	struct live child = { .is = l->is };

	l->told++;
	switch (l->manners) {
	case IGNORES: return;
	case CLOSES: l->is.socket = 0; return;
	case FORKS:
		child.is.pid += 1000;
		child.is.start++;
		enter(w, &child);
		end(l);
		return;
	case ENDS: end(l); return;
	}
}

static enum sending world_send(void *ctx, int held, int signal)
{
	struct world *w = ctx;
	struct live *l;

	ask(w);
	l = &w->all[held];
	if (l->is_reaped)
		return SENDING_GONE;
	if (signal && w->refuses_signals)
		return SENDING_REFUSED;
	if (signal == SIGTERM)
		take_term(w, l);
	l->continued += signal == SIGCONT;
	if (signal == SIGKILL) {
		l->killed++;
		end(l);
	}
	return SENDING_DONE;
}

static bool world_has_ended(void *ctx, int held)
{
	struct world *w = ctx;

	ask(w);
	return w->all[held].has_ended;
}

static void world_wait(void *ctx, const int *held, unsigned count, int64_t ms)
{
	((struct world *)ctx)->now += ms;
}

static int64_t world_now(void *ctx)
{
	return ((struct world *)ctx)->now;
}

static const struct signals_ops signals_ops = {
	.asker = world_asker,
	.hold = world_hold,
	.let_go = world_let_go,
	.send = world_send,
	.has_ended = world_has_ended,
	.wait = world_wait,
	.now_ms = world_now,
};

/* What is asked of it. */

static const struct process server = {
	.pid = SERVER, .uid = 1000, .socket = SOCKET, .fd = 4, .start = 5000, .program = "node"
};

static struct world world_with(enum manners manners)
{
	struct world w = { 0 };

	enter(&w, &(struct live){ .is = server, .manners = manners });
	return w;
}

struct run {
	struct world world;
	struct arena arena;
	struct listeners machine;
	struct signals signals;
	struct ending ending;
	bool ok;
	struct err err;
};

static void run_release(struct run *r)
{
	ending_cleanup(&r->ending);
	CHECK(r->world.open == 0, "%u are still held", r->world.open);
	arena_release(&r->arena);
}

/* End what was seen: `seen` NULL is the server. */
static void run(struct run *r, const struct process *seen, unsigned count)
{
	const struct holders h = { .port = 3000,
				   .items = seen ? seen : &server,
				   .count = seen ? count : 1 };

	r->machine = (struct listeners){ &machine_ops, &r->world };
	r->signals = (struct signals){ &signals_ops, &r->world };
	r->ending = (struct ending){ .machine = &r->machine,
				     .signals = &r->signals,
				     .arena = &r->arena,
				     .port = 3000,
				     .grace_ms = 5000 };
	r->ok = ending_run(&r->ending, &h, &r->err);
}

/* What may happen. */

static void reuse_number(struct world *w)
{
	end(&w->all[0]);
	enter(w, &(struct live){
			 .is = { .pid = SERVER, .uid = 1000, .start = 9000, .program = "node" } });
}

/* The worst that could be: all that is asked for looks alike, but for the time it started. */
static void reuse_number_and_socket(struct world *w)
{
	reuse_number(w);
	w->all[BYSTAND].is.socket = SOCKET;
	w->all[BYSTAND].is.fd = 4;
}

/* The same tick of the clock, and another socket. */
static void reuse_number_and_time(struct world *w)
{
	reuse_number(w);
	w->all[BYSTAND].is.start = server.start;
	w->all[BYSTAND].is.socket = SOCKET + 1;
	w->all[BYSTAND].is.fd = 4;
}

static void close_socket(struct world *w)
{
	w->all[0].is.socket = 0;
}

static void run_another_program(struct world *w)
{
	if (!w->all[0].has_ended)
		w->all[0].is.program = "backup";
}

/* Rationale: more questions than any of these runs asks. */
#define MAX_QUESTIONS 2000

static void try_every_moment(void (*event)(struct world *), enum manners manners,
			     void (*check)(const struct run *))
{
	for (unsigned when = 1; when < MAX_QUESTIONS; when++) {
		CLEANUP(run_release) struct run r = { .world = world_with(manners) };

		r.world.event = event;
		r.world.when = when;
		run(&r, NULL, 0);
		CHECK(r.ok, "%s", r.err.text);
		check(&r);
		if (r.world.event)
			return; /* it came to its end before */
	}
	CHECK(false, "it asks too often");
}

static void bystander_is_unharmed(const struct run *r)
{
	const struct live *l = &r->world.all[BYSTAND];

	if (r->world.count > BYSTAND)
		CHECK(!l->told && !l->killed && !l->continued && !l->has_ended,
		      "before question %u", r->world.when);
}

static void test_ending__never_signals_who_has_the_number_next(void **state)
{
	try_every_moment(reuse_number, ENDS, bystander_is_unharmed);
	try_every_moment(reuse_number, IGNORES, bystander_is_unharmed);
}

static void test_ending__never_signals_who_has_the_number_and_a_socket_like_it(void **state)
{
	try_every_moment(reuse_number_and_time, ENDS, bystander_is_unharmed);
	try_every_moment(reuse_number_and_time, IGNORES, bystander_is_unharmed);
}

/*
 * A process with this number and this very socket can only be the server's child, which a later
 * round may end; but never in the name of the one that was seen.
 */
static void child_is_told_first(const struct run *r)
{
	const struct live *l = &r->world.all[BYSTAND];

	if (r->world.count > BYSTAND && l->killed)
		CHECK(l->told, "before question %u", r->world.when);
	for (unsigned i = 0; i < r->ending.count; i++)
		if (r->ending.items[i].process.start == server.start)
			CHECK(r->ending.items[i].held != BYSTAND || !r->ending.items[i].is_told);
}

static void test_ending__tells_by_the_start_who_is_meant(void **state)
{
	try_every_moment(reuse_number_and_socket, ENDS, child_is_told_first);
	try_every_moment(reuse_number_and_socket, IGNORES, child_is_told_first);
}

/* Between the last look and the signal nobody can look; before it, it has to be seen. */
static void only_with_socket(const struct run *r)
{
	const struct live *l = &r->world.all[0];

	if (l->told || l->killed)
		CHECK(l->had_socket_when_seen || l->told, "before question %u", r->world.when);
	if (l->killed)
		CHECK(l->had_socket_when_seen, "before question %u", r->world.when);
}

static void test_ending__never_kills_who_has_closed_the_socket(void **state)
{
	try_every_moment(close_socket, IGNORES, only_with_socket);
	try_every_moment(close_socket, ENDS, only_with_socket);
}

static void not_as_another(const struct run *r)
{
	const struct live *l = &r->world.all[0];

	if (r->ending.items[0].fate == FATE_CHANGED)
		CHECK(!l->told && !l->killed && l->was_other_when_seen);
	else
		CHECK(l->told);
}

static void test_ending__leaves_alone_what_became_another_program(void **state)
{
	CLEANUP(run_release) struct run r = { .world = world_with(ENDS) };

	r.world.all[0].is.program = "backup";
	run(&r, NULL, 0);
	CHECK(r.ok && r.ending.items[0].fate == FATE_CHANGED && !r.ending.is_free);
	CHECK(!r.world.all[0].told && !r.world.all[0].killed);
	try_every_moment(run_another_program, ENDS, not_as_another);
}

static void test_ending__leaves_alone_what_became_another_users(void **state)
{
	CLEANUP(run_release) struct run r = { .world = world_with(ENDS) };

	r.world.all[0].is.uid = 0;
	run(&r, NULL, 0);
	CHECK(r.ending.items[0].fate == FATE_CHANGED && !r.world.all[0].told);
}

/* What of it is done. */

static void test_ending__tells_it_to_end_and_waits(void **state)
{
	CLEANUP(run_release) struct run r = { .world = world_with(ENDS) };

	run(&r, NULL, 0);
	CHECK(r.ok && r.ending.is_free && r.ending.count == 1);
	CHECK(r.ending.items[0].fate == FATE_TERMINATED && r.world.all[0].killed == 0);
	CHECK(r.world.now == 0, "nothing was left to wait for");
}

static void test_ending__kills_after_the_grace_time_and_not_before(void **state)
{
	CLEANUP(run_release) struct run r = { .world = world_with(IGNORES) };

	run(&r, NULL, 0);
	CHECK(r.ok && r.ending.is_free && r.ending.items[0].fate == FATE_KILLED);
	CHECK(r.world.all[0].told == 1 && r.world.all[0].killed == 1);
	CHECK(r.world.all[0].continued == 1, "a stopped one could not end");
	CHECK(r.world.now == 5000 && r.ending.items[0].took_ms == 5000);
}

static void test_ending__does_not_kill_what_only_finishes_its_work(void **state)
{
	CLEANUP(run_release) struct run r = { .world = world_with(CLOSES) };

	run(&r, NULL, 0);
	CHECK(r.ok && r.ending.is_free && r.ending.items[0].fate == FATE_LET_GO);
	CHECK(!r.world.all[0].killed && !r.world.all[0].has_ended);
	CHECK(r.world.now < 5000, "the port is free: nobody waits for the whole grace time");
}

static void test_ending__ends_what_was_forked_meanwhile(void **state)
{
	CLEANUP(run_release) struct run r = { .world = world_with(FORKS) };

	run(&r, NULL, 0);
	CHECK(r.ok && r.ending.is_free && r.ending.count == 2);
	CHECK(r.ending.items[1].process.pid == SERVER + 1000);
	CHECK(r.ending.items[1].fate == FATE_TERMINATED);
}

static void test_ending__does_not_end_who_takes_the_port_next(void **state)
{
	CLEANUP(run_release) struct run r = { .world = world_with(ENDS) };

	enter(&r.world, &(struct live){ .is = { .pid = 300,
						.uid = 1000,
						.socket = SOCKET + 1,
						.fd = 4,
						.start = 6000,
						.program = "node" } });
	run(&r, NULL, 0);
	CHECK(r.ok && !r.ending.is_free && r.ending.count == 1);
	CHECK(!r.world.all[1].told && !r.world.all[1].has_ended);
}

static void test_ending__ends_all_of_several(void **state)
{
	CLEANUP(run_release) struct run r = { .world = world_with(ENDS) };
	struct process both[] = { server, server };

	both[1].pid = 300;
	both[1].socket = SOCKET + 1;
	enter(&r.world, &(struct live){ .is = both[1], .manners = IGNORES });
	run(&r, both, 2);
	CHECK(r.ok && r.ending.is_free);
	CHECK(r.ending.items[0].fate == FATE_TERMINATED);
	CHECK(r.ending.items[1].fate == FATE_KILLED);
}

static void test_ending__signals_nobody_where_one_is_never_ended(void **state)
{
	CLEANUP(run_release) struct run r = { .world = world_with(ENDS) };
	struct process both[] = { server, server };

	both[1].pid = 50;
	enter(&r.world, &(struct live){ .is = both[1] });
	run(&r, both, 2);
	CHECK(!r.ok && r.err.code == ERR_NOT_PERMITTED, "%s", r.err.text);
	CHECK(!r.world.all[0].told && !r.world.all[1].told);
}

static void test_ending__says_what_the_system_does_not_let_it(void **state)
{
	CLEANUP(run_release) struct run r = { .world = world_with(ENDS) };
	CLEANUP(run_release) struct run q = { .world = world_with(ENDS) };

	r.world.refuses_signals = true;
	run(&r, NULL, 0);
	CHECK(r.ok && r.ending.items[0].fate == FATE_REFUSED && !r.ending.is_free);
	q.world.cannot_hold = true;
	run(&q, NULL, 0);
	CHECK(!q.ok && q.err.code == ERR_IO && !q.world.all[0].told);
}

static void test_ending__needs_the_start_to_have_been_seen(void **state)
{
	CLEANUP(run_release) struct run r = { .world = world_with(ENDS) };
	struct process seen = server;

	seen.start = r.world.all[0].is.start = 0;
	run(&r, &seen, 1);
	CHECK(!r.world.all[0].told, "what cannot be told apart is not signalled");
}

/* A supervisor. */

static void start_again(struct world *w)
{
	enter(w, &(struct live){ .is = { .pid = 300,
					 .uid = 1000,
					 .socket = 9,
					 .fd = 4,
					 .start = 7000,
					 .program = "node" } });
}

static void test_ending__watches_whether_the_port_is_taken_again(void **state)
{
	CLEANUP(run_release) struct run r = { .world = world_with(ENDS) };
	const struct holders h = { .port = 3000, .items = &server, .count = 1 };

	r.machine = (struct listeners){ &machine_ops, &r.world };
	r.signals = (struct signals){ &signals_ops, &r.world };
	r.ending = (struct ending){ .machine = &r.machine,
				    .signals = &r.signals,
				    .arena = &r.arena,
				    .port = 3000,
				    .settle_ms = 1000 };
	r.world.event = start_again;
	r.world.when = 20;
	CHECK(ending_run(&r.ending, &h, &r.err));
	CHECK(!r.ending.is_free && r.world.now > 0 && r.world.now < 1000);
	CHECK(!r.world.all[1].told && !r.world.all[1].killed, "that is another one");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ending__never_signals_who_has_the_number_next),
		cmocka_unit_test(
			test_ending__never_signals_who_has_the_number_and_a_socket_like_it),
		cmocka_unit_test(test_ending__tells_by_the_start_who_is_meant),
		cmocka_unit_test(test_ending__never_kills_who_has_closed_the_socket),
		cmocka_unit_test(test_ending__leaves_alone_what_became_another_program),
		cmocka_unit_test(test_ending__leaves_alone_what_became_another_users),
		cmocka_unit_test(test_ending__tells_it_to_end_and_waits),
		cmocka_unit_test(test_ending__kills_after_the_grace_time_and_not_before),
		cmocka_unit_test(test_ending__does_not_kill_what_only_finishes_its_work),
		cmocka_unit_test(test_ending__ends_what_was_forked_meanwhile),
		cmocka_unit_test(test_ending__does_not_end_who_takes_the_port_next),
		cmocka_unit_test(test_ending__ends_all_of_several),
		cmocka_unit_test(test_ending__signals_nobody_where_one_is_never_ended),
		cmocka_unit_test(test_ending__says_what_the_system_does_not_let_it),
		cmocka_unit_test(test_ending__needs_the_start_to_have_been_seen),
		cmocka_unit_test(test_ending__watches_whether_the_port_is_taken_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
