/*
 * book/older.h - the databases of older systems, read for `import`.
 *
 * No operation: only who asks can reach them, and an operation takes what was read.
 */
#ifndef BOOK_OLDER_H
#define BOOK_OLDER_H

#include <stdbool.h>

#include "base/err.h"
#include "base/text.h"

/* Is it the URL of a database, and no file? */
bool older_is_database(const char *name);

/* The URL as it may be shown: without passwords.  Cut where it does not fit. Returns `ret`. */
char *older_shown(const char *url, char *ret, size_t size);

/*
 * All that the database of that system has written down, as import's format of
 * that name takes it.
 * Errors: ERR_INVALID  there is no such system; the URL is wrong
 *         ERR_BOOK     its tables are not there; this machine has no libpq
 *         ERR_IO, ERR_NOT_PERMITTED, ERR_MEMORY
 */
MUST_CHECK bool older_read(const char *url, const char *system, struct text *ret, struct err *err);

#endif
