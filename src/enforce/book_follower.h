/*
 * enforce/book_follower.h - a guard's book, read by a process of its own.
 *
 * A book may let its reader wait: one on a machine that is gone does so for half a minute.  A guard
 * has to answer meanwhile, with what was read last.  The process ends with who started it, and is
 * started anew where it has ended itself.
 */
#ifndef ENFORCE_BOOK_FOLLOWER_H
#define ENFORCE_BOOK_FOLLOWER_H

#include "base/watcher.h"
#include "loop/loop.h"
#include "operations/outage.h"
#include "operations/transport.h"

/* In the new process: open the book. */
struct book_source {
	/*
	 * `again`: it was read before, so that it is there.  `*ret_watcher` may stay NULL: then a
	 * change is seen after a second.
	 */
	bool (*open)(void *arg, bool again, struct transport *ret, struct watcher **ret_watcher,
		     struct err *err);
	void *arg;
};

/* In the guard's. */
struct book_hearer {
	/* What `guard` answers now. Errors: it is read again, as if the book had said them. */
	bool (*take_in)(void *arg, const json_t *answer, struct err *err);
	/* It cannot be read any more, or again; at the beginning: it says nothing for a long time. */
	void (*outage)(void *arg, const struct outage *o);
	void *arg;
};

struct book_follower;

/*
 * Both stay the caller's, and so does the loop; no thread may be there yet.
 * Errors: ERR_IO, ERR_MEMORY
 */
MUST_CHECK bool book_follower_open(const struct book_source *source,
				   const struct book_hearer *hearer, struct loop *loop,
				   struct book_follower **ret, struct err *err);

/* Ends the process. NULL is fine. */
void book_follower_free(struct book_follower *r);

/* To be called each second: it is how a reader is missed that says nothing. */
void book_follower_tick(struct book_follower *r);

/*
 * Have the book looked at once more.
 * Returns the question's number; 0: there is no use in waiting, as it cannot be read, or the reader
 * already owes an answer for too long.
 */
int64_t book_follower_ask(struct book_follower *r);

/* Is this question without an answer, which may still come?  Not if `r` is NULL. */
bool book_follower_owes(const struct book_follower *r, int64_t question);

/* How long to wait until nobody waits any more, whatever comes, in ms. */
int book_follower_patience_ms(const struct book_follower *r);

/* It was read, once at least. */
bool book_follower_has_read(const struct book_follower *r);

/* It was never read, as it could not be: why is in `err`. */
bool book_follower_cannot_begin(const struct book_follower *r, struct err *err);

/* How it stands: for a status. NULL is fine. */
const struct outage *book_follower_outage(const struct book_follower *r);

#endif
