/*
 * registry/rehost.h - a row, with another machine's name in it.
 *
 * A machine that has no name is "localhost" in its own book.  In a book that
 * several share it gets a name, and all that was its own goes under that.
 */
#ifndef REGISTRY_REHOST_H
#define REGISTRY_REHOST_H

#include "registry/record.h"

/*
 * The row as it is, with `to` where it says the host `from`: also in what an event
 * tells of a row before and after, so that it can be undone.  Its texts are those
 * of `row`, or in the arena.  Errors: ERR_MEMORY
 */
MUST_CHECK bool record_rehost(const struct record *row, const char *from, const char *to,
			      struct arena *a, struct record *ret, struct err *err);

#endif
