/*
 * bench/plain.h - the peer of a durable write: SQLite as one would write it,
 * WAL and synchronous=FULL, a table with one index, one row a transaction.
 */
#ifndef BENCH_PLAIN_H
#define BENCH_PLAIN_H

#include <sqlite3.h>

#include "measure.h"

struct plain {
	sqlite3 *db;
	sqlite3_stmt *insert;
};

static inline void plain_need(struct plain *p, int code)
{
	if (code != SQLITE_OK && code != SQLITE_DONE)
		die("plain SQLite: %s", sqlite3_errmsg(p->db));
}

static inline void plain_open(struct plain *p, const char *path)
{
	plain_need(p, sqlite3_open(path, &p->db));
	plain_need(p, sqlite3_busy_timeout(p->db, 60000));
	plain_need(
		p,
		sqlite3_exec(
			p->db,
			"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
			"CREATE TABLE IF NOT EXISTS port(number INTEGER, owner TEXT, at INTEGER);"
			"CREATE INDEX IF NOT EXISTS port_number ON port(number)",
			NULL, NULL, NULL));
	plain_need(p, sqlite3_prepare_v2(p->db, "INSERT INTO port VALUES (?1, ?2, ?3)", -1,
					 &p->insert, NULL));
}

static inline void plain_insert(struct plain *p, unsigned number, const char *owner)
{
	plain_need(p, sqlite3_bind_int(p->insert, 1, (int)number));
	plain_need(p, sqlite3_bind_text(p->insert, 2, owner, -1, SQLITE_STATIC));
	plain_need(p, sqlite3_bind_int64(p->insert, 3, now_ns()));
	plain_need(p, sqlite3_step(p->insert));
	plain_need(p, sqlite3_reset(p->insert));
}

static inline void plain_close(struct plain *p)
{
	sqlite3_finalize(p->insert);
	sqlite3_close(p->db);
}

#endif
