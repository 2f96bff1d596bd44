/*
 * sql/requests.c - what was answered to calls that had a key.
 */
#include "store/sql/session.h"

static bool read_request(struct query *q, struct arena *a, struct request *ret, struct err *err)
{
	struct request r = *ret;
	const char *op = query_text(q), *answer = query_text(q);

	r.op = op ? arena_copy(a, op) : NULL;
	r.answer = answer ? arena_copy(a, answer) : NULL;
	r.at_ms = query_int(q);
	if (!r.op || !r.answer)
		return fail_memory(err);
	*ret = r;
	return true;
}

bool sql_request_find(struct store *store, const char *actor, const char *key, struct arena *a,
		      struct request *ret, bool *ret_found, struct err *err)
{
	CLEANUP(query_close) struct query q = { 0 };
	const struct sql_value values[] = { sql_key(actor), sql_key(key) };
	struct request r = { .actor = actor, .key = key };
	bool row = false;

	if (!query_open(sql_session_of(store), REQUEST_FIND, values, ARRAY_LEN(values), &q, err) ||
	    !query_step(&q, &row, err) || (row && !read_request(&q, a, &r, err)))
		return false;
	if (row)
		*ret = r;
	*ret_found = row;
	return true;
}

bool sql_request_add(struct store *store, const struct request *r, struct err *err)
{
	const struct sql_value values[] = { sql_key(r->actor), sql_key(r->key), sql_key(r->op),
					    sql_key(r->answer), sql_time(r->at_ms) };

	return sql_change(sql_session_of(store), REQUEST_ADD, values, ARRAY_LEN(values), err);
}

bool sql_requests_remove(struct store *store, int64_t before_ms, struct err *err)
{
	const struct sql_value values[] = { sql_time(before_ms) };

	return sql_change(sql_session_of(store), REQUESTS_REMOVE, values, ARRAY_LEN(values), err);
}
