/*
 * operations/io.h - what a call works on besides its input.
 *
 * Contents may be large, and only who asks has the file: it gives a stream.
 * Without one an operation takes and gives contents as a member of its JSON.
 */
#ifndef OPERATIONS_IO_H
#define OPERATIONS_IO_H

#include "base/json.h"
#include "base/progress.h"
#include "base/rights.h"
#include "base/stream.h"

/*
 * Who asked takes the whole answer before it is committed: when that fails,
 * nothing of it happened.  Called again where the operation is.
 */
struct delivery {
	bool (*take)(json_t *answer, void *arg, struct err *err);
	void *arg;
};

/* Rationale: a UUID with the name of who made it; a header of HTTP takes that much, too. */
#define CALL_KEY_MAX 255

/* Each NULL: there is none. */
struct call_io {
	struct source *from;
	struct sink *to;
	struct progress *progress;
	const struct delivery *delivery;
	/*
	 * Of a write that is no trial: the caller's own name for this call, of printable
	 * ASCII.  The same call with the same key, by the same caller within a day, is not
	 * done again: it has the answer that it had.
	 */
	const char *key;
	const char *actor;	     /* who asks, for the history; NULL: this process's user */
	const struct rights *rights; /* what that one may; NULL: all that the book permits */
};

#endif
