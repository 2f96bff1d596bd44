/*
 * operations/changes.h - what has changed since.
 *
 * For who follows a book: it waits for a watch (session_watch) and, as that may miss something,
 * looks each second; and then asks for what came behind the last event that it knows.
 */
#ifndef OPERATIONS_CHANGES_H
#define OPERATIONS_CHANGES_H

#include "operations/transport.h"

/*
 * The number of the newest event in `*ret`, or what it was where there is none.  While others still
 * write, it is one of before: so that what they do is told, too.
 * Errors: those of `history`; then `*ret` is what it was, too, for who has no use for more
 */
bool changes_newest(const struct transport *reads, int64_t *ret, struct err *err);

/*
 * At most `limit` events behind the one numbered `after`, the oldest first: an array of what
 * `history` gives, empty where there are none.  The caller releases it.
 * Errors: those of `history`
 */
MUST_CHECK bool changes_since(const struct transport *reads, int64_t after, int64_t limit,
			      json_t **ret, struct err *err);

#endif
