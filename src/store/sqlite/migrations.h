/*
 * sqlite/migrations.h - the book's tables, and how old books get them.
 */
#ifndef STORE_SQLITE_MIGRATIONS_H
#define STORE_SQLITE_MIGRATIONS_H

#include <stdbool.h>

struct sqlite3;

/* "prtb", in the database's header: whose file this is. */
#define BOOK_APPLICATION_ID 0x70727462

/* The version of a book that has all migrations. */
int migrations_latest(void);

/*
 * Bring a book from `version` (0: an empty database) to the latest, inside the
 * caller's write transaction.  Returns SQLite's code.
 */
int migrations_run(struct sqlite3 *db, int version);

#endif
