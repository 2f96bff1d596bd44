#include "store/sqlite/db.h"

bool sqlite_setting_get(struct store *store, const char *name, struct arena *a, const char **ret,
			struct err *err)
{
	CLEANUP(query_close) struct query q = { 0 };
	const struct sql_value values[] = { sql_key(name) };
	const char *value = NULL;
	bool row = false;

	if (!query_open(session_of(store), SETTING_GET, values, ARRAY_LEN(values), &q, err) ||
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

bool sqlite_setting_put(struct store *store, const char *name, const char *value, struct err *err)
{
	const struct sql_value values[] = { sql_key(name), sql_key(value) };

	return session_change(session_of(store), SETTING_PUT, values, ARRAY_LEN(values), err);
}

static bool range_put(struct session *s, const struct stored_range *r, struct err *err)
{
	const struct sql_value values[] = {
		sql_key(r->name),  sql_int(r->ports.first), sql_int(r->ports.last),
		sql_int(r->block), sql_int(r->slice),	    sql_text(r->description),
		sql_key(r->rule),
	};

	return session_run(s, RANGE_PUT, values, ARRAY_LEN(values), err);
}

bool sqlite_ranges_put(struct store *store, const struct stored_range *ranges, unsigned count,
		       struct err *err)
{
	struct session *s = session_of(store);
	CLEANUP(write_cleanup) struct write w = { .session = s };

	if (!write_begin(&w, err) || !session_run(s, RANGES_RETIRE, NULL, 0, err))
		return false;
	for (unsigned i = 0; i < count; i++)
		if (!range_put(s, &ranges[i], err))
			return false;
	return session_run(s, RANGES_REMOVE, NULL, 0, err) && write_end(&w, err);
}
