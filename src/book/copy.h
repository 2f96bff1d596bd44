/*
 * book/copy.h - backup and restore: a book as a file, and a file as the book.
 *
 * These are no operations: an operation's only effect is in the store, and
 * these work on files beside it, of a book that is one itself.
 */
#ifndef BOOK_COPY_H
#define BOOK_COPY_H

#include "base/progress.h"
#include "book/session.h"

/*
 * Copy the book, as it is at one moment, to the file `path` (mode 0600).
 * `*ret`: {"success":true,"book","file","bytes","entries"}.
 * Errors: ERR_NOT_FOUND  there is no book
 *         ERR_TAKEN      there is such a file, and `replace` is not set
 *         those of store/sqlite/copy.h; ERR_INVALID also for a book that is no file
 */
MUST_CHECK bool session_backup(struct session *s, const char *path, bool replace,
			       struct progress *p, json_t **ret, struct err *err);

/*
 * Let the book be what is in the file `path`.  What it was is kept beside it.
 * `*ret`: {"success":true,"dryRun","book","file","version","before":{"entries",
 * "projects","events"},"after":{...},"removed","added","damaged","kept"}; `before`
 * and `kept` are null where there was no book, and `before`
 * where it is damaged.  `removed` and `added` count live entries (project,
 * service, port).
 * With `dry_run` nothing changes, and `kept` is null.
 * Errors: ERR_NOT_FOUND, ERR_BOOK  see store_sqlite_examine; and the book's own
 */
MUST_CHECK bool session_restore(struct session *s, const char *path, bool dry_run,
				struct progress *p, json_t **ret, struct err *err);

#endif
