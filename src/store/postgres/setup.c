/*
 * postgres/setup.c - the schema: what a database has, and bringing it to what this program knows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/embedded.h"
#include "store/postgres/db.h"
#include "store/embedded_schema.h"
#include "store/postgres/postgres.h"

/* Which steps a database has is a table of its own: clearing the book leaves it. */
#define SQL_HAS_STEPS "SELECT to_regclass('public.portbook_schema') IS NOT NULL"
#define SQL_LAST_STEP "SELECT coalesce(max(step), 0) FROM portbook_schema"
#define SQL_MAKE_STEPS                                                                              \
	"CREATE TABLE IF NOT EXISTS portbook_schema (step integer PRIMARY KEY, name text NOT NULL," \
	" made_at timestamptz NOT NULL DEFAULT now())"
#define SQL_IS_FOREIGN                                              \
	"SELECT to_regclass('public.port_allocations') IS NOT NULL" \
	" OR to_regclass('public.projects') IS NOT NULL"            \
	" OR to_regclass('public.settings') IS NOT NULL"            \
	" OR to_regclass('public.events') IS NOT NULL"
#define SQL_BEGIN "BEGIN; " SQL_LOCK_BOOK

unsigned pg_schema_latest(void)
{
	return (unsigned)embedded_schema_count;
}

/* The value of the last row; `*ret` 0: there is none. */
static bool ask(struct session *s, const char *sql, unsigned *ret, struct err *err)
{
	PGresult *result = s->pq->exec(s->conn, sql);
	ExecStatusType status = s->pq->resultStatus(result);
	bool ok = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK ||
		  pg_fail(s, result, err);

	if (ok && ret && s->pq->ntuples(result)) {
		const char *text = s->pq->getvalue(result, 0, 0);

		*ret = *text == 't' ? 1 : (unsigned)strtoul(text, NULL, 10);
	}
	s->pq->clear(result);
	return ok;
}

bool pg_schema_version(struct session *s, unsigned *ret, struct err *err)
{
	unsigned has = 0, version = 0;

	if (!ask(s, SQL_HAS_STEPS, &has, err) || (has && !ask(s, SQL_LAST_STEP, &version, err)))
		return false;
	*ret = version;
	return true;
}

static bool check_foreign(struct session *s, struct err *err)
{
	unsigned foreign = 0;

	if (!ask(s, SQL_IS_FOREIGN, &foreign, err))
		return false;
	if (!foreign)
		return true;
	fail(err, ERR_BOOK, "the database '%.300s' has tables of another program", s->shown);
	return fail_hint(err, "give the book a database of its own: createdb portbook");
}

static bool check_encoding(struct session *s, struct err *err)
{
	const char *encoding = s->pq->parameterStatus(s->conn, "server_encoding");

	if (encoding && !strcmp(encoding, "UTF8"))
		return true;
	fail(err, ERR_BOOK, "the database '%.300s' keeps text as %s, and a book needs UTF8",
	     s->shown, encoding ? encoding : "nobody knows what");
	return fail_hint(err,
			 "make another: createdb --encoding UTF8 --template template0 portbook");
}

static bool take_step(struct session *s, unsigned i, struct err *err)
{
	char stamp[160];

	snprintf(stamp, sizeof(stamp), "INSERT INTO portbook_schema (step, name) VALUES (%u, '%s')",
		 i + 1, embedded_schema[i].name);
	return (ask(s, embedded_schema[i].text, NULL, err) && ask(s, stamp, NULL, err)) ||
	       fail_while(err, "%s", embedded_schema[i].name);
}

/* Inside a transaction that holds the lock: whoever comes second finds it done. */
static bool take_steps(struct session *s, unsigned version, struct err *err)
{
	if (!ask(s, SQL_MAKE_STEPS, NULL, err))
		return false;
	for (unsigned i = version; i < pg_schema_latest(); i++)
		if (!take_step(s, i, err))
			return false;
	return true;
}

static bool migrate(struct session *s, bool dry_run, struct postgres_setup *ret, struct err *err)
{
	if (!ask(s, SQL_BEGIN, NULL, err) || !pg_schema_version(s, &ret->was, err) ||
	    !check_encoding(s, err) || (!ret->was && !check_foreign(s, err)))
		return false;
	ret->is = pg_schema_latest();
	if (ret->was > ret->is)
		return fail(err, ERR_BOOK,
			    "the book '%.300s' has version %u, and this program knows versions up "
			    "to %u",
			    s->shown, ret->was, ret->is);
	if (dry_run || ret->was == ret->is)
		return ask(s, "ROLLBACK", NULL, err);
	if (take_steps(s, ret->was, err))
		return ask(s, "COMMIT", NULL, err);
	if (err->code == ERR_NOT_PERMITTED)
		fail_hint(err, "setup is for the owner of the database");
	return false;
}

bool store_postgres_setup(const char *url, bool dry_run, struct postgres_setup *ret,
			  struct store **ret_store, struct err *err)
{
	CLEANUP(pg_session_cleanup) struct session *s = NULL;
	struct postgres_setup setup = { 0 };
	struct err why = { 0 };

	if (!pg_session_new(url, &s, err))
		return false;
	if (!pg_connect(s, &why) || !migrate(s, dry_run, &setup, &why)) {
		*err = why;
		return false;
	}
	if (!dry_run && !s->pq->enterPipelineMode(s->conn))
		return fail_memory(err);
	s->sql.store.may_be_new = true;
	*ret = setup;
	*ret_store = dry_run ? NULL : &s->sql.store;
	if (!dry_run)
		s = NULL;
	return true;
}
