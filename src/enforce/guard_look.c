/*
 * Whoever cannot be bound beside tells that a port is taken: so a look is a try, and only where
 * something listens none is made.  A connection that has ended (TIME_WAIT) is in the way of a
 * plain bind, too; hold_port gets past it, but would also get past a server that is between its
 * bind and its listen, and break that.  So the kernel is asked for sockets in that state before,
 * and again after: of two that did it in the same moment, the guard is the one to go.
 */
#include "enforce/guard_inside.h"

#include "base/clock.h"
#include "base/fd.h"
#include "enforce/hold.h"
#include "enforce/system_guard.h"

void guard_tell(struct guard *g, const struct spot *s, enum guard_event event,
		const struct visitor *to)
{
	const struct guard_news news = {
		.event = event,
		.protocol = s->protocol,
		.port = s->port,
		.name = s->name,
		.who = to ? to->what : NULL,
		.pid = to ? to->pid : 0,
		.why = s->why ? spot_why_text(s->why) : NULL,
	};

	if (g->options->tell)
		g->options->tell(g->options->arg, &news);
}

void guard_let_go(struct guard *g, struct spot *s)
{
	fd_cleanup(&s->fd);
	s->fd = -1;
}

/* How many sockets are bound there and do nothing: 0 also where that cannot be seen. */
static unsigned count_bound(const struct guard *g, uint16_t port)
{
	const struct listeners *m = g->options->machine;
	unsigned count = 0;

	if (!m->ops->bound || !m->ops->bound(m->ctx, port, &count, NULL))
		return 0;
	return count;
}

/* See the head of this file. */
static bool hold_past_remains(struct guard *g, struct spot *s, struct err *err)
{
	if (s->protocol != PROTO_TCP || count_bound(g, s->port) > 0 ||
	    !hold_port(s->protocol, s->port, true, &s->fd, err))
		return false;
	if (count_bound(g, s->port) <= 1)
		return true;
	guard_let_go(g, s);
	return false;
}

static enum spot_why why_of(enum err_code code)
{
	return code == ERR_EXHAUSTED	   ? WHY_LIMIT
	       : code == ERR_NOT_PERMITTED ? WHY_NOT_PERMITTED
					   : WHY_REFUSED;
}

static void become(struct guard *g, struct spot *s, enum spot_state state, enum spot_why why,
		   enum guard_event event)
{
	bool is_new = s->state != state || s->why != why;

	spot_become(s, state, why, clock_now_ms());
	if (is_new)
		guard_tell(g, s, event, NULL);
}

/* Root's guard holds ports that the machine's keeps for a unit, or for another user. */
static bool hold_as_admitted(struct spot *s, struct err *err)
{
	return system_guard_admit(&s->port, 1) &&
	       hold_port(s->protocol, s->port, false, &s->fd, err);
}

static bool hold(struct guard *g, struct spot *s, struct err *err)
{
	return hold_port(s->protocol, s->port, false, &s->fd, err) ||
	       (err->code == ERR_TAKEN &&
		(hold_past_remains(g, s, err) || hold_as_admitted(s, err)));
}

static void try_to_hold(struct guard *g, struct spot *s)
{
	struct err err = { 0 };

	if (hold(g, s, &err)) {
		s->holder = NULL;
		become(g, s, SPOT_HELD, WHY_NONE, GUARD_HOLDS);
	} else if (err.code != ERR_TAKEN) {
		become(g, s, SPOT_LEFT, why_of(err.code), GUARD_LEFT);
	} else if (s->state == SPOT_OPEN) {
		become(g, s, SPOT_IN_USE, WHY_NONE, GUARD_SEES);
	}
}

static bool has_udp(const struct spots *s)
{
	return s->count && s->items[s->count - 1].protocol == PROTO_UDP;
}

/* What cannot be seen is found out by trying. */
static void see(const struct guard *g, struct port_set seen[static PROTO_COUNT])
{
	const struct listeners *m = g->options->machine;

	(void)!m->ops->collect(m->ctx, PROTO_TCP, &seen[PROTO_TCP], NULL);
	if (has_udp(&g->spots))
		(void)!m->ops->collect(m->ctx, PROTO_UDP, &seen[PROTO_UDP], NULL);
}

void guard_look(struct guard *g)
{
	struct port_set seen[PROTO_COUNT] = { 0 };
	int64_t now_ms = clock_now_ms();

	see(g, seen);
	for (unsigned i = 0; i < g->spots.count; i++) {
		struct spot *s = &g->spots.items[i];
		enum spot_state was = s->state;

		if (spot_look(s, port_set_has(&seen[s->protocol], s->port), now_ms)) {
			try_to_hold(g, s);
		} else if (s->state != was) {
			guard_let_go(g, s);
			guard_tell(g, s, GUARD_SEES, NULL);
		}
	}
}

struct guard_counts guard_count(const struct guard *g)
{
	struct guard_counts c = { .limit = g->limit };

	for (unsigned i = 0; i < g->spots.count; i++) {
		const struct spot *s = &g->spots.items[i];

		c.held += s->state == SPOT_HELD;
		c.left += s->state == SPOT_LEFT;
		c.limited += s->state == SPOT_LEFT && s->why == WHY_LIMIT;
		c.in_use += s->state != SPOT_HELD && s->state != SPOT_LEFT;
	}
	return c;
}
