/*
 * sqlite/copy.h - a book as a whole: copied out, examined, put into another's place.
 *
 * All of it goes through SQLite, as opening and closing the book's file beside
 * it would drop its locks (fcntl(2)), and a file that is renamed over a book
 * would leave those who have that open with a book that is nobody's.
 */
#ifndef STORE_SQLITE_COPY_H
#define STORE_SQLITE_COPY_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/macros.h"
#include "base/progress.h"
#include "registry/store.h"

/*
 * Write the book, as the caller's read transaction sees it, into the file
 * `path`: others go on writing meanwhile.  The file is one file without a log,
 * durable when this returns true; before that there is none of that name, or,
 * with `replace`, the old one.
 * Errors: ERR_TAKEN        there is such a file, and `replace` is not set
 *         ERR_INVALID      it is no regular file, or belongs to the book itself
 *         ERR_INTERRUPTED  nothing is left of it
 *         ERR_NOT_PERMITTED, ERR_IO, ERR_MEMORY
 */
MUST_CHECK bool store_sqlite_backup(struct store *s, const char *path, mode_t mode, bool replace,
				    struct progress *p, struct err *err);

/*
 * A copy of the book in `path` that nobody else sees, which goes when it is
 * freed: held against SQLite's integrity check, its references and the tables
 * that a book has to have, and brought to the latest version.  The file stays
 * as it is.  `*ret_version` is the one it has.
 * Errors: ERR_NOT_FOUND  there is no such file
 *         ERR_BOOK       it is no book, damaged, or a newer portbook's
 *         ERR_INTERRUPTED, ERR_INVALID, ERR_NOT_PERMITTED, ERR_IO, ERR_MEMORY
 */
MUST_CHECK bool store_sqlite_examine(const char *path, struct progress *p, struct store **ret,
				     int *ret_version, struct err *err);

/*
 * Hold an open book of the latest version, as the caller's read transaction sees
 * it, against the same checks.
 * Errors: ERR_BOOK  it is damaged; ERR_INTERRUPTED, and those of reading
 */
MUST_CHECK bool store_sqlite_check(struct store *s, struct progress *p, struct err *err);

/*
 * Let `live` be what `copy` is, in one transaction: readers see the one or the
 * other, writers wait, and those who have it open stay.  What is replaced is in
 * the file `kept` before (NULL: it is not kept), to the last commit.
 * On failure the book is as it was, and there is no `kept`.
 * Errors: ERR_TAKEN  there is a file `kept` already; ERR_INTERRUPTED, ...
 */
MUST_CHECK bool store_sqlite_replace(struct store *live, struct store *copy, const char *kept,
				     struct progress *p, struct err *err);

/*
 * Whether what is at `path` cannot be opened for what it is, and yet is nobody
 * else's: a book whose header is damaged, and not another program's database or
 * a newer book.  Nobody in this process may have it open.
 */
bool store_sqlite_is_wreck(const char *path);

/* As store_sqlite_replace, for such a file, which is renamed to `kept` with its log. */
MUST_CHECK bool store_sqlite_replace_wreck(const char *path, struct store *copy, const char *kept,
					   struct progress *p, struct err *err);

#endif
