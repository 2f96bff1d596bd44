#include <assert.h>
#include <string.h>

#include "store/sql/session.h"

/* Columns as in sql_filter_entries. */
static void read_entry(struct query *q, struct entry *ret)
{
	const char *protocol, *status;

	ret->id = query_text(q);
	ret->project_id = query_text(q);
	ret->project = query_text(q);
	ret->project_number = (int)query_int(q);
	ret->instance = (unsigned)query_int(q);
	ret->environment = query_text(q);
	ret->service = query_text(q);
	ret->primary = query_int(q) != 0;
	ret->type = query_text(q);
	ret->role = query_text(q);
	ret->range = query_text(q);
	ret->host = query_text(q);
	protocol = query_text(q);
	ret->port = (uint16_t)query_int(q);
	status = query_text(q);
	ret->description = query_text(q);
	ret->notes = query_text(q);
	ret->unit = query_text(q);
	ret->tunnel_hostname = query_text(q);
	ret->tunnel_id = query_text(q);
	ret->metadata = query_text(q);
	ret->allocated_by = query_text(q);
	ret->worktree = query_text(q);
	ret->allocated_at_ms = query_int(q);
	ret->last_used_at_ms = query_int(q);
	ret->last_verified_at_ms = query_int(q);
	ret->released_at_ms = query_int(q);
	ret->expires_at_ms = query_int(q);

	/* The table's CHECKs let no other words in. */
	ret->protocol = PROTO_TCP;
	ret->status = STATUS_ALLOCATED;
	if (protocol)
		(void)protocol_from_name(protocol, &ret->protocol);
	if (status)
		(void)entry_status_from_name(status, &ret->status);
}

static bool give_entry(struct query *q, const struct visit *v)
{
	struct entry e;

	read_entry(q, &e);
	return !q->out_of_memory && v->fn.entry(&e, v->arg);
}

bool sql_entry_each(struct store *store, const struct entry_filter *f, entry_fn *fn, void *arg,
		    struct err *err)
{
	CLEANUP(query_close) struct query q = { 0 };
	const struct visit v = { .fn.entry = fn, .arg = arg };
	struct sql_filter filter;

	sql_filter_entries(f, sql_session_of(store)->engine->marks_seen, &filter);
	return query_open_filter(sql_session_of(store), &filter, &q, err) &&
	       query_walk(&q, give_entry, &v, err);
}

bool sql_service_find(struct store *store, const struct service_name *name, struct arena *a,
		      struct entry *ret, bool *ret_found, bool *ret_worktrees, struct err *err)
{
	CLEANUP(query_close) struct query q = { 0 };
	const struct sql_value values[] = {
		sql_exact(name->project),    sql_exact(name->service),
		sql_text(name->environment), sql_int(name->instance),
		sql_key(name->host),	     sql_exact(protocol_name(name->protocol)),
	};
	struct entry e;
	bool row = false;

	if (!query_open(sql_session_of(store), SERVICE_FIND, values, ARRAY_LEN(values), &q, err) ||
	    !query_step(&q, &row, err))
		return false;
	if (row) {
		read_entry(&q, &e);
		*ret_worktrees = query_int(&q) != 0;
		if (!query_row_ok(&q, err))
			return false;
		if (!entry_copy(a, &e, ret))
			return fail_memory(err);
	}
	*ret_found = row;
	return true;
}

bool sql_entry_count(struct store *store, const struct entry_filter *f, unsigned *ret,
		     struct err *err)
{
	CLEANUP(query_close) struct query q = { 0 };
	struct sql_filter filter;
	bool row = false;

	sql_filter_entry_count(f, &filter);
	if (!query_open_filter(sql_session_of(store), &filter, &q, err) ||
	    !query_step(&q, &row, err))
		return false;
	*ret = row ? (unsigned)query_int(&q) : 0;
	return true;
}

bool sql_taken(struct store *store, const char *host, enum protocol protocol, struct port_range r,
	       struct port_set *into, struct err *err)
{
	CLEANUP(query_close) struct query q = { 0 };
	const struct sql_value values[] = { sql_key(host), sql_exact(protocol_name(protocol)),
					    sql_int(r.first), sql_int(r.last) };
	bool row = false;

	if (!query_open(sql_session_of(store), TAKEN, values, ARRAY_LEN(values), &q, err))
		return false;
	for (;;) {
		if (!query_step(&q, &row, err))
			return false;
		if (!row)
			return true;
		port_set_add(into, (uint16_t)query_int(&q));
	}
}

void sql_entry_values(const struct entry *e, struct sql_value ret[static SQL_ENTRY_VALUES])
{
	const struct sql_value values[] = {
		sql_id(e->id),
		sql_id(e->project_id),
		sql_int(e->instance),
		sql_key(e->environment),
		sql_key(e->service),
		sql_int(e->primary ? 0 : e->port),
		sql_text(e->type),
		sql_text(e->role),
		sql_text(e->range),
		sql_key(e->host),
		sql_exact(protocol_name(e->protocol)),
		sql_int(e->port),
		sql_exact(entry_status_name(e->status)),
		sql_text(e->description),
		sql_text(e->notes),
		sql_text(e->unit),
		sql_text(e->tunnel_hostname),
		sql_text(e->tunnel_id),
		sql_text(e->metadata),
		sql_text(e->allocated_by),
		sql_time(e->allocated_at_ms),
		sql_some_time(e->last_used_at_ms),
		sql_some_time(e->last_verified_at_ms),
		sql_some_time(e->released_at_ms),
		sql_some_time(e->expires_at_ms),
	};

	static_assert(ARRAY_LEN(values) == SQL_ENTRY_VALUES, "a column has no value");
	memcpy(ret, values, sizeof(values));
}

bool entry_add(struct sql_session *s, const struct entry *e, struct err *err)
{
	struct sql_value values[SQL_ENTRY_VALUES];

	sql_entry_values(e, values);
	return sql_change(s, ENTRY_ADD, values, SQL_ENTRY_VALUES, err);
}

bool sql_entry_put(struct store *store, const struct entry *e, struct err *err)
{
	struct sql_value values[SQL_ENTRY_VALUES];

	sql_entry_values(e, values);
	return sql_change(sql_session_of(store), ENTRY_PUT, values, SQL_ENTRY_VALUES, err);
}

bool sql_entries_verified(struct store *store, const char *host, const char *const *ids,
			  unsigned count, int64_t at_ms, struct err *err)
{
	for (unsigned i = 0; i < count; i++) {
		const struct sql_value values[] = { sql_time(at_ms), sql_id(ids[i]),
						    sql_key(host) };

		if (!sql_change_surely(sql_session_of(store), ENTRY_VERIFIED, values,
				       ARRAY_LEN(values), err))
			return false;
	}
	return true;
}
