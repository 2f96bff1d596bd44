#include "store/postgres/postgres.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/postgres/db.h"

bool pg_session_new(const char *url, struct session **ret, struct err *err)
{
	const struct libpq *pq = libpq_load();
	size_t size = strlen(url) + 8;
	struct session *s;

	if (!pq) {
		fail(err, ERR_BOOK, "a book in PostgreSQL needs libpq, which is not installed");
		return fail_hint(err, "on Debian: apt install libpq5");
	}
	s = calloc(1, sizeof(*s));
	if (!s)
		return fail_memory(err);
	s->sql.store.ops = &postgres_ops;
	s->sql.engine = &postgres_engine;
	s->pq = pq;
	s->noun = "book";
	s->url = strdup(url);
	s->shown = malloc(size);
	if (!s->url || !s->shown) {
		store_free(&s->sql.store);
		return fail_memory(err);
	}
	postgres_url_shown(url, s->shown, size);
	*ret = s;
	return true;
}

void pg_session_cleanup(struct session **s)
{
	if (*s)
		store_free(&(*s)->sql.store);
}

/* The server undoes what is open when the connection ends. */
static void pg_free(struct store *store)
{
	struct session *s = pg_session_of(store);

	wire_forget_later(s);
	s->pq->finish(s->conn);
	free(s->url);
	free(s->shown);
	free(s);
}

bool store_postgres_open(const char *url, struct store **ret, struct err *err)
{
	CLEANUP(pg_session_cleanup) struct session *s = NULL;

	if (!pg_session_new(url, &s, err) || !pg_connect_to_book(s, err))
		return false;
	*ret = &s->sql.store;
	s = NULL;
	return true;
}

/* Rationale: two numbers of 20 digits. */
#define DATABASE_SIZE 48

static bool which_database(struct store *store, char ret[static DATABASE_SIZE], struct err *err)
{
	struct session *s = pg_session_of(store);
	PGresult *result;

	if (!wire_run(s, &(struct step){ .what = WHICH_DATABASE }, 1, 0, &result, err))
		return false;
	snprintf(ret, DATABASE_SIZE, "%s", s->pq->getvalue(result, 0, 0));
	s->pq->clear(result);
	return true;
}

bool store_postgres_is_same(struct store *a, struct store *b, bool *ret, struct err *err)
{
	char one[DATABASE_SIZE], other[DATABASE_SIZE];

	if (!which_database(a, one, err) || !which_database(b, other, err))
		return false;
	*ret = !strcmp(one, other);
	return true;
}

const struct store_ops postgres_ops = {
	.name = "postgres",
	.free = pg_free,
	.begin = pg_begin,
	.commit = pg_commit,
	.rollback = pg_rollback,
	.part_begin = pg_batch_part_begin,
	.part_end = pg_batch_part_end,
	.part_undo = pg_batch_part_undo,
	SQL_STORE_OPS,
	.claim = pg_claim,
	.enter = pg_enter,
	.release = pg_release,
	.entries_verified = sql_entries_verified,
	.hold = pg_hold,
};
