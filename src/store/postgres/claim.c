/*
 * postgres/claim.c - entering what the server's claim_port chooses the port for.
 *
 * The function is the engine's own plan_choose: what programs call by SQL calls
 * it, too (0004_slots.sql).  It is told the plan; what is entered it knows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/postgres/db.h"

/* A set as an array of those that the plan may come to: "{3000,3001}". */
static void add_set(struct text *t, const struct plan *p, const struct port_set *set)
{
	const char *glue = "";

	text_add(t, "{");
	for (unsigned s = 0; s < p->candidates.count; s++)
		for (unsigned port = p->candidates.span[s].first;
		     port <= p->candidates.span[s].last; port++)
			if (port_set_has(set, (uint16_t)port)) {
				text_addf(t, "%s%u", glue, port);
				glue = ",";
			}
	for (unsigned i = 0; i < p->n_first; i++)
		if (port_set_has(set, p->first[i].port)) {
			text_addf(t, "%s%u", glue, (unsigned)p->first[i].port);
			glue = ",";
		}
	text_add(t, "}");
}

static void add_first(struct text *t, const struct plan *p)
{
	text_add(t, "{");
	for (unsigned i = 0; i < p->n_first; i++)
		text_addf(t, "%s%u", i ? "," : "", (unsigned)p->first[i].port);
	text_add(t, "}");
}

static void add_ends(struct text *t, const struct plan *p, bool lows)
{
	text_add(t, "{");
	for (unsigned s = 0; s < p->candidates.count; s++)
		text_addf(t, "%s%u", s ? "," : "",
			  (unsigned)(lows ? p->candidates.span[s].first
					  : p->candidates.span[s].last));
	text_add(t, "}");
}

static void add_cooling(struct text *t, const struct plan *p)
{
	text_add(t, "{");
	for (unsigned i = 0; i < p->n_cooling; i++)
		text_addf(t, "%s%u", i ? "," : "", (unsigned)p->cooling[i]);
	text_add(t, "}");
}

/* Of those of sql_entry_values, the one that claim_port finds by itself. */
#define PORT_VALUE 11

/* The arrays of claim_port, in its order. */
enum array { FIRST, LOWS, HIGHS, CLOSED, STRANGERS, LATE, COOLING, ARRAY_COUNT };

struct told {
	struct text arrays[ARRAY_COUNT];
	char seed[24];
};

static void told_cleanup(struct told *t)
{
	for (unsigned i = 0; i < ARRAY_COUNT; i++)
		text_release(&t->arrays[i]);
}

/* Of an array that is empty the server is told nothing: see claim_port. */
static bool is_empty(const struct told *t, unsigned i)
{
	return i != LOWS && i != HIGHS && t->arrays[i].len == 2;
}

static bool tell(const struct plan *p, struct told *t, struct err *err)
{
	bool ok = true;

	add_first(&t->arrays[FIRST], p);
	add_ends(&t->arrays[LOWS], p, true);
	add_ends(&t->arrays[HIGHS], p, false);
	add_set(&t->arrays[CLOSED], p, &p->reserved);
	add_set(&t->arrays[STRANGERS], p, &p->strangers);
	add_set(&t->arrays[LATE], p, &p->late);
	add_cooling(&t->arrays[COOLING], p);
	snprintf(t->seed, sizeof(t->seed), "%llu", (unsigned long long)p->seed);
	for (unsigned i = 0; i < ARRAY_COUNT; i++)
		ok = ok && text_ok(&t->arrays[i]);
	return ok || fail_memory(err);
}

static enum plan_why why_of(const struct plan *p, int64_t round, int64_t turn)
{
	static const enum plan_why whys[] = { WHY_NONE, WHY_NONE, WHY_FREE, WHY_AVOIDED,
					      WHY_COOLING };

	if (round == 1 && turn >= 1 && turn <= p->n_first)
		return p->first[turn - 1].why;
	return round >= 0 && round < (int64_t)ARRAY_LEN(whys) ? whys[round] : WHY_NONE;
}

unsigned pg_read_numbers(const char *text, unsigned room, long *ret)
{
	unsigned n = 0;

	while (text && *++text && *text != '}' && n < room) {
		ret[n++] = strtol(text, NULL, 10);
		text += strcspn(text, ",}");
	}
	return n;
}

/* The port, its round and turn, and then the strangers that were passed. */
static void read_numbers(const char *text, const struct plan *p, struct pick *ret)
{
	long numbers[3 + PLAN_MAX_PASSED];
	unsigned n = pg_read_numbers(text, ARRAY_LEN(numbers), numbers);

	*ret = (struct pick){ .why = WHY_NONE };
	if (n < 3)
		return;
	ret->port = (uint16_t)numbers[0];
	ret->why = why_of(p, numbers[1], numbers[2]);
	for (unsigned i = 3; i < n; i++)
		ret->passed[ret->n_passed++] = (uint16_t)numbers[i];
}

static bool read_pick(struct query *q, const struct plan *p, struct pick *ret, struct err *err)
{
	bool row = false;

	if (!query_step(q, &row, err))
		return false;
	if (!row)
		return fail(err, ERR_BOOK, "the book's claim_port answers nothing");
	read_numbers(query_text(q), p, ret);
	return true;
}

bool pg_open_change(struct session *s, unsigned what, const struct sql_value *values,
		    unsigned n_values, struct query *ret, struct err *err)
{
	const struct step steps[] = {
		{ .what = SAVEPOINT },
		{ .what = what, .values = values, .n_values = n_values },
		{ .what = SAVEPOINT_END },
	};
	bool shared = s->sql.store.is_shared;
	PGresult *result;

	if (!wire_run(s, shared ? steps + 1 : steps, shared ? 1 : ARRAY_LEN(steps), shared ? 0 : 1,
		      &result, err)) {
		if (!shared)
			pg_part_undo(&s->sql);
		return false;
	}
	*ret = (struct query){ .session = &s->sql, .run = result, .row = -1 };
	return true;
}

static bool claim(struct session *s, const struct plan *p, const struct entry *e, struct pick *ret,
		  struct err *err)
{
	CLEANUP(told_cleanup) struct told t = { 0 };
	CLEANUP(query_close) struct query q = { 0 };
	struct sql_value values[SQL_ENTRY_VALUES + ARRAY_COUNT + 3], *at = values;
	struct entry entry = *e;
	struct pick pick;

	if (!tell(p, &t, err))
		return false;
	entry.port = 1; /* that of an entry that is not the primary: its ordinal is not 0 */
	sql_entry_values(&entry, at);
	memmove(&values[PORT_VALUE], &values[PORT_VALUE + 1],
		(SQL_ENTRY_VALUES - PORT_VALUE - 1) * sizeof(*values));
	at += SQL_ENTRY_VALUES - 1;
	for (unsigned i = 0; i < ARRAY_COUNT; i++)
		*at++ = sql_text(is_empty(&t, i) ? NULL : text_str(&t.arrays[i]));
	*at++ = sql_some_time(p->cooling_since_ms);
	*at++ = sql_int(p->downwards);
	*at++ = sql_text(p->random ? t.seed : NULL);
	if (!pg_open_change(s, CLAIM_PORT, values, (unsigned)(at - values), &q, err) ||
	    !read_pick(&q, p, &pick, err))
		return false;
	*ret = pick;
	return true;
}

bool pg_claim(struct store *store, const struct plan *p, const struct entry *e, struct pick *ret,
	      struct err *err)
{
	struct session *s = pg_session_of(store);
	CLEANUP(write_cleanup) struct write w = { .session = &s->sql };
	struct pick pick;

	if (s->txn != TXN_NONE)
		return claim(s, p, e, ret, err);
	if (!write_begin(&w, err) || !claim(s, p, e, &pick, err) || !write_end(&w, err))
		return false;
	*ret = pick;
	return true;
}
