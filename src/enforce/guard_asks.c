/*
 * What is asked of a guard.
 *
 *   about    whether it holds a port
 *   status   a file with all that it knows
 *   take     the file that holds a port, so that the owner can be bound beside it (hold.h);
 *            then `taken`, and the guard lets go of it, or `kept`, and it goes on
 *   hold     a file that holds a port from now on, of an owner that has ended (copies.h); then `kept`,
 *            when who had it has closed it
 *   yield    let go of a port, and leave it alone for `forMs`; with a process (a pidfd), until that
 *            has ended, where this is sooner
 *   tried    somebody asked for a port that is another's: only noted
 *
 * Whoever is this user may ask, and nobody else.
 */
#include "enforce/guard_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "enforce/hold.h"

/* Rationale: a unit's ExecStartPre is followed by its ExecStart, which may be slow to listen. */
#define YIELD_DEFAULT_MS (30 * MS_PER_SECOND)
#define YIELD_MAX_MS	 (600 * MS_PER_SECOND)

/* What is meant. */

static enum protocol protocol_of(const json_t *ask)
{
	const char *word = json_text_of(ask, "protocol");

	return word && !strcmp(word, "udp") ? PROTO_UDP : PROTO_TCP;
}

static struct spot *spot_meant(const struct visitor *v, const json_t *ask)
{
	int64_t port = json_int_of(ask, "port", 0);

	if (port < 1 || port > UINT16_MAX)
		return NULL;
	return spot_of(&v->guard->spots, protocol_of(ask), (uint16_t)port);
}

/* Each answers; `*ret_fd` is a file that goes with it, and is closed if `*ret_own`. */

struct reply {
	int passed; /* what came with the question; -1: nothing */
	json_t *json;
	int fd;
	bool is_own;
};

typedef void answer_fn(struct visitor *v, const json_t *ask, struct reply *r);

static void answer_status(struct visitor *v, const json_t *ask, struct reply *r)
{
	r->fd = guard_status_file(v->guard);
	r->is_own = true;
	r->json = json_pack("{s:b}", "success", r->fd >= 0);
}

static void answer_about(struct visitor *v, const json_t *ask, struct reply *r)
{
	const struct spot *s = spot_meant(v, ask);

	r->json = json_pack("{s:b, s:b, s:i}", "success", 1, "held", s && s->state == SPOT_HELD,
			    "guardPid", (int)getpid());
}

/* By the end of a process more is known than by time. */
static void wait_for_passed(struct visitor *v, struct spot *s, struct reply *r)
{
	if (v->process < 0)
		v->process = fd_take(&r->passed);
	s->holder = v->process >= 0 ? v : NULL;
}

static void answer_take(struct visitor *v, const json_t *ask, struct reply *r)
{
	struct spot *s = spot_meant(v, ask);
	bool is_held = s && s->state == SPOT_HELD && (!s->holder || s->holder == v);

	if (is_held) {
		s->holder = v;
		r->fd = s->fd;
	}
	r->json = json_pack("{s:b, s:b, s:b}", "success", 1, "held", is_held, "given",
			    s && s->holder && s->holder != v);
}

static void answer_taken(struct visitor *v, const json_t *ask, struct reply *r)
{
	struct spot *s = spot_meant(v, ask);
	bool is_his = s && s->state == SPOT_HELD && s->holder == v;

	if (is_his) {
		guard_let_go(v->guard, s);
		spot_become(s, SPOT_GIVEN, WHY_NONE, clock_now_ms());
		guard_tell(v->guard, s, GUARD_GAVE, v);
	}
	r->json = json_pack("{s:b}", "success", is_his);
}

static void answer_kept(struct visitor *v, const json_t *ask, struct reply *r)
{
	struct spot *s = spot_meant(v, ask);

	if (s && s->state == SPOT_HELD && s->holder == v)
		s->holder = NULL;
	r->json = json_pack("{s:b}", "success", 1);
}

static void answer_hold(struct visitor *v, const json_t *ask, struct reply *r)
{
	struct spot *s = spot_meant(v, ask);
	bool takes = s && s->protocol == PROTO_TCP && s->fd < 0 && s->state != SPOT_LEFT &&
		     r->passed >= 0 && hold_adopt(r->passed, s->port);

	if (takes) {
		s->fd = fd_take(&r->passed);
		s->holder = v;
		spot_become(s, SPOT_HELD, WHY_NONE, clock_now_ms());
		guard_tell(v->guard, s, GUARD_HOLDS, NULL);
	}
	r->json = json_pack("{s:b, s:b}", "success", 1, "held", takes);
}

static void answer_yield(struct visitor *v, const json_t *ask, struct reply *r)
{
	struct spot *s = spot_meant(v, ask);
	int64_t ms = json_int_of(ask, "forMs", YIELD_DEFAULT_MS), now_ms = clock_now_ms();
	bool is_held = s && s->state == SPOT_HELD && !s->holder;

	ms = ms < 1 ? 1 : ms > YIELD_MAX_MS ? YIELD_MAX_MS : ms;
	if (is_held)
		guard_let_go(v->guard, s);
	if (is_held || (s && s->state == SPOT_OPEN)) {
		spot_become(s, SPOT_YIELDED, WHY_NONE, now_ms);
		guard_tell(v->guard, s, GUARD_YIELDED, v);
	}
	if (s && s->state == SPOT_YIELDED) {
		s->until_ms = now_ms + ms;
		wait_for_passed(v, s, r);
	}
	r->json = json_pack("{s:b, s:b}", "success", 1, "held", is_held);
}

static void answer_tried(struct visitor *v, const json_t *ask, struct reply *r)
{
	const struct spot *s = spot_meant(v, ask);
	const char *program = json_text_of(ask, "program");
	const struct guard_news news = {
		.event = GUARD_TRIED,
		.protocol = protocol_of(ask),
		.port = (uint16_t)json_int_of(ask, "port", 0),
		.name = s ? s->name : "",
		.who = program ? program : v->what,
		.pid = (pid_t)json_int_of(ask, "pid", v->pid),
	};

	if (v->guard->options->tell)
		v->guard->options->tell(v->guard->options->arg, &news);
	r->json = json_pack("{s:b}", "success", 1);
}

static const struct {
	const char *word;
	answer_fn *answer;
	bool wants_held; /* where the port is not, the book may say that it is to be by now */
} answers[] = {
	{ "about", answer_about, false }, { "kept", answer_kept, false },
	{ "hold", answer_hold, false },	  { "status", answer_status, false },
	{ "take", answer_take, true },	  { "taken", answer_taken, false },
	{ "tried", answer_tried, false }, { "yield", answer_yield, true },
};
#define ANSWER_COUNT ARRAY_LEN(answers)

/* ANSWER_COUNT: none knows that word. */
static size_t answer_of(const json_t *ask)
{
	const char *word = json_text_of(ask, "ask");
	size_t i = word ? 0 : ANSWER_COUNT;

	while (i < ANSWER_COUNT && strcmp(answers[i].word, word) != 0)
		i++;
	return i;
}

static void answer(struct visitor *v, const json_t *ask, struct reply *r)
{
	const char *what = json_text_of(ask, "what");
	size_t which = answer_of(ask);

	v->becomes = v->becomes || json_bool_of(ask, "becomes");
	if (what)
		snprintf(v->what, sizeof(v->what), "%s", what);
	if (which < ANSWER_COUNT)
		answers[which].answer(v, ask, r);
	else
		r->json = json_pack("{s:b, s:s}", "success", 0, "error", "unknown question");
}

/* Coming and going. */

static void visitor_free(struct visitor *v)
{
	loop_remove(v->guard->loop, v->fd);
	close(v->fd);
	fd_cleanup(&v->process);
	fd_cleanup(&v->passed);
	json_decref(v->ask);
	free(v);
}

/* What was given to it, or left for it. */
static void forget_holder(struct guard *g, const struct visitor *v)
{
	for (unsigned i = 0; i < g->spots.count; i++) {
		struct spot *s = &g->spots.items[i];

		if (s->holder != v)
			continue;
		s->holder = NULL;
		if (s->state == SPOT_YIELDED)
			s->until_ms = 0;
	}
}

/* What it had is free now, unless others have it, too. */
static void leave(struct visitor *v)
{
	struct guard *g = v->guard;

	for (struct visitor **at = &g->visitors; *at; at = &(*at)->next)
		if (*at == v) {
			*at = v->next;
			break;
		}
	forget_holder(g, v);
	visitor_free(v);
	guard_look(g);
}

static void hear_end(void *arg, uint32_t events)
{
	leave(arg);
}

static bool has_something(const struct visitor *v)
{
	for (unsigned i = 0; i < v->guard->spots.count; i++)
		if (v->guard->spots.items[i].holder == v)
			return true;
	return false;
}

/* The process is waited for in the place of its connection. False: it is over. */
static bool stay(struct visitor *v)
{
	int process = fd_take(&v->process);

	if (process < 0 && v->becomes)
		process = (int)syscall(SYS_pidfd_open, v->pid, 0);
	if (process < 0 || !has_something(v)) {
		fd_cleanup(&process);
		return false;
	}
	loop_remove(v->guard->loop, v->fd);
	close(v->fd);
	v->fd = process;
	v->becomes = false;
	return loop_add(v->guard->loop, process, EPOLLIN, hear_end, v, NULL);
}

/* What it asked is answered, and forgotten. False: the answer cannot be sent. */
static bool answer_now(struct visitor *v)
{
	CLEANUP(json_cleanup) json_t *ask = v->ask;
	struct reply r = { .fd = -1, .passed = fd_take(&v->passed) };
	bool ok;

	v->ask = NULL;
	answer(v, ask, &r);
	/* Who does not read what it asked for is not waited for. */
	ok = r.json && message_send(v->fd, r.json, r.fd, NULL);
	json_decref(r.json);
	if (r.is_own)
		fd_cleanup(&r.fd);
	fd_cleanup(&r.passed);
	return ok;
}

/* Who has just told the book that it asks finds its port held: so the book is looked at first. */
static bool begins_to_wait(struct visitor *v)
{
	size_t which = answer_of(v->ask);
	const struct spot *s = spot_meant(v, v->ask);

	if (which == ANSWER_COUNT || !answers[which].wants_held || (s && s->state == SPOT_HELD))
		return false;
	v->question = book_follower_ask(v->guard->follower);
	if (v->question)
		loop_remove(v->guard->loop, v->fd);
	else
		guard_look(v->guard);
	return v->question != 0;
}

bool guard_answer(struct visitor *v)
{
	return message_receive(v->fd, &v->ask, &v->passed, NULL) &&
	       (begins_to_wait(v) || answer_now(v));
}

static void hear(void *arg, uint32_t events)
{
	struct visitor *v = arg;

	if (!guard_answer(v) && !stay(v))
		leave(v);
}

static bool waits_no_more(const struct visitor *v)
{
	return v->ask && !book_follower_owes(v->guard->follower, v->question);
}

int guard_patience_ms(const struct guard *g)
{
	for (const struct visitor *v = g->visitors; v; v = v->next)
		if (v->ask)
			return book_follower_patience_ms(g->follower);
	return -1;
}

/* Who cannot be heard again is not given what it would have to tell of. */
static void answer_waiting(struct visitor *v)
{
	if (!loop_add(v->guard->loop, v->fd, EPOLLIN, hear, v, NULL) ||
	    (!answer_now(v) && !stay(v)))
		leave(v);
}

void guard_answer_waiting(struct guard *g, bool has_looked)
{
	struct visitor *next;

	for (struct visitor *v = g->visitors; v; v = next) {
		next = v->next;
		if (!waits_no_more(v))
			continue;
		if (!has_looked)
			guard_look(g);
		has_looked = true;
		answer_waiting(v);
	}
}

static void admit(struct guard *g, int fd, pid_t pid)
{
	struct visitor *v = calloc(1, sizeof(*v));

	if (!v || !loop_add(g->loop, fd, EPOLLIN, hear, v, NULL)) {
		free(v);
		close(fd);
		return;
	}
	*v = (struct visitor){
		.guard = g,
		.next = g->visitors,
		.fd = fd,
		.pid = pid,
		.process = -1,
		.passed = -1,
	};
	g->visitors = v;
}

void guard_visit(void *arg, uint32_t events)
{
	struct guard *g = arg;
	uid_t uid;
	pid_t pid;
	int fd = accept4(g->socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (guard_peer(fd, &uid, &pid, NULL) && uid == geteuid())
		admit(g, fd, pid);
	else
		close(fd);
}

void guard_visitors_end(struct guard *g)
{
	struct visitor *next;

	for (struct visitor *v = g->visitors; v; v = next) {
		next = v->next;
		visitor_free(v);
	}
	g->visitors = NULL;
}
