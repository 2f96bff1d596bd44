/*
 * postgres/postgres.h - a book in a PostgreSQL database: shared by users and machines.
 *
 * A URL is libpq's, with all that it knows: several hosts, sslmode,
 * target_session_attrs ... (PostgreSQL documentation, 34.1.1 "Connection
 * Strings").  libpq is loaded by the first call that needs it.
 *
 * The book is the database: its tables are in the schema "public".  They are
 * made by store_postgres_setup alone, as only their owner may.
 */
#ifndef STORE_POSTGRES_POSTGRES_H
#define STORE_POSTGRES_POSTGRES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/macros.h"
#include "base/watcher.h"
#include "registry/store.h"

/* "postgres://" or "postgresql://" */
bool postgres_is_url(const char *text);

/*
 * The URL as it may be shown: passwords become "***"; what is no such URL stays
 * as it is.  `ret` has `size` bytes, and what does not fit is cut.  Returns `ret`.
 */
char *postgres_url_shown(const char *url, char *ret, size_t size);

/*
 * Open the book that is there.
 *
 * A connection that is lost is made anew where nothing can have been done twice:
 * before a transaction; and after one whose commit was not answered, to ask the
 * server what became of it.
 *
 * Errors: ERR_BOOK   the database has no book, an older one, or a newer one;
 *                    this machine has no libpq
 *         ERR_INVALID  the URL is wrong
 *         ERR_IO     the server cannot be reached, or refuses the connection
 *         ERR_BUSY, ERR_MEMORY, ERR_NOT_PERMITTED
 */
MUST_CHECK bool store_postgres_open(const char *url, struct store **ret, struct err *err);

/*
 * A watch of the book: it has a connection of its own, and tells of each change that left an
 * event.  Where the connection is lost it is made anew, at most once a second.
 * Errors: as above, but whether there is a book is not asked
 */
MUST_CHECK bool store_postgres_watch(const char *url, struct watcher **ret, struct err *err);

/*
 * Each file that libpq may read for this URL when it connects: certificates, keys, passwords and
 * services, by the URL, by variables, or where they are by default.
 */
void store_postgres_files(const char *url, void (*fn)(const char *path, bool writes, void *arg),
			  void *arg);

/* Are both of the same database?  Both were opened here. Errors: as above. */
MUST_CHECK bool store_postgres_is_same(struct store *a, struct store *b, bool *ret,
				       struct err *err);

struct postgres_setup {
	unsigned was, is; /* steps of the schema: 0 is no book */
};

/*
 * Make the book in an empty database, or bring it to what this program knows;
 * any number of processes may do so at once.  With `dry_run` nothing is changed,
 * and `*ret_store` becomes NULL.
 * Errors: as above, and ERR_BOOK  the database has tables of another program
 */
MUST_CHECK bool store_postgres_setup(const char *url, bool dry_run, struct postgres_setup *ret,
				     struct store **ret_store, struct err *err);

#endif
