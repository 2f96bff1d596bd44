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
#include "base/stream.h"

/*
 * Who asked takes the whole answer before it is committed: when that fails,
 * nothing of it happened.  Called again where the operation is.
 */
struct delivery {
	bool (*take)(json_t *answer, void *arg, struct err *err);
	void *arg;
};

/* Each NULL: there is none. */
struct call_io {
	struct source *from;
	struct sink *to;
	struct progress *progress;
	const struct delivery *delivery;
};

#endif
