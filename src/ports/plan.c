/*
 * ports/plan.c - choosing a port, in two pure steps.
 *
 * The order is: the single ports of rules 2 to 4; then all candidates but the
 * late ones; then those that are avoided; last those that cool down, the oldest
 * release first.  A port that is reserved, or on which a stranger listens, is
 * passed over in each step.
 */
#include "ports/plan.h"

#include <string.h>

bool candidates_has(const struct candidates *c, uint16_t port)
{
	for (unsigned i = 0; i < c->count; i++)
		if (port_range_has(c->span[i], port))
			return true;
	return false;
}

unsigned candidates_size(const struct candidates *c)
{
	unsigned size = 0;

	for (unsigned i = 0; i < c->count; i++)
		size += port_range_size(c->span[i]);
	return size;
}

bool candidates_add(struct candidates *c, struct port_range r)
{
	if (c->count == PLAN_MAX_SPANS)
		return false;
	c->span[c->count++] = r;
	return true;
}

bool candidates_remove(struct candidates *c, struct port_range r)
{
	struct candidates left = { .count = 0 };

	for (unsigned i = 0; i < c->count; i++) {
		struct port_range s = c->span[i];

		if (!port_range_overlaps(s, r)) {
			if (!candidates_add(&left, s))
				return false;
			continue;
		}
		if (s.first < r.first &&
		    !candidates_add(&left, (struct port_range){ s.first, (uint16_t)(r.first - 1) }))
			return false;
		if (s.last > r.last &&
		    !candidates_add(&left, (struct port_range){ (uint16_t)(r.last + 1), s.last }))
			return false;
	}
	*c = left;
	return true;
}

static void try_first(struct plan *p, uint16_t port, enum plan_why why)
{
	p->first[p->n_first].port = port;
	p->first[p->n_first].why = why;
	p->n_first++;
}

void plan_make(const struct choice *c, struct plan *ret)
{
	const struct candidates *all = &c->candidates;

	memset(ret, 0, sizeof(*ret));
	ret->reserved = *c->reserved;
	ret->strangers = *c->strangers;
	if (c->only_preferred) {
		try_first(ret, c->preferred, WHY_PREFERRED);
		return;
	}
	if (c->before && candidates_has(all, c->before))
		try_first(ret, c->before, WHY_BEFORE);
	if (c->preferred && candidates_has(all, c->preferred))
		try_first(ret, c->preferred, WHY_PREFERRED);
	if (c->role && candidates_has(all, c->role))
		try_first(ret, c->role, WHY_ROLE);
	if (c->twin && candidates_has(all, c->twin))
		try_first(ret, c->twin, WHY_TWIN);

	ret->candidates = *all;
	ret->downwards = c->downwards;
	ret->random = c->range->strategy == STRATEGY_RANDOM;
	ret->seed = c->seed;
	for (unsigned i = 0; i < c->range->n_avoid; i++)
		port_set_add(&ret->late, c->range->avoid[i]);
	for (unsigned i = 0; i < c->n_cooling; i++)
		port_set_add(&ret->late, c->cooling[i]);
	ret->cooling = c->cooling;
	ret->n_cooling = c->n_cooling;
	ret->cooling_since_ms = c->cooling_since_ms;
}

static bool is_open(const struct plan *p, const struct port_set *taken, uint16_t port)
{
	return !port_set_has(taken, port) && !port_set_has(&p->reserved, port) &&
	       !port_set_has(&p->strangers, port);
}

/* A port that would have been the answer if no stranger sat on it. */
static void note_passed(const struct plan *p, const struct port_set *taken, uint16_t port,
			struct pick *pick)
{
	if (!port_set_has(&p->strangers, port) || port_set_has(taken, port) ||
	    port_set_has(&p->reserved, port) || pick->n_passed == PLAN_MAX_PASSED)
		return;
	for (unsigned i = 0; i < pick->n_passed; i++)
		if (pick->passed[i] == port)
			return;
	pick->passed[pick->n_passed++] = port;
}

static bool choose_first(const struct plan *p, const struct port_set *taken, struct pick *pick)
{
	for (unsigned i = 0; i < p->n_first; i++) {
		if (is_open(p, taken, p->first[i].port)) {
			pick->port = p->first[i].port;
			pick->why = p->first[i].why;
			return true;
		}
		note_passed(p, taken, p->first[i].port, pick);
	}
	return false;
}

/*
 * The candidates are walked in rounds.  Without `cooling` the round has those
 * that are not late; with it, those that are avoided: late, but not cooling.
 */
static bool is_of_round(const struct plan *p, const struct port_set *cooling, uint16_t port)
{
	bool late = port_set_has(&p->late, port);

	return cooling ? late && !port_set_has(cooling, port) : !late;
}

/* The round's open candidate with `skip` open ones before it; 0: there are not so many. */
static uint16_t nth_open(const struct plan *p, const struct port_set *taken,
			 const struct port_set *cooling, unsigned skip, struct pick *pick)
{
	for (unsigned s = 0; s < p->candidates.count; s++) {
		unsigned at = p->downwards ? p->candidates.count - 1 - s : s;
		struct port_range span = p->candidates.span[at];

		for (unsigned i = 0; i < port_range_size(span); i++) {
			unsigned port = p->downwards ? span.last - i : span.first + i;

			if (!is_of_round(p, cooling, (uint16_t)port))
				continue;
			if (!is_open(p, taken, (uint16_t)port))
				note_passed(p, taken, (uint16_t)port, pick);
			else if (skip-- == 0)
				return (uint16_t)port;
		}
	}
	return 0;
}

static unsigned count_open(const struct plan *p, const struct port_set *taken)
{
	unsigned n = 0;

	for (unsigned s = 0; s < p->candidates.count; s++)
		for (unsigned port = p->candidates.span[s].first;
		     port <= p->candidates.span[s].last; port++)
			n += is_of_round(p, NULL, (uint16_t)port) &&
			     is_open(p, taken, (uint16_t)port);
	return n;
}

static bool choose_open(const struct plan *p, const struct port_set *taken, struct pick *pick)
{
	unsigned open = p->random ? count_open(p, taken) : 0;
	/* By chance another had been taken anyway: no stranger stood in the way. */
	struct pick by_chance = *pick;

	if (open)
		pick->port = nth_open(p, taken, NULL, (unsigned)(p->seed % open), &by_chance);
	else
		pick->port = nth_open(p, taken, NULL, 0, pick);
	pick->why = pick->port ? WHY_FREE : WHY_NONE;
	return pick->port != 0;
}

static bool choose_avoided(const struct plan *p, const struct port_set *taken, struct pick *pick)
{
	struct port_set cooling = { 0 };

	for (unsigned i = 0; i < p->n_cooling; i++)
		port_set_add(&cooling, p->cooling[i]);
	pick->port = nth_open(p, taken, &cooling, 0, pick);
	pick->why = pick->port ? WHY_AVOIDED : WHY_NONE;
	return pick->port != 0;
}

static bool choose_cooling(const struct plan *p, const struct port_set *taken, struct pick *pick)
{
	for (unsigned i = 0; i < p->n_cooling; i++) {
		if (!candidates_has(&p->candidates, p->cooling[i]))
			continue;
		if (is_open(p, taken, p->cooling[i])) {
			pick->port = p->cooling[i];
			pick->why = WHY_COOLING;
			return true;
		}
		note_passed(p, taken, p->cooling[i], pick);
	}
	return false;
}

void plan_choose(const struct plan *p, const struct port_set *taken, struct pick *ret)
{
	struct pick pick = { .why = WHY_NONE };

	(void)(choose_first(p, taken, &pick) || choose_open(p, taken, &pick) ||
	       choose_avoided(p, taken, &pick) || choose_cooling(p, taken, &pick));
	*ret = pick;
}

const char *plan_why_text(enum plan_why why)
{
	switch (why) {
	case WHY_NONE: return "nothing is free";
	case WHY_BEFORE: return "the service had it before";
	case WHY_PREFERRED: return "it was asked for";
	case WHY_ROLE: return "it is the port of its role";
	case WHY_TWIN: return "it stands where it stands in instance 1";
	case WHY_FREE: return "it is free";
	case WHY_AVOIDED: return "only ports that programs take unasked are left";
	case WHY_COOLING: return "only ports released a short while ago are left";
	}
	__builtin_unreachable();
}
