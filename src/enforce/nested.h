/*
 * enforce/nested.h - a run inside of a run.
 *
 * The kernel has one supervisor for a process.  The inner run asks the outer one's
 * to judge it and its descendants by an assignment of their own: by a bind of a
 * unix socket to a name that nobody else uses, which the supervisor is brought
 * as every bind is.  So only who is below it reaches it, and nothing else is open.
 */
#ifndef ENFORCE_NESTED_H
#define ENFORCE_NESTED_H

#include "enforce/foreign.h"
#include "enforce/supervisor.h"

/* Of the inner one.  False: there is no supervisor of ours, or it does not take it. */
bool nested_ask(const struct assignment *a);

/* Of the supervisor. */
bool nested_is_request(const struct foreign_address *a);

/* What the request is answered with: a negative error. */
int nested_accept(struct supervisor *s, pid_t tid, const struct foreign_address *a);

/* What this process is judged by. */
struct assignment *nested_assignment(struct supervisor *s, pid_t tid);

#endif
