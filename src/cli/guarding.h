/*
 * cli/guarding.h - a guard of a session's book, for `guard` and for a server that has one beside it.
 */
#ifndef CLI_GUARDING_H
#define CLI_GUARDING_H

#include "book/session.h"
#include "enforce/guard.h"

/* A book that a guard follows; both guards do. */
struct guarded_book {
	struct session_options options;
	bool quiet; /* no notes */
};

/* A `book_source.open`; `arg` is a guarded_book.  What is opened lives as long as the process. */
bool guarding_open(void *arg, bool again, struct transport *ret, struct watcher **ret_watcher,
		   struct err *err);

/*
 * guard_run with this user, book and machine; the other options are the caller's.  `s` is a session
 * of that book, for what it knows without asking.
 */
MUST_CHECK bool guarding_run(struct session *s, const struct guarded_book *book,
			     const struct guard_options *o, struct err *err);

#endif
