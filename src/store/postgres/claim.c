/*
 * postgres/claim.c - asking for the port that the server's choose_port chooses.
 *
 * The function is the engine's own plan_choose: programs that talk SQL call it,
 * too (0002_functions.sql).  It is told the plan; what is entered it knows.
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

/* The arrays of choose_port, in its order. */
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

/* "{3000,3001}" */
static void read_passed(const char *text, struct pick *ret)
{
	ret->n_passed = 0;
	while (text && *++text && *text != '}' && ret->n_passed < PLAN_MAX_PASSED) {
		ret->passed[ret->n_passed++] = (uint16_t)strtoul(text, NULL, 10);
		text += strcspn(text, ",}");
	}
}

bool pg_choose(struct sql_session *s, const struct plan *p, const struct entry *e, struct pick *ret,
	       struct err *err)
{
	CLEANUP(told_cleanup) struct told t = { 0 };
	CLEANUP(query_close) struct query q = { 0 };
	struct sql_value values[ARRAY_COUNT + 4];
	bool row = false;
	int64_t round;

	if (!tell(p, &t, err))
		return false;
	values[0] = sql_key(e->host);
	values[1] = sql_exact(protocol_name(e->protocol));
	for (unsigned i = 0; i < ARRAY_COUNT; i++)
		values[2 + i] = sql_exact(text_str(&t.arrays[i]));
	values[ARRAY_COUNT + 2] = sql_int(p->downwards);
	values[ARRAY_COUNT + 3] = sql_text(p->random ? t.seed : NULL);
	if (!query_open(s, CHOOSE_PORT, values, ARRAY_LEN(values), &q, err) ||
	    !query_step(&q, &row, err))
		return false;
	if (!row)
		return fail(err, ERR_BOOK, "the book's choose_port answers nothing");
	ret->port = (uint16_t)query_int(&q);
	round = query_int(&q);
	ret->why = why_of(p, round, query_int(&q));
	read_passed(query_text(&q), ret);
	return true;
}
