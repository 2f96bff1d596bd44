#include "store/sql/session.h"

static bool give_block(struct query *q, const struct visit *v)
{
	struct block b;

	b.host = query_text(q);
	b.ports.first = (uint16_t)query_int(q);
	b.ports.last = (uint16_t)query_int(q);
	b.range = query_text(q);
	b.project_id = query_text(q);
	b.created_at_ms = query_int(q);
	return !q->out_of_memory && v->fn.block(&b, v->arg);
}

bool sql_block_add(struct store *store, const struct block *b, struct err *err)
{
	const struct sql_value values[] = {
		sql_key(b->host),   sql_int(b->ports.first),	sql_int(b->ports.last),
		sql_text(b->range), sql_some_id(b->project_id), sql_time(b->created_at_ms),
	};

	kept_blocks_forget(sql_session_of(store));
	return sql_change(sql_session_of(store), BLOCK_ADD, values, ARRAY_LEN(values), err);
}

bool sql_block_remove(struct store *store, const char *host, uint16_t first, struct err *err)
{
	const struct sql_value values[] = { sql_key(host), sql_int(first) };

	kept_blocks_forget(sql_session_of(store));
	return sql_change(sql_session_of(store), BLOCK_REMOVE, values, ARRAY_LEN(values), err);
}

bool sql_block_read(struct sql_session *s, const char *host, const char *project_id, block_fn *fn,
		    void *arg, struct err *err)
{
	static const enum sql_statement by[2][2] = { { BLOCK_ALL, BLOCK_OF },
						     { BLOCK_ON, BLOCK_ON_OF } };
	CLEANUP(query_close) struct query q = { 0 };
	const struct visit v = { .fn.block = fn, .arg = arg };
	struct sql_value values[2];
	unsigned n = 0;

	if (host)
		values[n++] = sql_exact(host);
	if (project_id)
		values[n++] = sql_id(project_id);
	return query_open(s, by[host != NULL][project_id != NULL], values, n, &q, err) &&
	       query_walk(&q, give_block, &v, err);
}

bool sql_block_each(struct store *store, const char *host, const char *project_id, block_fn *fn,
		    void *arg, struct err *err)
{
	struct sql_session *s = sql_session_of(store);

	return store->in_batch && s->engine->keeps_blocks
		       ? kept_blocks_each(s, host, project_id, fn, arg, err)
		       : sql_block_read(s, host, project_id, fn, arg, err);
}

static bool give_reserved(struct query *q, const struct visit *v)
{
	struct reserved r;

	r.host = query_text(q);
	r.ports.first = (uint16_t)query_int(q);
	r.ports.last = (uint16_t)query_int(q);
	r.reason = query_text(q);
	r.project = query_text(q);
	r.until_ms = query_int(q);
	r.from_policy = query_int(q) != 0;
	return !q->out_of_memory && v->fn.reserved(&r, v->arg);
}

bool sql_reserved_put(struct store *store, const struct reserved *r, struct err *err)
{
	const struct sql_value values[] = {
		sql_key(r->host),	 sql_int(r->ports.first), sql_int(r->ports.last),
		sql_text(r->reason),	 sql_text(r->project),	  sql_some_time(r->until_ms),
		sql_int(r->from_policy),
	};

	return sql_change(sql_session_of(store), RESERVED_PUT, values, ARRAY_LEN(values), err);
}

bool sql_reserved_remove(struct store *store, const char *host, uint16_t first, struct err *err)
{
	const struct sql_value values[] = { sql_key(host), sql_int(first) };

	return sql_change(sql_session_of(store), RESERVED_REMOVE, values, ARRAY_LEN(values), err);
}

bool sql_reserved_each(struct store *store, reserved_fn *fn, void *arg, struct err *err)
{
	CLEANUP(query_close) struct query q = { 0 };
	const struct visit v = { .fn.reserved = fn, .arg = arg };

	return query_open(sql_session_of(store), RESERVED_ALL, NULL, 0, &q, err) &&
	       query_walk(&q, give_reserved, &v, err);
}
