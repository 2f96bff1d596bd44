/*
 * sql/claim.c - taking the port that plan_choose chooses, for engines with one writer at a time.
 *
 * The plan wants to know which ports are entered, and reading all of a large
 * range costs more than the rest of the claim.  So it is read by and by: the
 * plan chooses with what is known, and is asked again while its answer rests
 * on ports that were not looked at.  What is not known counts as free, so each
 * look can only take ports away: an answer whose own ports are known is the one
 * that knowing all would give.  Only a random choice counts all free ports, and
 * needs them all at once.
 */
#include "store/sql/session.h"

/* Rationale: most projects have a few ports at the bottom of their block of 100. */
#define PORTS_AT_ONCE 64

struct knowledge {
	struct store *store;
	const struct entry *entry;
	struct port_set taken;
	bool known[65536 / PORTS_AT_ONCE];
};

static bool learn(struct knowledge *k, unsigned first, unsigned last, struct err *err)
{
	unsigned from = first / PORTS_AT_ONCE, to = last / PORTS_AT_ONCE;
	const struct port_range r = { (uint16_t)(from * PORTS_AT_ONCE),
				      (uint16_t)((to + 1) * PORTS_AT_ONCE - 1) };

	for (unsigned i = from; i <= to; i++)
		k->known[i] = true;
	return sql_taken(k->store, k->entry->host, k->entry->protocol, r, &k->taken, err);
}

static bool learn_all(struct knowledge *k, const struct candidates *c, struct err *err)
{
	for (unsigned i = 0; i < c->count; i++)
		if (!learn(k, c->span[i].first, c->span[i].last, err))
			return false;
	return true;
}

/* A port that the pick rests on and nobody has looked at; 0: there is none. */
static uint16_t unknown_of(const struct knowledge *k, const struct pick *pick)
{
	if (!k->known[pick->port / PORTS_AT_ONCE] && pick->port)
		return pick->port;
	for (unsigned i = 0; i < pick->n_passed; i++)
		if (!k->known[pick->passed[i] / PORTS_AT_ONCE])
			return pick->passed[i];
	return 0;
}

static bool choose_known(struct knowledge *k, const struct plan *p, struct pick *ret,
			 struct err *err)
{
	uint16_t unknown;

	if (p->random && !learn_all(k, &p->candidates, err))
		return false;
	for (;;) {
		plan_choose(p, &k->taken, ret);
		unknown = unknown_of(k, ret);
		if (!unknown)
			return true;
		if (!learn(k, unknown, unknown, err))
			return false;
	}
}

static bool claim(struct sql_session *s, const struct plan *p, const struct entry *e,
		  struct pick *ret, struct err *err)
{
	struct knowledge k = { .store = &s->store, .entry = e };
	struct entry entry = *e;
	struct pick pick = { .why = WHY_NONE };

	if (!choose_known(&k, p, &pick, err))
		return false;
	entry.port = pick.port;
	if (pick.port && !entry_add(s, &entry, err))
		return false;
	*ret = pick;
	return true;
}

bool sql_claim(struct store *store, const struct plan *p, const struct entry *e, struct pick *ret,
	       struct err *err)
{
	struct sql_session *s = sql_session_of(store);
	CLEANUP(write_cleanup) struct write w = { .session = s };
	struct pick pick;

	if (s->engine->is_begun(s))
		return claim(s, p, e, ret, err);
	if (!write_begin(&w, err) || !claim(s, p, e, &pick, err) || !write_end(&w, err))
		return false;
	*ret = pick;
	return true;
}
