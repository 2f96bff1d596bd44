/*
 * sql/events.c - the history, and what was seen of entries.
 */
#include "store/sql/session.h"

/* Columns as in sql_filter_events. */
static bool give_event(struct query *q, const struct visit *v)
{
	struct event e;

	e.seq = query_int(q);
	e.at_ms = query_int(q);
	e.actor = query_text(q);
	e.op = query_text(q);
	e.project_id = query_text(q);
	e.subject = query_text(q);
	e.service = query_text(q);
	e.port = (uint16_t)query_int(q);
	e.before = query_text(q);
	e.after = query_text(q);
	return !q->out_of_memory && v->fn.event(&e, v->arg);
}

bool sql_event_add(struct store *store, const struct event *e, struct err *err)
{
	if ((e->seq || store->n_events >= STORE_SHARED_EVENTS) && !store_need_alone(store, err))
		return false;

	const struct sql_value values[] = {
		sql_some(e->seq),     sql_int(e->seq ? 0 : store_seq_step(store)),
		sql_time(e->at_ms),   sql_text(e->actor),
		sql_key(e->op),	      sql_some_id(e->project_id),
		sql_text(e->subject), sql_text(e->service),
		sql_some(e->port),    sql_text(e->before),
		sql_text(e->after),
	};

	return sql_change(sql_session_of(store), EVENT_ADD, values, ARRAY_LEN(values), err);
}

bool sql_event_each(struct store *store, const struct event_filter *f, event_fn *fn, void *arg,
		    struct err *err)
{
	CLEANUP(query_close) struct query q = { 0 };
	const struct visit v = { .fn.event = fn, .arg = arg };
	struct sql_filter filter;

	sql_filter_events(f, store->ops->hold != NULL, &filter);
	return query_open_filter(sql_session_of(store), &filter, &q, err) &&
	       query_walk(&q, give_event, &v, err);
}

static bool give_check(struct query *q, const struct visit *v)
{
	struct health_check c;

	c.id = query_int(q);
	c.entry_id = query_text(q);
	c.at_ms = query_int(q);
	c.status = query_text(q);
	c.response_us = query_int(q);
	c.details = query_text(q);
	return !q->out_of_memory && v->fn.check(&c, v->arg);
}

bool sql_check_add(struct store *store, const struct health_check *c, struct err *err)
{
	const struct sql_value values[] = {
		sql_some(c->id),
		sql_id(c->entry_id),
		sql_time(c->at_ms),
		sql_key(c->status),
		c->response_us < 0 ? sql_some(0) : sql_int(c->response_us),
		sql_text(c->details),
	};

	return (c->id ? sql_change : sql_change_surely)(sql_session_of(store), CHECK_ADD, values,
							ARRAY_LEN(values), err);
}

bool sql_check_each(struct store *store, check_fn *fn, void *arg, struct err *err)
{
	CLEANUP(query_close) struct query q = { 0 };
	const struct visit v = { .fn.check = fn, .arg = arg };

	return query_open(sql_session_of(store), CHECK_ALL, NULL, 0, &q, err) &&
	       query_walk(&q, give_check, &v, err);
}

bool sql_check_of(struct store *store, const struct check_filter *f, check_fn *fn, void *arg,
		  struct err *err)
{
	CLEANUP(query_close) struct query q = { 0 };
	const char *id = f->entry_id ? f->entry_id : f->project_id;
	const struct sql_value values[] = { sql_id(id) };
	const struct visit v = { .fn.check = fn, .arg = arg };
	enum sql_statement what = f->entry_id	  ? CHECK_OF
				  : f->project_id ? CHECK_OF_PROJECT
						  : CHECK_BY_ENTRY;

	return query_open(sql_session_of(store), what, values, id ? 1 : 0, &q, err) &&
	       query_walk(&q, give_check, &v, err);
}

bool sql_check_remove(struct store *store, int64_t id, struct err *err)
{
	const struct sql_value values[] = { sql_int(id) };

	return sql_change_surely(sql_session_of(store), CHECK_REMOVE, values, ARRAY_LEN(values),
				 err);
}
