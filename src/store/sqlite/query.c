/*
 * sqlite/query.c - statements, prepared once a session.
 *
 * A statement that is asked for while it runs (a callback that asks the store
 * again) is prepared once more, for that one use.
 */
#include <string.h>

#include "store/sqlite/db.h"

static bool prepare(struct session *s, const char *sql, unsigned flags, sqlite3_stmt **ret,
		    struct err *err)
{
	int64_t since_ms = 0;
	int rc;

	do
		rc = sqlite3_prepare_v3(s->db, sql, -1, flags, ret, NULL);
	while (session_tries_again(s, rc, &since_ms));
	return rc == SQLITE_OK || session_fail(s, err);
}

bool session_prepare(struct session *s, unsigned what, struct err *err)
{
	return s->statements[what] || prepare(s, statement_text(what), SQLITE_PREPARE_PERSISTENT,
					      &s->statements[what], err);
}

static int bind(sqlite3_stmt *stmt, int at, const struct sql_value *v)
{
	switch (v->kind) {
	case SQL_VALUE_NULL: return SQLITE_OK; /* what is not bound is NULL */
	case SQL_VALUE_TIME:
	case SQL_VALUE_INT: return sqlite3_bind_int64(stmt, at, v->number);
	case SQL_VALUE_ID:
	case SQL_VALUE_TEXT: return sqlite3_bind_text(stmt, at, v->text, -1, SQLITE_STATIC);
	}
	return SQLITE_MISUSE;
}

static bool bind_all(struct query *q, const struct sql_value *values, unsigned n, struct err *err)
{
	for (unsigned i = 0; i < n; i++)
		if (bind(q->run, (int)i + 1, &values[i]) != SQLITE_OK)
			return session_fail((struct session *)q->session, err);
	return true;
}

/* After SQLITE_FULL, IOERR or NOMEM SQLite may have undone the whole: the rest must not stand alone. */
static bool is_undone(const struct session *s)
{
	return s->txn != TXN_NONE && sqlite3_get_autocommit(s->db);
}

static bool may_run(const struct session *s, struct err *err)
{
	return !is_undone(s) ||
	       fail(err, ERR_IO, "an earlier error has undone the transaction on the book '%s'",
		    s->path);
}

static bool open_query(struct sql_session *sql, unsigned what, const struct sql_value *values,
		       unsigned n_values, struct query *ret, struct err *err)
{
	struct session *s = (struct session *)sql;
	sqlite3_stmt *stmt;
	bool is_once;

	if (!may_run(s, err) || !session_prepare(s, what, err))
		return false;
	stmt = s->statements[what];
	is_once = sqlite3_stmt_busy(stmt);
	if (is_once && !prepare(s, statement_text(what), 0, &stmt, err))
		return false;
	*ret = (struct query){ .session = sql, .run = stmt, .is_once = is_once };
	return bind_all(ret, values, n_values, err);
}

/* The kept statement of this shape; NULL: there is none, or it runs just now. */
static sqlite3_stmt *kept(const struct session *s, uint64_t shape)
{
	for (unsigned i = 0; i < SHAPES_KEPT; i++)
		if (s->shapes[i].shape == shape && !sqlite3_stmt_busy(s->shapes[i].stmt))
			return s->shapes[i].stmt;
	return NULL;
}

/* False: the place whose turn it is is in use; the statement stays the caller's. */
static bool keep(struct session *s, uint64_t shape, sqlite3_stmt *stmt)
{
	unsigned at = s->next_shape;

	s->next_shape = (at + 1) % SHAPES_KEPT;
	if (s->shapes[at].stmt && sqlite3_stmt_busy(s->shapes[at].stmt))
		return false;
	sqlite3_finalize(s->shapes[at].stmt);
	s->shapes[at].shape = shape;
	s->shapes[at].stmt = stmt;
	return true;
}

static bool prepare_shape(struct session *s, uint64_t shape, struct query *ret, struct err *err)
{
	CLEANUP(text_release) struct text sql = { 0 };
	sqlite3_stmt *stmt;

	sql_filter_text(shape, &sql);
	if (!text_ok(&sql))
		return fail_memory(err);
	if (!prepare(s, text_str(&sql), SQLITE_PREPARE_PERSISTENT, &stmt, err))
		return false;
	ret->run = stmt;
	ret->is_once = !keep(s, shape, stmt);
	return true;
}

static bool open_filter(struct sql_session *sql, const struct sql_filter *f, struct query *ret,
			struct err *err)
{
	struct session *s = (struct session *)sql;

	if (!may_run(s, err))
		return false;
	*ret = (struct query){ .session = sql, .run = kept(s, f->shape) };
	if (!ret->run && !prepare_shape(s, f->shape, ret, err))
		return false;
	return bind_all(ret, f->values, f->n_values, err);
}

static void close_query(struct query *q)
{
	if (q->is_once) {
		sqlite3_finalize(q->run);
	} else {
		/* What is bound is the caller's, and may be gone by the next use. */
		sqlite3_reset(q->run);
		sqlite3_clear_bindings(q->run);
	}
}

static bool step(struct query *q, bool *ret_row, struct err *err)
{
	struct session *s = (struct session *)q->session;
	int64_t since_ms = 0;
	int rc;

	/* Met with before the first row only, and the next step begins anew. */
	do
		rc = sqlite3_step(q->run);
	while (session_tries_again(s, rc, &since_ms));
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return session_fail(s, err);
	q->column = 0;
	*ret_row = rc == SQLITE_ROW;
	return true;
}

static const char *column_text(struct query *q)
{
	int column = q->column++;
	const char *text;

	if (sqlite3_column_type(q->run, column) == SQLITE_NULL)
		return NULL;
	text = (const char *)sqlite3_column_text(q->run, column);
	if (!text)
		q->out_of_memory = true;
	return text;
}

static int64_t column_int(struct query *q)
{
	return sqlite3_column_int64(q->run, q->column++);
}

static bool is_begun(const struct sql_session *sql)
{
	return ((const struct session *)sql)->txn != TXN_NONE;
}

const struct sql_engine sqlite_engine = {
	.marks_seen = true,
	.keeps_blocks = true,
	.open = open_query,
	.open_filter = open_filter,
	.close = close_query,
	.step = step,
	.text = column_text,
	.number = column_int,
	.is_begun = is_begun,
	.part_begin = session_part_begin,
	.part_end = session_part_end,
	.part_undo = session_part_undo,
	/* SQLite undoes a statement that fails by itself. */
	.run_part = sql_run,
};
