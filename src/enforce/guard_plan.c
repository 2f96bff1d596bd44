#include "enforce/guard_plan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"

static const char *const state_names[] = {
	[SPOT_HELD] = "held",	  [SPOT_GIVEN] = "given", [SPOT_YIELDED] = "yielded",
	[SPOT_IN_USE] = "in_use", [SPOT_OPEN] = "open",	  [SPOT_LEFT] = "not_held",
};
static_assert(ARRAY_LEN(state_names) == SPOT_STATE_COUNT, "a state has no name");

const char *spot_state_name(enum spot_state s)
{
	return state_names[s];
}

static const char *const why_texts[] = {
	[WHY_NONE] = "",
	[WHY_NO_WAY_BACK] = "was never started by run, exec-held or yield",
	[WHY_OF_ANOTHER] = "another user entered it",
	[WHY_LIMIT] = "no more files may be open",
	[WHY_NOT_PERMITTED] = "this user may not bind it",
	[WHY_REFUSED] = "the system refuses",
};
static_assert(ARRAY_LEN(why_texts) == SPOT_WHY_COUNT, "a reason has no text");

const char *spot_why_text(enum spot_why w)
{
	return why_texts[w];
}

void spot_become(struct spot *s, enum spot_state state, enum spot_why why, int64_t now_ms)
{
	if (s->state == state && s->why == why)
		return;
	s->state = state;
	s->why = why;
	s->since_ms = now_ms;
}

/* Making spots. */

/* "eva via root" is eva's. */
static bool is_of(const char *entered_by, const char *user)
{
	size_t len = strlen(user);

	return !entered_by ||
	       (!strncmp(entered_by, user, len) && (!entered_by[len] || entered_by[len] == ' '));
}

static enum spot_why why_of(const struct guard_wishes *w, const struct guarded *g, unsigned n_held)
{
	if (!is_of(g->entered_by, w->user))
		return WHY_OF_ANOTHER;
	if (!g->started_by)
		return WHY_NO_WAY_BACK;
	return n_held < w->limit ? WHY_NONE : WHY_LIMIT;
}

static int by_place(const void *a, const void *b)
{
	const struct spot *x = a, *y = b;

	if (x->protocol != y->protocol)
		return x->protocol < y->protocol ? -1 : 1;
	return (x->port > y->port) - (x->port < y->port);
}

static void add_spot(struct spots *s, const struct guarded *g, enum spot_why why, int64_t now_ms)
{
	s->items[s->count++] = (struct spot){
		.protocol = g->protocol,
		.port = g->port,
		.state = why ? SPOT_LEFT : SPOT_OPEN,
		.why = why,
		.name = g->name,
		.started_by = g->started_by,
		.entered_by = g->entered_by,
		.fd = -1,
		.since_ms = now_ms,
	};
}

static unsigned add_entries(struct spots *s, const struct guard_wishes *w, int64_t now_ms)
{
	unsigned n_held = 0;

	for (unsigned i = 0; i < w->count; i++) {
		enum spot_why why = why_of(w, &w->ports[i], n_held);

		n_held += why == WHY_NONE;
		add_spot(s, &w->ports[i], why, now_ms);
	}
	qsort(s->items, s->count, sizeof(*s->items), by_place);
	return n_held;
}

/* The list is short, and entries are sorted by now. */
static void add_unasked(struct spots *s, const struct guard_wishes *w, unsigned n_held,
			int64_t now_ms)
{
	const struct spots entered = *s;

	for (unsigned i = 0; i < w->n_unasked; i++) {
		const struct guarded g = { .port = w->unasked[i], .name = "" };
		bool is_double = spot_of(&entered, PROTO_TCP, g.port) != NULL;

		for (unsigned k = entered.count; k < s->count; k++)
			is_double = is_double || s->items[k].port == g.port;
		if (!is_double)
			add_spot(s, &g, n_held < w->limit ? WHY_NONE : WHY_LIMIT, now_ms);
		n_held += !is_double;
	}
}

bool guard_plan(const struct guard_wishes *w, int64_t now_ms, struct arena *a, struct spots *ret)
{
	struct spots s = { 0 };
	unsigned n_held;

	s.items = arena_alloc(a, ((size_t)w->count + w->n_unasked + 1) * sizeof(*s.items));
	if (!s.items)
		return false;
	n_held = add_entries(&s, w, now_ms);
	add_unasked(&s, w, n_held, now_ms);
	qsort(s.items, s.count, sizeof(*s.items), by_place);
	*ret = s;
	return true;
}

struct spot *spot_of(const struct spots *s, enum protocol protocol, uint16_t port)
{
	const struct spot key = { .protocol = protocol, .port = port };

	return s->count ? bsearch(&key, s->items, s->count, sizeof(*s->items), by_place) : NULL;
}

/* What goes on. */

static bool goes_on(const struct spot *was, const struct spot *now)
{
	return now->state == SPOT_OPEN && was->state != SPOT_LEFT;
}

static void carry_one(struct spot *was, struct spot *now)
{
	if (was->state == SPOT_LEFT && now->state == SPOT_LEFT && was->why == now->why)
		now->since_ms = was->since_ms;
	/* Who has it, or is just getting it, is not disturbed by what the book says now. */
	if (!goes_on(was, now) && !was->holder)
		return;
	now->state = was->state;
	now->why = was->why;
	now->since_ms = was->since_ms;
	now->until_ms = was->until_ms;
	now->had_remains = was->had_remains;
	now->holder = was->holder;
	now->fd = was->fd;
	was->fd = -1;
}

void spots_carry(struct spots *old, struct spots *now)
{
	for (unsigned i = 0; i < old->count; i++) {
		struct spot *was = &old->items[i];
		struct spot *is = spot_of(now, was->protocol, was->port);

		if (is)
			carry_one(was, is);
	}
}

/* A look. */

bool spot_look(struct spot *s, bool somebody_has_it, int64_t now_ms)
{
	switch (s->state) {
	case SPOT_LEFT: return false;
	case SPOT_HELD:
		/* Who is just taking it listens before that is told; of UDP our own shows. */
		if (somebody_has_it && !s->holder && s->protocol == PROTO_TCP)
			spot_become(s, SPOT_IN_USE, WHY_NONE, now_ms);
		return false;
	case SPOT_YIELDED:
		if (!somebody_has_it && now_ms < s->until_ms)
			return false;
		break;
	case SPOT_GIVEN:
	case SPOT_IN_USE:
	case SPOT_OPEN: break;
	}
	if (!somebody_has_it)
		return true;
	/* Who was given it is known to have it. */
	if (s->state != SPOT_GIVEN)
		spot_become(s, SPOT_IN_USE, WHY_NONE, now_ms);
	return false;
}
