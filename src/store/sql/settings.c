#include "store/sql/session.h"

bool sql_setting_get(struct store *store, const char *name, struct arena *a, const char **ret,
		     struct err *err)
{
	CLEANUP(query_close) struct query q = { 0 };
	const struct sql_value values[] = { sql_key(name) };
	const char *value = NULL;
	bool row = false;

	if (!query_open(sql_session_of(store), SETTING_GET, values, ARRAY_LEN(values), &q, err) ||
	    !query_step(&q, &row, err))
		return false;
	if (row) {
		value = arena_copy(a, query_text(&q));
		if (!value)
			return fail_memory(err);
	}
	*ret = value;
	return true;
}

bool sql_setting_put(struct store *store, const char *name, const char *value, struct err *err)
{
	const struct sql_value values[] = { sql_key(name), sql_key(value) };

	return sql_change(sql_session_of(store), SETTING_PUT, values, ARRAY_LEN(values), err);
}

static bool give_setting(struct query *q, const struct visit *v)
{
	const char *name = query_text(q), *value = query_text(q);

	return !q->out_of_memory && v->fn.setting(name, value, v->arg);
}

bool sql_setting_each(struct store *store, setting_fn *fn, void *arg, struct err *err)
{
	CLEANUP(query_close) struct query q = { 0 };
	const struct visit v = { .fn.setting = fn, .arg = arg };

	return query_open(sql_session_of(store), SETTING_ALL, NULL, 0, &q, err) &&
	       query_walk(&q, give_setting, &v, err);
}

static bool range_put(struct sql_session *s, const struct stored_range *r, struct err *err)
{
	const struct sql_value values[] = {
		sql_some_id(r->id),	  sql_key(r->name),  sql_int(r->ports.first),
		sql_int(r->ports.last),	  sql_int(r->block), sql_int(r->slice),
		sql_text(r->description), sql_key(r->rule),
	};

	return sql_run(s, RANGE_PUT, values, ARRAY_LEN(values), err);
}

bool sql_ranges_put(struct store *store, const struct stored_range *ranges, unsigned count,
		    struct err *err)
{
	struct sql_session *s = sql_session_of(store);
	CLEANUP(write_cleanup) struct write w = { .session = s };

	if (!write_begin(&w, err) || !sql_run(s, RANGES_RETIRE, NULL, 0, err))
		return false;
	for (unsigned i = 0; i < count; i++)
		if (!range_put(s, &ranges[i], err))
			return false;
	return sql_run(s, RANGES_REMOVE, NULL, 0, err) && write_end(&w, err);
}

static bool give_range(struct query *q, const struct visit *v)
{
	struct stored_range r;

	r.id = query_text(q);
	r.name = query_text(q);
	r.ports.first = (uint16_t)query_int(q);
	r.ports.last = (uint16_t)query_int(q);
	r.block = (unsigned)query_int(q);
	r.slice = (unsigned)query_int(q);
	r.description = query_text(q);
	r.rule = query_text(q);
	return !q->out_of_memory && v->fn.range(&r, v->arg);
}

bool sql_range_each(struct store *store, range_fn *fn, void *arg, struct err *err)
{
	CLEANUP(query_close) struct query q = { 0 };
	const struct visit v = { .fn.range = fn, .arg = arg };

	return query_open(sql_session_of(store), RANGE_ALL, NULL, 0, &q, err) &&
	       query_walk(&q, give_range, &v, err);
}

bool sql_clear(struct store *store, struct err *err)
{
	struct sql_session *s = sql_session_of(store);
	CLEANUP(write_cleanup) struct write w = { .session = s };

	kept_blocks_forget(s);
	if (!write_begin(&w, err))
		return false;
	for (unsigned i = CLEAR_CHECKS; i <= CLEAR_SETTINGS; i++)
		if (!sql_run(s, i, NULL, 0, err))
			return false;
	return write_end(&w, err);
}
