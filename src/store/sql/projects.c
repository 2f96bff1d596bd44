#include "store/sql/session.h"

/* Columns as in SQL_PROJECT. */
static void read_project(struct query *q, struct project *ret)
{
	const char *status;

	ret->id = query_text(q);
	ret->number = (int)query_int(q);
	ret->name = query_text(q);
	ret->path = query_text(q);
	ret->owner = query_text(q);
	ret->description = query_text(q);
	status = query_text(q);
	ret->metadata = query_text(q);
	ret->created_at_ms = query_int(q);
	ret->status = PROJECT_ACTIVE;
	if (status)
		(void)project_status_from_name(status, &ret->status);
}

static bool give_project(struct query *q, const struct visit *v)
{
	struct project p;

	read_project(q, &p);
	return !q->out_of_memory && v->fn.project(&p, v->arg);
}

static enum sql_statement statement_for(const struct project_key *key, struct sql_value *ret)
{
	if (key->id) {
		*ret = sql_id(key->id);
		return FIND_PROJECT_BY_ID;
	}
	if (key->name) {
		*ret = sql_exact(key->name);
		return FIND_PROJECT_BY_NAME;
	}
	if (key->path) {
		*ret = sql_exact(key->path);
		return FIND_PROJECT_BY_PATH;
	}
	*ret = sql_int(key->number);
	return FIND_PROJECT_BY_NUMBER;
}

bool sql_project_find(struct store *store, const struct project_key *key, struct arena *a,
		      struct project *ret, bool *ret_found, struct err *err)
{
	CLEANUP(query_close) struct query q = { 0 };
	struct sql_value value;
	enum sql_statement what = statement_for(key, &value);
	struct project p;
	bool row = false;

	if (!query_open(sql_session_of(store), what, &value, 1, &q, err) ||
	    !query_step(&q, &row, err))
		return false;
	if (row) {
		read_project(&q, &p);
		if (!query_row_ok(&q, err))
			return false;
		if (!project_copy(a, &p, ret))
			return fail_memory(err);
	}
	*ret_found = row;
	return true;
}

bool sql_project_put(struct store *store, const struct project *p, struct err *err)
{
	const struct sql_value values[] = {
		sql_id(p->id),
		sql_number(p->number),
		sql_key(p->name),
		sql_text(p->path),
		sql_text(p->owner),
		sql_text(p->description),
		sql_exact(project_status_name(p->status)),
		sql_text(p->metadata),
		sql_time(p->created_at_ms),
	};

	return sql_change(sql_session_of(store), PROJECT_PUT, values, ARRAY_LEN(values), err);
}

static bool remove_rows(struct sql_session *s, const struct sql_value *id, struct err *err)
{
	CLEANUP(query_close) struct query q = { 0 };
	bool row = false;

	if (!query_open(s, PROJECT_HAS_ENTRIES, id, 1, &q, err) || !query_step(&q, &row, err))
		return false;
	if (row)
		return fail(err, ERR_TAKEN, "the project still has entries");
	return sql_run(s, PROJECT_REMOVE_CHECKS, id, 1, err) &&
	       sql_run(s, PROJECT_REMOVE_RELEASED, id, 1, err) &&
	       sql_run(s, PROJECT_REMOVE_INSTANCES, id, 1, err) &&
	       sql_run(s, PROJECT_REMOVE_BLOCKS, id, 1, err) &&
	       sql_run(s, PROJECT_REMOVE, id, 1, err);
}

bool sql_project_remove(struct store *store, const char *id, struct err *err)
{
	const struct sql_value value = sql_id(id);
	CLEANUP(write_cleanup) struct write w = { .session = sql_session_of(store) };

	kept_blocks_forget(w.session);
	return write_begin(&w, err) && remove_rows(w.session, &value, err) && write_end(&w, err);
}

bool sql_project_each(struct store *store, project_fn *fn, void *arg, struct err *err)
{
	CLEANUP(query_close) struct query q = { 0 };
	const struct visit v = { .fn.project = fn, .arg = arg };

	return query_open(sql_session_of(store), PROJECT_ALL, NULL, 0, &q, err) &&
	       query_walk(&q, give_project, &v, err);
}

/* Columns as in SQL_INSTANCE. */
static void read_instance(struct query *q, struct instance *ret)
{
	ret->project_id = query_text(q);
	ret->project = query_text(q);
	ret->number = (unsigned)query_int(q);
	ret->host = query_text(q);
	ret->purpose = query_text(q);
	ret->branch = query_text(q);
	ret->status = query_text(q);
	ret->worktree = query_text(q);
	ret->slice = (int)query_int(q);
	ret->created_at_ms = query_int(q);
	ret->released_at_ms = query_int(q);
}

static bool give_instance(struct query *q, const struct visit *v)
{
	struct instance i;

	read_instance(q, &i);
	return !q->out_of_memory && v->fn.instance(&i, v->arg);
}

bool sql_instance_put(struct store *store, const struct instance *i, struct err *err)
{
	const struct sql_value values[] = {
		sql_id(i->project_id),	    sql_int(i->number),
		sql_key(i->host),	    sql_text(i->purpose),
		sql_text(i->branch),	    sql_text(i->status),
		sql_text(i->worktree),	    sql_int(i->slice),
		sql_time(i->created_at_ms), sql_some_time(i->released_at_ms),
	};

	return sql_change(sql_session_of(store), INSTANCE_PUT, values, ARRAY_LEN(values), err);
}

bool sql_instance_each(struct store *store, const char *project_id, instance_fn *fn, void *arg,
		       struct err *err)
{
	CLEANUP(query_close) struct query q = { 0 };
	const struct visit v = { .fn.instance = fn, .arg = arg };
	const struct sql_value value = sql_id(project_id);

	return query_open(sql_session_of(store), project_id ? INSTANCE_OF_PROJECT : INSTANCE_ALL,
			  &value, project_id ? 1 : 0, &q, err) &&
	       query_walk(&q, give_instance, &v, err);
}

bool sql_instance_find(struct store *store, const char *host, const char *worktree, struct arena *a,
		       struct instance *ret, bool *ret_found, struct err *err)
{
	CLEANUP(query_close) struct query q = { 0 };
	const struct sql_value values[] = { sql_key(host), sql_key(worktree) };
	struct instance i;
	bool row = false;

	if (!query_open(sql_session_of(store), INSTANCE_IN, values, ARRAY_LEN(values), &q, err) ||
	    !query_step(&q, &row, err))
		return false;
	if (row) {
		read_instance(&q, &i);
		if (!query_row_ok(&q, err))
			return false;
		if (!instance_copy(a, &i, ret))
			return fail_memory(err);
	}
	*ret_found = row;
	return true;
}
