/*
 * sql/query.c - statements and writes, whichever engine runs them.
 */
#include "store/sql/session.h"

bool query_open(struct sql_session *s, unsigned what, const struct sql_value *values,
		unsigned n_values, struct query *ret, struct err *err)
{
	return s->engine->open(s, what, values, n_values, ret, err);
}

bool query_open_filter(struct sql_session *s, const struct sql_filter *f, struct query *ret,
		       struct err *err)
{
	return s->engine->open_filter(s, f, ret, err);
}

void query_close(struct query *q)
{
	if (q->run)
		q->session->engine->close(q);
	q->run = NULL;
}

bool query_step(struct query *q, bool *ret_row, struct err *err)
{
	return q->session->engine->step(q, ret_row, err);
}

const char *query_text(struct query *q)
{
	return q->session->engine->text(q);
}

int64_t query_int(struct query *q)
{
	return q->session->engine->number(q);
}

bool query_row_ok(struct query *q, struct err *err)
{
	return !q->out_of_memory || fail_memory(err);
}

bool query_walk(struct query *q, give_fn *give, const struct visit *v, struct err *err)
{
	bool row = false;

	for (;;) {
		if (!query_step(q, &row, err))
			return false;
		if (!row || !give(q, v))
			return query_row_ok(q, err);
	}
}

bool sql_run(struct sql_session *s, unsigned what, const struct sql_value *values,
	     unsigned n_values, struct err *err)
{
	CLEANUP(query_close) struct query q = { 0 };
	bool row = false;

	if (!query_open(s, what, values, n_values, &q, err))
		return false;
	do
		if (!query_step(&q, &row, err))
			return false;
	while (row);
	return true;
}

bool sql_ask(struct sql_session *s, unsigned what, int64_t *ret, struct err *err)
{
	CLEANUP(query_close) struct query q = { 0 };
	bool row = false;

	if (!query_open(s, what, NULL, 0, &q, err) || !query_step(&q, &row, err))
		return false;
	*ret = row ? query_int(&q) : 0;
	return true;
}

bool write_begin(struct write *w, struct err *err)
{
	struct sql_session *s = w->session;

	if (s->engine->is_begun(s)) {
		if (s->store.bulk)
			return true;
		if (!s->engine->part_begin(s, err))
			return false;
		w->kind = WRITE_PART;
		return true;
	}
	if (!s->store.ops->begin(&s->store, true, err))
		return false;
	w->kind = WRITE_ALONE;
	return true;
}

bool write_end(struct write *w, struct err *err)
{
	struct sql_session *s = w->session;
	bool alone = w->kind == WRITE_ALONE;

	if (w->kind == WRITE_NONE)
		return true;
	if (!alone && !s->engine->part_end(s, err))
		return false;
	w->kind = WRITE_NONE;
	return !alone || s->store.ops->commit(&s->store, err);
}

void write_cleanup(struct write *w)
{
	struct sql_session *s = w->session;

	switch (w->kind) {
	case WRITE_NONE: break;
	case WRITE_ALONE: s->store.ops->rollback(&s->store); break;
	case WRITE_PART: s->engine->part_undo(s); break;
	}
}

/* A transaction that a failure ends needs no savepoint, nor to wait for each answer. */
static bool run_in_bulk(struct sql_session *s, unsigned what, const struct sql_value *values,
			unsigned n_values, struct err *err)
{
	if (s->store.bulk == BULK_LATE && s->engine->run_later)
		return s->engine->run_later(s, what, values, n_values, err);
	return sql_run(s, what, values, n_values, err);
}

bool sql_change(struct sql_session *s, unsigned what, const struct sql_value *values,
		unsigned n_values, struct err *err)
{
	CLEANUP(write_cleanup) struct write w = { .session = s };

	if (s->engine->is_begun(s))
		return s->store.bulk ? run_in_bulk(s, what, values, n_values, err)
				     : s->engine->run_part(s, what, values, n_values, err);
	return write_begin(&w, err) && sql_run(s, what, values, n_values, err) &&
	       write_end(&w, err);
}

bool sql_change_surely(struct sql_session *s, unsigned what, const struct sql_value *values,
		       unsigned n_values, struct err *err)
{
	return s->engine->is_begun(s) ? sql_run(s, what, values, n_values, err)
				      : sql_change(s, what, values, n_values, err);
}
