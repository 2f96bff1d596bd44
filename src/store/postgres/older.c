#include "store/postgres/older.h"

#include <stdio.h>
#include <string.h>

#include "store/postgres/db.h"

/* Rationale: a column that one version of a system has and another has not is no error in JSON. */
#define SQL_RANGES "SELECT to_jsonb(t) FROM project_port_ranges t ORDER BY project_id"
/* By name, or by the number of the project's range. */
#define SQL_ALLOCATIONS                                                            \
	"SELECT jsonb_build_object('project_name', r.project_name) || to_jsonb(a)" \
	" FROM port_allocations a LEFT JOIN project_port_ranges r"                 \
	" ON r.project_id::text = to_jsonb(a) ->> 'project_id' ORDER BY a.id"
#define SQL_SHARED "SELECT to_jsonb(t) FROM shared_service_ports t ORDER BY id"

/* Each worktree is an instance: the main one is 1, the others are counted by their paths. */
#define SQL_OWNED                                                                                \
	"WITH owned AS (SELECT a.*, c.name AS codebase, c.default_cwd,"                          \
	" c.name IS NULL OR a.worktree_path IS NULL OR a.worktree_path = c.default_cwd AS main"  \
	" FROM remote_agent_port_allocations a"                                                  \
	" LEFT JOIN remote_agent_conversations v ON v.id = a.conversation_id"                    \
	" LEFT JOIN remote_agent_codebases c ON c.id = coalesce(a.codebase_id, v.codebase_id))," \
	" counted AS (SELECT *, CASE WHEN main THEN 1 ELSE 1 + dense_rank() OVER"                \
	" (PARTITION BY codebase, main, status = 'released' ORDER BY worktree_path)"             \
	" END AS instance FROM owned) "
#define SQL_CODEBASES                                                                   \
	SQL_OWNED "SELECT DISTINCT jsonb_build_object('name', codebase, 'default_cwd'," \
		  " default_cwd) FROM counted WHERE codebase IS NOT NULL"               \
		  " AND status <> 'released' ORDER BY 1"
#define SQL_WORKTREES                                                                    \
	SQL_OWNED "SELECT DISTINCT jsonb_build_object('codebase', codebase, 'instance'," \
		  " instance, 'worktree_path', worktree_path) FROM counted"              \
		  " WHERE NOT main AND status <> 'released' ORDER BY 1"
#define SQL_PORTS SQL_OWNED "SELECT to_jsonb(t) FROM counted t ORDER BY port"

/* A dump of the one table alone: whose its rows are, it does not say. */
#define SQL_NONE	"SELECT 1 WHERE false"
#define SQL_PORTS_ALONE "SELECT to_jsonb(t) FROM remote_agent_port_allocations t ORDER BY port"

#define TABLES_MAX 3

#define NEEDED_MAX 2

static const struct older {
	const char *system;
	const char *needs[NEEDED_MAX]; /* tables without which it is another's database */
	const char *may_have;	       /* without it each `otherwise` is asked */
	struct {
		const char *name, *sql, *otherwise; /* the name is that in what is read */
	} tables[TABLES_MAX];
} systems[] = {
	{ "supervisor",
	  { "project_port_ranges", "port_allocations" },
	  "shared_service_ports",
	  { { "project_port_ranges", SQL_RANGES, SQL_RANGES },
	    { "port_allocations", SQL_ALLOCATIONS, SQL_ALLOCATIONS },
	    { "shared_service_ports", SQL_SHARED, SQL_NONE } } },
	{ "scar",
	  { "remote_agent_port_allocations" },
	  "remote_agent_conversations",
	  { { "codebases", SQL_CODEBASES, SQL_NONE },
	    { "worktrees", SQL_WORKTREES, SQL_NONE },
	    { "remote_agent_port_allocations", SQL_PORTS, SQL_PORTS_ALONE } } },
};

static const struct older *older_named(const char *system)
{
	for (size_t i = 0; i < ARRAY_LEN(systems); i++)
		if (!strcmp(systems[i].system, system))
			return &systems[i];
	return NULL;
}

/* For CLEANUP(answer_cleanup). */
struct answer {
	struct session *s;
	PGresult *result;
};

static void answer_cleanup(struct answer *a)
{
	a->s->pq->clear(a->result);
}

static bool ask(struct answer *a, const char *sql, struct err *err)
{
	ExecStatusType status;

	a->result = a->s->pq->exec(a->s->conn, sql);
	status = a->s->pq->resultStatus(a->result);
	return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK ||
	       pg_fail(a->s, a->result, err);
}

static bool has_table(struct session *s, const char *table, bool *ret, struct err *err)
{
	CLEANUP(answer_cleanup) struct answer a = { .s = s };
	char sql[128];

	snprintf(sql, sizeof(sql), "SELECT to_regclass('%s') IS NOT NULL", table);
	if (!ask(&a, sql, err))
		return false;
	*ret = *s->pq->getvalue(a.result, 0, 0) == 't';
	return true;
}

static bool add_rows(struct session *s, const char *sql, struct text *t, struct err *err)
{
	CLEANUP(answer_cleanup) struct answer a = { .s = s };

	if (!ask(&a, sql, err))
		return false;
	for (int i = 0, n = s->pq->ntuples(a.result); i < n; i++)
		text_addf(t, "%s\n%s", i ? "," : "", s->pq->getvalue(a.result, i, 0));
	return text_ok(t) || fail_memory(err);
}

static bool fail_no_table(struct session *s, const struct older *o, const char *table,
			  struct err *err)
{
	return fail(err, ERR_BOOK, "the database '%.300s' is none of %s: it has no table '%s'",
		    s->shown, o->system, table);
}

static bool check_tables(struct session *s, const struct older *o, struct err *err)
{
	for (unsigned i = 0; i < NEEDED_MAX && o->needs[i]; i++) {
		bool has;

		if (!has_table(s, o->needs[i], &has, err))
			return false;
		if (!has)
			return fail_no_table(s, o, o->needs[i], err);
	}
	return true;
}

static bool add_table(struct session *s, const struct older *o, unsigned at, bool is_whole,
		      struct text *t, struct err *err)
{
	const char *sql = is_whole ? o->tables[at].sql : o->tables[at].otherwise;

	text_addf(t, "%s\"%s\": [", at ? ",\n" : "{", o->tables[at].name);
	if (!add_rows(s, sql, t, err))
		return false;
	text_add(t, at + 1 < TABLES_MAX ? "]" : "]}\n");
	return true;
}

/* Views of ours have the names of their tables. */
static bool check_no_book(struct session *s, struct err *err)
{
	bool is_book;

	if (!has_table(s, "public.portbook_schema", &is_book, err))
		return false;
	if (!is_book)
		return true;
	fail(err, ERR_BOOK, "'%.300s' is a book of portbook itself", s->shown);
	return fail_hint(err, "portbook copy URL TARGET-BOOK, or portbook --book URL export");
}

static bool read_tables(struct session *s, const struct older *o, struct text *t, struct err *err)
{
	CLEANUP(answer_cleanup) struct answer begin = { .s = s };
	bool is_whole;

	if (!ask(&begin, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", err) ||
	    !check_no_book(s, err) || !check_tables(s, o, err) ||
	    !has_table(s, o->may_have, &is_whole, err))
		return false;
	for (unsigned i = 0; i < TABLES_MAX; i++)
		if (!add_table(s, o, i, is_whole, t, err))
			return false;
	return true;
}

/* The transaction ends with the connection. */
bool store_postgres_read_older(const char *url, const char *system, struct text *ret,
			       struct err *err)
{
	CLEANUP(pg_session_cleanup) struct session *s = NULL;
	const struct older *o = older_named(system);

	if (!o) {
		fail(err, ERR_INVALID, "'%.40s' is read from a file, not from a database", system);
		return fail_hint(err,
				 "--format supervisor, or --format scar; a book of portbook is "
				 "for portbook copy");
	}
	if (!pg_session_new(url, &s, err))
		return false;
	s->noun = "database";
	return pg_connect_to_any(s, err) && read_tables(s, o, ret, err);
}
