/*
 * postgres/query.c - statements that answer rows, as sql/session.h wants them.
 *
 * All rows are fetched at once, so a callback may ask the store again.
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

static bool open_query(struct sql_session *sql, unsigned what, const struct sql_value *values,
		       unsigned n_values, struct query *ret, struct err *err)
{
	const struct step step = { .what = what, .values = values, .n_values = n_values };

	return open_step(sql, &step, ret, err);
}

static bool open_filter(struct sql_session *sql, const struct sql_filter *f, struct query *ret,
			struct err *err)
{
	const struct step step = {
		.what = FILTERED, .shape = f->shape, .values = f->values, .n_values = f->n_values
	};

	return open_step(sql, &step, ret, err);
}

static void close_query(struct query *q)
{
	pq_of(q)->clear(q->run);
}

static bool next_row(struct query *q, bool *ret_row, struct err *err)
{
	(void)err; /* all rows are here */
	q->row++;
	q->column = 0;
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
	.choose = pg_choose,
	.is_begun = is_begun,
	.part_begin = pg_part_begin,
	.part_end = pg_part_end,
	.part_undo = pg_part_undo,
	.run_part = pg_run_part,
};
