/*
 * sqlite/sqlite.h - a book in a SQLite file: the default, shared by all processes of one machine.
 */
#ifndef STORE_SQLITE_SQLITE_H
#define STORE_SQLITE_SQLITE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/macros.h"
#include "base/watcher.h"
#include "registry/store.h"

/*
 * Open the book at `path`; with `create`, make it (0600, its folders 0700) when
 * there is none.  An empty file counts as none.  What another process, or a
 * process that was killed, has half made is completed.
 *
 * A book that this user may only read is opened all the same; it is the first
 * write that is refused, with ERR_NOT_PERMITTED.
 *
 * The caller ignores SIGXFSZ: a full quota is then an error, not a death.
 * While the store is open, nobody else in this process may open and close the
 * file: that would drop SQLite's locks (fcntl(2), "Record locks ... are
 * automatically released ... if it closes any file descriptor referring to a
 * file on which locks are held").
 *
 * Errors: ERR_NOT_FOUND      there is no such book, and `create` is not set
 *         ERR_BOOK           not a database, another program's, damaged, cut
 *                            off, or of a newer portbook
 *         ERR_NOT_PERMITTED  this user may not read or make it
 *         ERR_BUSY, ERR_IO, ERR_MEMORY
 */
MUST_CHECK bool store_sqlite_open(const char *path, bool create, struct store **ret,
				  struct err *err);

/*
 * The same for who only looks, and may not even leave a trace by it: a book that
 * is of an older portbook or half made stays so.
 * Errors: ERR_NOT_FOUND  there is none, or not one that can be read as it is; the rest as above
 */
MUST_CHECK bool store_sqlite_look(const char *path, struct store **ret, struct err *err);

/*
 * Is the file that is open no longer the one at its path?  Who keeps a book open for
 * long would go on writing into one that was deleted, or put aside.  Of another kind
 * of store: no.
 */
bool store_sqlite_has_moved(struct store *s);

/*
 * A watch of the book at `path`, which need not be there yet: it tells of each write
 * transaction of any process of this machine, also of those that were undone.
 * Errors: ERR_IO  there is no inotify, or this user has too many; ERR_MEMORY
 */
MUST_CHECK bool store_sqlite_watch(const char *path, struct watcher **ret, struct err *err);

/*
 * Which version a book has, 0 of one that is half made, and which this program
 * brings it to; it is left as it is.
 * Errors: ERR_NOT_FOUND  there is no such file; the rest as above
 */
MUST_CHECK bool store_sqlite_version(const char *path, int *ret, int *ret_latest, struct err *err);

#endif
