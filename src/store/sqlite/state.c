/*
 * sqlite/state.c - which state the book is in, without a transaction.
 *
 * Whoever commits, in whatever process, publishes it by the header of the log's index, which all
 * of them have in memory: it counts the commits, and has the checksum of the last frame.  Who
 * finds the header as it was would read what was read then.
 *
 * Source: https://sqlite.org/walformat.html section 2.1.1, "The WAL-Index Header": two copies of
 * 48 bytes, written one after the other; they differ while one is being written.
 */
#include <string.h>

#include "store/sqlite/db.h"
#include "store/sqlite/sqlite.h"

/* Rationale: what SQLite maps at once. */
#define INDEX_SIZE 32768
/* Where the header says that it has been written at all. */
#define IS_WRITTEN 12

static sqlite3_file *file_of(sqlite3 *db)
{
	sqlite3_file *file = NULL;

	return sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK &&
			       file && file->pMethods && file->pMethods->iVersion >= 2 &&
			       file->pMethods->xShmMap
		       ? file
		       : NULL;
}

static bool read_header(sqlite3_file *file, struct book_state *ret)
{
	volatile void *index = NULL;
	unsigned char second[sizeof(ret->bytes)];

	if (file->pMethods->xShmMap(file, 0, INDEX_SIZE, 0, &index) != SQLITE_OK || !index)
		return false;
	file->pMethods->xShmBarrier(file);
	/* Whether another has written meanwhile is found by the second copy. */
	memcpy(ret->bytes, (const void *)(uintptr_t)index, sizeof(ret->bytes));
	file->pMethods->xShmBarrier(file);
	memcpy(second, (const char *)(uintptr_t)index + sizeof(second), sizeof(second));
	return !memcmp(ret->bytes, second, sizeof(second)) && ret->bytes[IS_WRITTEN];
}

/* Before its first transaction, SQLite may not have the index yet. */
bool sqlite_state(struct store *store, struct book_state *ret)
{
	struct session *s = session_of(store);
	struct book_state state = { 0 };
	sqlite3_file *file;

	if (s->txn != TXN_NONE || !s->statements[COMMIT] || session_is_read_only(s) ||
	    store_sqlite_has_moved(store))
		return false;
	file = file_of(s->db);
	if (!file || !read_header(file, &state))
		return false;
	*ret = state;
	return true;
}
