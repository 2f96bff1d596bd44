/*
 * postgres/query.c - statements that answer rows, as sql/session.h wants them.
 *
 * A callback may ask the store again, so no rows are ever on their way: they are
 * fetched at once; or, where they may be many, in parts from a cursor.  Cursors
 * live in transactions, as all operations do.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/postgres/db.h"

/* Source: PostgreSQL, src/include/catalog/pg_type.dat; these never change. */
#define BOOL_OID	16
#define TIMESTAMPTZ_OID 1184
#define JSONB_OID	3802

static const struct libpq *pq_of(const struct query *q)
{
	return ((const struct session *)q->session)->pq;
}

static bool open_step(struct sql_session *sql, const struct step *step, struct query *ret,
		      struct err *err)
{
	PGresult *result;

	if (!wire_run((struct session *)sql, step, 1, 0, &result, err))
		return false;
	*ret = (struct query){ .session = sql, .run = result, .row = -1 };
	return true;
}

static bool fetch(struct query *q, PGresult **ret, struct err *err)
{
	const struct step step = { .cursor = q->cursor, .does = CURSOR_FETCH };

	return wire_run((struct session *)q->session, &step, 1, 0, ret, err);
}

/* The cursor of a transaction has a number that none has had in it: one may be gone with a part. */
static bool open_cursor(struct session *s, const struct step *step, struct query *ret,
			struct err *err)
{
	struct step steps[] = { *step, { .does = CURSOR_FETCH } };
	PGresult *result;

	steps[0].cursor = steps[1].cursor = ++s->cursors;
	if (!wire_run(s, steps, ARRAY_LEN(steps), 1, &result, err))
		return false;
	*ret = (struct query){ .session = &s->sql, .run = result, .row = -1, .cursor = s->cursors };
	return true;
}

static bool open_long(struct sql_session *sql, const struct step *step, struct query *ret,
		      struct err *err)
{
	struct session *s = (struct session *)sql;

	return s->txn == TXN_NONE ? open_step(sql, step, ret, err) : open_cursor(s, step, ret, err);
}

static bool open_query(struct sql_session *sql, unsigned what, const struct sql_value *values,
		       unsigned n_values, struct query *ret, struct err *err)
{
	const struct step step = { .what = what, .values = values, .n_values = n_values };

	if (what == CHECK_ALL || what == CHECK_BY_ENTRY)
		return open_long(sql, &step, ret, err);
	return open_step(sql, &step, ret, err);
}

static bool open_filter(struct sql_session *sql, const struct sql_filter *f, struct query *ret,
			struct err *err)
{
	const struct step step = {
		.what = FILTERED, .shape = f->shape, .values = f->values, .n_values = f->n_values
	};

	return (f->may_be_long ? open_long : open_step)(sql, &step, ret, err);
}

static void close_query(struct query *q)
{
	const struct step step = { .cursor = q->cursor, .does = CURSOR_CLOSE };

	/* A short one goes with its transaction. */
	if (q->is_once)
		wire_run((struct session *)q->session, &step, 1, 0, NULL, NULL);
	pq_of(q)->clear(q->run);
}

/* A part that is not full is the last one. */
static bool next_part(struct query *q, struct err *err)
{
	PGresult *part;

	if (!q->cursor || q->row < CURSOR_ROWS)
		return true;
	if (!fetch(q, &part, err))
		return false;
	pq_of(q)->clear(q->run);
	q->run = part;
	q->row = 0;
	q->is_once = true; /* the cursor is to go with it */
	return true;
}

static bool next_row(struct query *q, bool *ret_row, struct err *err)
{
	q->row++;
	q->column = 0;
	if (!next_part(q, err))
		return false;
	*ret_row = q->row < pq_of(q)->ntuples(q->run);
	return true;
}

/*
 * As a book has it everywhere: jsonb is told with a blank behind each ':' and
 * ','.  In place, as the answer is ours and it only becomes shorter; again, it
 * stays as it is.
 */
static void drop_blanks(char *json)
{
	bool quoted = false;
	char *to = json;

	for (const char *from = json; *from; from++) {
		if (*from == '"')
			quoted = !quoted;
		if (*from == ' ' && !quoted)
			continue;
		*to++ = *from;
		if (*from == '\\') /* what it stands before ends no string */
			*to++ = *++from;
	}
	*to = '\0';
}

static const char *column_text(struct query *q)
{
	int column = q->column++;
	char *text;

	if (pq_of(q)->getisnull(q->run, q->row, column))
		return NULL;
	text = pq_of(q)->getvalue(q->run, q->row, column);
	if (pq_of(q)->ftype(q->run, column) == JSONB_OID)
		drop_blanks(text);
	return text;
}

/* "2026-11-21 15:25:40.123456+00" */
static int64_t time_of(const char *text)
{
	char rfc[TIME_TEXT_SIZE];
	int64_t ms = 0;
	size_t len = strcspn(text, "+");

	if (len + 2 > sizeof(rfc))
		return 0;
	snprintf(rfc, sizeof(rfc), "%.*sZ", (int)len, text);
	if (len > 10 && rfc[10] == ' ')
		rfc[10] = 'T';
	/* "infinity", or BC: no time that a book knows. */
	return time_parse(rfc, &ms, NULL) ? ms : 0;
}

static int64_t column_number(struct query *q)
{
	unsigned type = pq_of(q)->ftype(q->run, q->column);
	const char *text = column_text(q);

	if (!text)
		return 0;
	if (type == TIMESTAMPTZ_OID)
		return time_of(text);
	return type == BOOL_OID ? *text == 't' : strtoll(text, NULL, 10);
}

static bool run_later(struct sql_session *sql, unsigned what, const struct sql_value *values,
		      unsigned n_values, struct err *err)
{
	const struct step step = { .what = what, .values = values, .n_values = n_values };

	return wire_send((struct session *)sql, &step, err);
}

static bool is_begun(const struct sql_session *sql)
{
	return ((const struct session *)sql)->txn != TXN_NONE;
}

const struct sql_engine postgres_engine = {
	.open = open_query,
	.open_filter = open_filter,
	.close = close_query,
	.step = next_row,
	.text = column_text,
	.number = column_number,
	.is_begun = is_begun,
	.part_begin = pg_part_begin,
	.part_end = pg_part_end,
	.part_undo = pg_part_undo,
	.run_part = pg_run_part,
	.run_later = run_later,
};
