/*
 * enforce/may_end.h - which processes are never ended, and what to do instead.
 *
 * Pure: everything that decides is an argument.
 */
#ifndef ENFORCE_MAY_END_H
#define ENFORCE_MAY_END_H

#include "enforce/signals.h"
#include "registry/listeners.h"

/* Who has a port, as a look saw it. */
struct holders {
	enum protocol protocol;
	uint16_t port;
	const struct process *items;
	unsigned count;
	bool partly_known; /* one of its sockets led to no process, */
	uid_t uid;	   /* and this is whose it is */
	const char *user;  /* NULL: the number has no name */
};

/*
 * Never pid 1, who asks, what that was started from, another user's process, or
 * one that only passes on what is meant for a container.  A worker that runs as
 * another user, as of a web server that root starts, is its parent's: it is
 * ended with that.
 * Errors: ERR_NOT_PERMITTED  naming the first that is not ended, with the way out
 */
MUST_CHECK bool may_end(const struct asker *a, const struct holders *h, struct err *err);

/* The same for one of them. */
MUST_CHECK bool may_end_one(const struct asker *a, const struct holders *h, const struct process *p,
			    struct err *err);

#endif
