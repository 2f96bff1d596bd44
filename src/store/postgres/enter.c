/*
 * postgres/enter.c - allocate and release as the server does them.
 *
 * enter_port and release_entries (0006_ranges.sql, 0005_one_call.sql) have all rules, and leave
 * the events, for programs that talk SQL and for us: one implementation.
 */
#include <stdio.h>

#include "base/text.h"
#include "store/postgres/db.h"

static void add_ports(struct text *t, const struct port_set *ports)
{
	const char *glue = "{";

	for (unsigned port = 1; port <= UINT16_MAX; port++)
		if (port_set_has(ports, (uint16_t)port)) {
			text_addf(t, "%s%u", glue, port);
			glue = ",";
		}
	if (t->len)
		text_add(t, "}");
}

/* The port, why, whether it is the primary, whether it is the role's, who was passed. */
enum { PORT, WHY, PRIMARY, HAS_ROLE, PASSED };

static void read_entered(const char *text, struct entered *ret)
{
	long numbers[PASSED + PLAN_MAX_PASSED];
	unsigned n = pg_read_numbers(text, ARRAY_LEN(numbers), numbers);

	*ret = (struct entered){ .pick = { .why = WHY_NONE } };
	if (n < PASSED)
		return;
	ret->pick.port = (uint16_t)numbers[PORT];
	ret->pick.why = (enum plan_why)numbers[WHY];
	ret->primary = numbers[PRIMARY];
	ret->has_role = numbers[HAS_ROLE];
	for (unsigned i = PASSED; i < n; i++)
		ret->pick.passed[ret->pick.n_passed++] = (uint16_t)numbers[i];
}

static bool ask(struct session *s, unsigned what, const struct sql_value *values, unsigned n_values,
		char *ret, size_t size, struct err *err)
{
	CLEANUP(query_close) struct query q = { 0 };
	bool row = false;

	if (!pg_open_change(s, what, values, n_values, &q, err) || !query_step(&q, &row, err))
		return false;
	snprintf(ret, size, "%s", query_text(&q));
	return true;
}

/* Rationale: "{65535,7,1,1" and eight ports more. */
#define ANSWER_SIZE 80

bool pg_enter(struct store *store, const struct entering *in, struct entered *ret, struct err *err)
{
	CLEANUP(text_release) struct text strangers = { 0 };
	const struct entry *e = in->entry;
	char answer[ANSWER_SIZE];

	add_ports(&strangers, in->strangers);
	if (!text_ok(&strangers))
		return fail_memory(err);

	const struct sql_value values[] = {
		sql_id(e->id),
		sql_id(e->project_id),
		sql_key(e->range),
		sql_key(e->environment),
		sql_key(e->service),
		sql_text(e->type),
		sql_text(in->role),
		sql_key(e->host),
		sql_exact(protocol_name(e->protocol)),
		sql_text(e->description),
		sql_text(e->notes),
		sql_text(e->unit),
		sql_text(e->tunnel_hostname),
		sql_text(e->tunnel_id),
		sql_text(e->metadata),
		sql_some_time(e->expires_at_ms),
		sql_text(e->allocated_by),
		sql_time(e->allocated_at_ms),
		sql_some(in->preferred),
		sql_text(strangers.len ? text_str(&strangers) : NULL),
	};

	if (!ask(pg_session_of(store), ENTER_PORT, values, ARRAY_LEN(values), answer,
		 sizeof(answer), err))
		return false;
	read_entered(answer, ret);
	if (ret->pick.port)
		store_note_events(store, 1);
	return true;
}

static void add_ids(struct text *t, const struct entry *entries, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		text_addf(t, "%s%s", i ? "," : "{", entries[i].id);
	text_add(t, "}");
}

bool pg_release(struct store *store, const struct entry *entries, unsigned count, const char *actor,
		int64_t at_ms, struct err *err)
{
	CLEANUP(text_release) struct text ids = { 0 };
	char answer[ANSWER_SIZE];
	long done[2] = { 0 }; /* entries, events */

	/* Each may have another that becomes the primary. */
	if (2 * count > STORE_SHARED_EVENTS && !store_need_alone(store, err))
		return false;
	add_ids(&ids, entries, count);
	if (!text_ok(&ids))
		return fail_memory(err);

	const struct sql_value values[] = { sql_exact(text_str(&ids)), sql_text(actor),
					    sql_time(at_ms) };

	if (!ask(pg_session_of(store), RELEASE_ENTRIES, values, ARRAY_LEN(values), answer,
		 sizeof(answer), err))
		return false;
	if (pg_read_numbers(answer, ARRAY_LEN(done), done) < ARRAY_LEN(done))
		return fail(err, ERR_BOOK, "the book's release_entries answers nothing");
	store_note_events(store, (unsigned)done[1]);
	return true;
}
