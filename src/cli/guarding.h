/*
 * cli/guarding.h - a guard of a session's book, for `guard` and for a server that has one beside it.
 */
#ifndef CLI_GUARDING_H
#define CLI_GUARDING_H

#include "book/session.h"
#include "cli/output.h"
#include "enforce/guard.h"

/*
 * guard_run with this user, book and machine; the other options are the caller's.  What else there
 * is to say becomes a note of `out`.
 */
MUST_CHECK bool guarding_run(struct session *s, const struct guard_options *o, struct output *out,
			     struct err *err);

#endif
