/*
 * postgres/connect.c - a connection, and what it is told.
 *
 * What the URL says goes before what is said here.
 */
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "store/postgres/db.h"

/* Rationale: a server that was killed is up again by then, or a replica has taken over. */
#define RECONNECT_MS	   30000
#define RECONNECT_PAUSE_MS 100

/* Source: PQserverVersion. */
#define OLDEST_SERVER 150000

/*
 * Patience as with a book in a file: 64 commits of 16 writers take less than
 * 30 s.  Who stops in the middle of a change may not hold up all others for
 * longer than that either.  Times and numbers are read by query.c.
 */
#define UNLESS_SAID(name, value)                                                        \
	"set_config('" name "', CASE current_setting('" name "') WHEN '0' THEN '" value \
	"' ELSE current_setting('" name "') END, false)"
static const char configure[] =
	"SELECT set_config('search_path', 'public, pg_temp', false),"
	" set_config('datestyle', 'ISO, YMD', false), set_config('timezone', 'UTC', false),"
	" set_config('standard_conforming_strings', 'on', false),"
	" set_config('extra_float_digits', '1', false),"
	" set_config('cursor_tuple_fraction', '1', false)," UNLESS_SAID(
		"lock_timeout",
		"30s") "," UNLESS_SAID("statement_timeout",
				       "60s") "," UNLESS_SAID("idle_in_transaction_session_timeout",
							      "30s");

static void clear_result(struct session *s, PGresult *result)
{
	s->pq->clear(result);
}

bool pg_is_lost(const struct session *s)
{
	return s->pq->status(s->conn) != CONNECTION_OK;
}

static bool connect_plainly(struct session *s, struct err *err)
{
	memset(s->prepared, 0, sizeof(s->prepared));
	s->n_shapes = 0;
	s->tells = false;
	return pg_dial(s, err);
}

static bool check_server(struct session *s, struct err *err)
{
	int version = s->pq->serverVersion(s->conn);

	return version >= OLDEST_SERVER ||
	       fail(err, ERR_BOOK, "the book '%.300s' is on PostgreSQL %d, and needs at least %d",
		    s->shown, version / 10000, OLDEST_SERVER / 10000);
}

/* Some statements, whose last one answers so. */
static bool exec(struct session *s, const char *sql, ExecStatusType wanted, struct err *err)
{
	PGresult *result = s->pq->exec(s->conn, sql);
	bool ok = s->pq->resultStatus(result) == wanted || pg_fail(s, result, err);

	clear_result(s, result);
	return ok;
}

bool pg_connect_to_any(struct session *s, struct err *err)
{
	return connect_plainly(s, err) &&
	       exec(s, "SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'", PGRES_COMMAND_OK, err);
}

bool pg_connect_to_watch(struct session *s, struct err *err)
{
	return connect_plainly(s, err) && exec(s, SQL_WATCH, PGRES_TUPLES_OK, err);
}

bool pg_connect(struct session *s, struct err *err)
{
	return connect_plainly(s, err) && check_server(s, err) &&
	       exec(s, configure, PGRES_TUPLES_OK, err);
}

static bool fail_no_book(struct session *s, struct err *err)
{
	fail(err, ERR_BOOK, "the database '%.300s' has no book yet", s->shown);
	return fail_hint(err, "its owner makes it: portbook --book URL setup");
}

static bool check_version(struct session *s, struct err *err)
{
	unsigned version, latest = pg_schema_latest();

	if (!pg_schema_version(s, &version, err))
		return false;
	if (version == latest)
		return true;
	if (!version)
		return fail_no_book(s, err);
	fail(err, ERR_BOOK, "the book '%.300s' has version %u, and this program %s %u", s->shown,
	     version, version > latest ? "knows versions up to" : "needs", latest);
	return version > latest
		       ? fail_hint(err, "use the newer portbook that has written it")
		       : fail_hint(err, "its owner brings it there: portbook --book URL setup");
}

bool pg_connect_to_book(struct session *s, struct err *err)
{
	return pg_connect(s, err) && check_version(s, err) &&
	       (s->pq->enterPipelineMode(s->conn) || fail_memory(err));
}

bool pg_reconnect(struct session *s, struct err *err)
{
	const int64_t until = clock_now_ms() + RECONNECT_MS;
	struct err why = { 0 };

	while (!pg_connect_to_book(s, &why)) {
		if (why.code != ERR_IO || clock_now_ms() >= until) {
			/* To ask again would only wait as long once more. */
			s->sql.store.loss = LOSS_NONE;
			*err = why;
			return false;
		}
		nanosleep(&(struct timespec){ .tv_nsec = RECONNECT_PAUSE_MS * 1000000L }, NULL);
	}
	return true;
}
