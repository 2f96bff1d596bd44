#include "enforce/ending.h"

#include <assert.h>
#include <signal.h>
#include <string.h>

#include "base/macros.h"

/* Rationale: nothing tells when another process closes a socket, so that is asked for. */
#define TURN_MS 25

/* Rationale: a process that ends closes its files just before; longer, and it runs on without. */
#define LOOSE_MS 1000

/* Rationale: a killed process ends when what it waits for in the kernel does, which may be never. */
#define KILL_MS 5000

/* Rationale: a server may fork once more while it is told to end; more often is on purpose. */
#define MAX_ROUNDS 4

const char *fate_name(enum fate f)
{
	static const char *const names[] = {
		[FATE_PENDING] = "pending", [FATE_TERMINATED] = "terminated",
		[FATE_KILLED] = "killed",   [FATE_LET_GO] = "let_go",
		[FATE_GONE] = "gone",	    [FATE_CHANGED] = "changed",
		[FATE_REFUSED] = "refused", [FATE_STUCK] = "stuck",
	};

	static_assert(ARRAY_LEN(names) == FATE_COUNT, "a fate has no name");
	return names[f];
}

static int64_t now_ms(const struct ending *e)
{
	return e->signals->ops->now_ms(e->signals->ctx);
}

static bool has_ended(const struct ending *e, const struct ended *t)
{
	return e->signals->ops->has_ended(e->signals->ctx, t->held);
}

/* Is it still the one that was seen? */

enum seen {
	SEEN_HOLDING,
	SEEN_CHANGED, /* it has the socket, and is another program or user's */
	SEEN_GONE,    /* it has ended, or has the socket no more */
};

static bool is_same_program(const struct process *was, const struct process *now)
{
	return was->uid == now->uid && now->program &&
	       (!was->program || !strcmp(was->program, now->program));
}

/* What is learned is zero before: what may not be read must not look as it was. */
static enum seen look_at(const struct ending *e, const struct ended *t)
{
	const struct listeners *machine = e->machine;
	CLEANUP(arena_release) struct arena scratch = { 0 };
	struct process now = {
		.pid = t->process.pid,
		.uid = (uid_t)-1,
		.socket = t->process.socket,
		.fd = t->process.fd,
	};

	if (!machine->ops->learn(machine->ctx, LEARN_START, &scratch, &now))
		return SEEN_GONE;
	if (!now.start || now.start != t->process.start)
		return SEEN_GONE;
	return is_same_program(&t->process, &now) ? SEEN_HOLDING : SEEN_CHANGED;
}

/*
 * Right after a look.  It reaches what was held before that look, or nothing; and
 * what it reaches has had the number since then: so it is what was looked at.
 */
static enum sending signal_it(const struct ending *e, const struct ended *t, int signal)
{
	return e->signals->ops->send(e->signals->ctx, t->held, signal);
}

/* Who is meant. */

static bool add(struct ending *e, const struct process *p, struct err *err)
{
	struct ended *grown = arena_grow(e->arena, e->items, e->count, &e->room, sizeof(*e->items));

	if (!grown)
		return fail_memory(err);
	e->items = grown;
	e->items[e->count++] = (struct ended){ .process = *p, .held = -1 };
	return true;
}

/* Told to end. */

static bool hold(struct ending *e, struct ended *t, struct err *err)
{
	const struct signals *s = e->signals;

	if (!s->ops->hold(s->ctx, t->process.pid, &t->held, err))
		return false;
	if (t->held < 0)
		t->fate = FATE_GONE;
	return true;
}

static void tell(struct ending *e, struct ended *t)
{
	static const enum fate fate_of[] = {
		[SENDING_DONE] = FATE_PENDING,
		[SENDING_GONE] = FATE_GONE,
		[SENDING_REFUSED] = FATE_REFUSED,
	};

	switch (look_at(e, t)) {
	case SEEN_GONE: t->fate = FATE_GONE; return;
	case SEEN_CHANGED: t->fate = FATE_CHANGED; return;
	case SEEN_HOLDING: break;
	}
	t->fate = fate_of[signal_it(e, t, SIGTERM)];
	t->is_told = t->fate == FATE_PENDING;
	/* One that was stopped, by ^Z for instance, goes on and then finds the other signal. */
	if (t->is_told)
		(void)signal_it(e, t, SIGCONT);
}

static bool tell_all(struct ending *e, unsigned first, struct err *err)
{
	for (unsigned i = first; i < e->count; i++) {
		if (!hold(e, &e->items[i], err))
			return false;
		if (e->items[i].fate == FATE_PENDING)
			tell(e, &e->items[i]);
	}
	return true;
}

/* Waiting for it. */

static void settle_fate(struct ended *t, enum fate fate, int64_t took_ms)
{
	t->fate = fate;
	t->took_ms = took_ms;
}

static void follow(const struct ending *e, struct ended *t, int64_t since_ms)
{
	int64_t now = now_ms(e);

	if (has_ended(e, t)) {
		settle_fate(t, t->is_killed ? FATE_KILLED : FATE_TERMINATED, now - since_ms);
		return;
	}
	/* Once killed there is nothing to wait for but its end. */
	if (t->is_killed || look_at(e, t) != SEEN_GONE) {
		t->loose_at_ms = 0;
		return;
	}
	if (!t->loose_at_ms)
		t->loose_at_ms = now;
	else if (now - t->loose_at_ms >= LOOSE_MS)
		settle_fate(t, FATE_LET_GO, now - since_ms);
}

/* True when all have a fate, or the time is over. */
static bool turn(struct ending *e, unsigned first, int64_t since_ms, int64_t until_ms, int *held)
{
	unsigned count = 0;
	int64_t left;

	for (unsigned i = first; i < e->count; i++) {
		struct ended *t = &e->items[i];

		if (t->fate == FATE_PENDING)
			follow(e, t, since_ms);
		if (t->fate == FATE_PENDING)
			held[count++] = t->held;
	}
	left = until_ms - now_ms(e);
	if (!count || left <= 0)
		return true;
	e->signals->ops->wait(e->signals->ctx, held, count, left < TURN_MS ? left : TURN_MS);
	return false;
}

static bool wait_for_all(struct ending *e, unsigned first, int64_t since_ms, int64_t ms,
			 struct err *err)
{
	int64_t until_ms = now_ms(e) + ms;
	int *held = arena_alloc(e->arena, (e->count + 1) * sizeof(*held));

	if (!held)
		return fail_memory(err);
	while (!turn(e, first, since_ms, until_ms, held))
		;
	return true;
}

/* Killed. */

/* One that renamed itself while it ends is still the one that was told to. */
static void kill_it(struct ending *e, struct ended *t)
{
	if (has_ended(e, t) || look_at(e, t) == SEEN_GONE)
		return;
	switch (signal_it(e, t, SIGKILL)) {
	case SENDING_DONE: t->is_killed = true; return;
	case SENDING_GONE: return;
	case SENDING_REFUSED: t->fate = FATE_REFUSED; return;
	}
}

static void give_up(struct ending *e, unsigned first, int64_t since_ms)
{
	for (unsigned i = first; i < e->count; i++) {
		struct ended *t = &e->items[i];

		if (t->fate == FATE_PENDING)
			settle_fate(t, t->is_killed ? FATE_STUCK : FATE_LET_GO,
				    now_ms(e) - since_ms);
	}
}

static bool end_from(struct ending *e, unsigned first, struct err *err)
{
	int64_t since_ms = now_ms(e);

	if (!tell_all(e, first, err) || !wait_for_all(e, first, since_ms, e->grace_ms, err))
		return false;
	for (unsigned i = first; i < e->count; i++)
		if (e->items[i].fate == FATE_PENDING)
			kill_it(e, &e->items[i]);
	if (!wait_for_all(e, first, since_ms, KILL_MS, err))
		return false;
	give_up(e, first, since_ms);
	return true;
}

/* Who was forked meanwhile. */

static bool look_again(const struct ending *e, struct listener_list *ret, struct err *err)
{
	const struct look what = {
		.protocol = (int)e->protocol,
		.ports = { e->port, e->port },
		.learn = LEARN_ALL & ~(unsigned)LEARN_LINEAGE,
	};

	*ret = (struct listener_list){ 0 };
	return e->machine->ops->look(e->machine->ctx, &what, e->arena, ret, err);
}

static bool has_known_socket(const struct ending *e, const struct process *p)
{
	for (unsigned i = 0; i < e->count; i++)
		if (e->items[i].process.socket == p->socket)
			return true;
	return false;
}

/* It was dealt with: only one that has the socket as another descriptor now is dealt with again. */
static bool is_known(const struct ending *e, const struct process *p)
{
	for (unsigned i = 0; i < e->count; i++) {
		const struct process *was = &e->items[i].process;

		if (was->pid == p->pid && was->start == p->start && was->fd == p->fd)
			return true;
	}
	return false;
}

static bool add_forked(struct ending *e, const struct asker *a, const struct listener *l,
		       struct err *err)
{
	const struct holders h = {
		.protocol = l->protocol,
		.port = l->port,
		.items = l->processes,
		.count = l->n_processes,
	};

	for (unsigned i = 0; i < l->n_processes; i++) {
		const struct process *p = &l->processes[i];

		if (has_known_socket(e, p) && !is_known(e, p) && may_end_one(a, &h, p, NULL) &&
		    !add(e, p, err))
			return false;
	}
	return true;
}

static bool end_forked(struct ending *e, const struct asker *a, struct err *err)
{
	for (unsigned round = 0; round < MAX_ROUNDS; round++) {
		unsigned first = e->count;
		struct listener_list list;

		if (!look_again(e, &list, err) ||
		    (list.count && !add_forked(e, a, &list.items[0], err)))
			return false;
		if (e->count == first)
			return true;
		if (!end_from(e, first, err))
			return false;
	}
	return true;
}

/* Is it taken again? */

static bool is_taken(const struct ending *e, bool *ret, struct err *err)
{
	struct port_set ports = { 0 };

	if (!e->machine->ops->collect(e->machine->ctx, e->protocol, &ports, err))
		return false;
	*ret = port_set_has(&ports, e->port);
	return true;
}

static bool watch(struct ending *e, struct err *err)
{
	int64_t until_ms = now_ms(e) + e->settle_ms;
	bool taken;

	for (;;) {
		int64_t left = until_ms - now_ms(e);

		if (!is_taken(e, &taken, err))
			return false;
		if (taken || left <= 0)
			break;
		e->signals->ops->wait(e->signals->ctx, NULL, 0, left < TURN_MS ? left : TURN_MS);
	}
	e->is_free = !taken;
	return true;
}

static bool is_allowed(const struct ending *e, const struct holders *h, struct asker *ret,
		       struct err *err)
{
	return e->signals->ops->asker(e->signals->ctx, e->arena, ret, err) && may_end(ret, h, err);
}

bool ending_is_allowed(const struct ending *e, const struct holders *h, struct err *err)
{
	struct asker asker;

	return is_allowed(e, h, &asker, err);
}

bool ending_run(struct ending *e, const struct holders *h, struct err *err)
{
	struct asker asker;

	if (!is_allowed(e, h, &asker, err))
		return false;
	for (unsigned i = 0; i < h->count; i++)
		if (!add(e, &h->items[i], err))
			return false;
	return end_from(e, 0, err) && end_forked(e, &asker, err) && watch(e, err);
}

void ending_cleanup(struct ending *e)
{
	for (unsigned i = 0; i < e->count; i++)
		if (e->items[i].held >= 0)
			e->signals->ops->let_go(e->signals->ctx, e->items[i].held);
	e->count = 0;
}
