#include "lib/naive_plan.h"

#include <string.h>

struct
try {
	uint16_t port;
	enum plan_why why;
};

struct tries {
	struct try list[3 * 65536];
	unsigned count;
};

static bool is_in(const uint16_t *list, unsigned count, unsigned port)
{
	for (unsigned i = 0; i < count; i++)
		if (list[i] == port)
			return true;
	return false;
}

static bool is_candidate(const struct choice *c, unsigned port)
{
	for (unsigned i = 0; i < c->candidates.count; i++)
		if (c->candidates.span[i].first <= port && port <= c->candidates.span[i].last)
			return true;
	return false;
}

static bool is_avoided(const struct choice *c, unsigned port)
{
	return is_in(c->range->avoid, c->range->n_avoid, port);
}

static bool is_cooling(const struct choice *c, unsigned port)
{
	return is_in(c->cooling, c->n_cooling, port);
}

/* "Not candidates: entered ports, reserved ports, ... ports on which a stranger listens" */
static bool may_be_given(const struct choice *c, const struct port_set *taken, uint16_t port)
{
	return !port_set_has(taken, port) && !port_set_has(c->reserved, port) &&
	       !port_set_has(c->strangers, port);
}

static bool only_a_stranger_forbids(const struct choice *c, const struct port_set *taken,
				    uint16_t port)
{
	return !port_set_has(taken, port) && !port_set_has(c->reserved, port) &&
	       port_set_has(c->strangers, port);
}

static void then(struct tries *t, uint16_t port, enum plan_why why)
{
	t->list[t->count++] = (struct try){ port, why };
}

static void then_if_candidate(struct tries *t, const struct choice *c, uint16_t port,
			      enum plan_why why)
{
	if (port && is_candidate(c, port))
		then(t, port, why);
}

/* The candidates one by one, in the order in which they are looked at. */
static unsigned candidates_in_order(const struct choice *c, uint16_t *ret)
{
	unsigned n = 0;

	for (unsigned i = 0; i < c->candidates.count; i++)
		for (unsigned p = c->candidates.span[i].first; p <= c->candidates.span[i].last; p++)
			ret[n++] = (uint16_t)p;
	for (unsigned i = 0; c->downwards && i < n / 2; i++) {
		uint16_t swap = ret[i];

		ret[i] = ret[n - 1 - i];
		ret[n - 1 - i] = swap;
	}
	return n;
}

/* "... or a random free one (`random`)": all others are no answer, unless none is free. */
static void keep_one_at_random(const struct choice *c, const struct port_set *taken,
			       struct tries *t, unsigned from)
{
	static struct try open[65536];
	unsigned n = 0;

	for (unsigned i = from; i < t->count; i++)
		if (may_be_given(c, taken, t->list[i].port))
			open[n++] = t->list[i];
	if (!n)
		return;
	t->list[from] = open[c->seed % n];
	t->count = from + 1;
}

/* Rules 2 to 5. */
static void list_tries(const struct choice *c, const struct port_set *taken, struct tries *t)
{
	static uint16_t all[65536];
	unsigned n = candidates_in_order(c, all), from;

	then_if_candidate(t, c, c->before, WHY_BEFORE);
	then_if_candidate(t, c, c->preferred, WHY_PREFERRED);
	then_if_candidate(t, c, c->role, WHY_ROLE);
	then_if_candidate(t, c, c->twin, WHY_TWIN);
	from = t->count;
	for (unsigned i = 0; i < n; i++)
		if (!is_avoided(c, all[i]) && !is_cooling(c, all[i]))
			then(t, all[i], WHY_FREE);
	if (c->range->strategy == STRATEGY_RANDOM)
		keep_one_at_random(c, taken, t, from);
	for (unsigned i = 0; i < n; i++)
		if (is_avoided(c, all[i]) && !is_cooling(c, all[i]))
			then(t, all[i], WHY_AVOIDED);
	for (unsigned i = 0; i < c->n_cooling; i++)
		then_if_candidate(t, c, c->cooling[i], WHY_COOLING);
}

static void note(struct pick *pick, uint16_t port)
{
	if (pick->n_passed < PLAN_MAX_PASSED && !is_in(pick->passed, pick->n_passed, port))
		pick->passed[pick->n_passed++] = port;
}

void naive_choose(const struct choice *c, const struct port_set *taken, struct pick *ret)
{
	static struct tries t;

	memset(ret, 0, sizeof(*ret));
	t.count = 0;
	if (c->only_preferred)
		then(&t, c->preferred, WHY_PREFERRED);
	else
		list_tries(c, taken, &t);
	for (unsigned i = 0; i < t.count; i++) {
		if (may_be_given(c, taken, t.list[i].port)) {
			ret->port = t.list[i].port;
			ret->why = t.list[i].why;
			return;
		}
		if (only_a_stranger_forbids(c, taken, t.list[i].port))
			note(ret, t.list[i].port);
	}
}
