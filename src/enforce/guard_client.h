/*
 * enforce/guard_client.h - asking a guard.
 *
 * The guard of this user in this network namespace; where there is none, all of this does nothing,
 * and a port is bound as without it.  A connection belongs to one thread; what it was given is
 * looked at again by the guard when it ends.
 */
#ifndef ENFORCE_GUARD_CLIENT_H
#define ENFORCE_GUARD_CLIENT_H

#include "enforce/hold.h"
#include "enforce/guard_wire.h"

/* Start from { .fd = -1 }. */
struct guard_client {
	int fd;
	const char *what; /* who asks, for people: "run consilio/web"; stays the caller's */
	bool becomes;	  /* this process will be the owner itself, and the connection end before */
};

/* Find it. False: there is none. */
bool guard_connect(struct guard_client *c);
void guard_disconnect(struct guard_client *c);

/*
 * Bind `socket` as bind(2) does.  Where a guard holds the port, it is given up in the same moment,
 * so that nobody else can take it.  `to` is of any family; port 0 and families without ports are
 * bound at once.  A guard that has gone away is looked for again.
 * Returns 0 or bind's errno; `*ret` is for guard_listen, which has to follow.
 */
int guard_bind(struct guard_client *c, int socket, const struct sockaddr *to, socklen_t len,
	       struct handed *ret);

/*
 * listen(2) on a socket that was bound so, or on any other with HANDED_NOTHING; of one of UDP,
 * which does not listen, nothing is waited for.  `*was` is HANDED_NOTHING afterwards.
 * Returns 0 or listen's errno.
 */
int guard_listen(struct guard_client *c, int socket, int backlog, struct handed *was);

/* Whether the guard holds it, and would give it. */
bool guard_holds(struct guard_client *c, enum protocol protocol, uint16_t port);

/*
 * Give a TCP port back: `*held` (hold.h) is bound to it, and is closed.  But not after a silence: the guard
 * may have it then or not, and the answer comes by `c->fd`, which is to be asked nothing else.
 */
enum giving {
	GIVING_DONE,
	GIVING_NOBODY, /* there is no guard, or it holds the port already, or does not hold it at all */
	GIVING_SILENCE,
};
enum giving guard_give(struct guard_client *c, uint16_t port, int *held);

/* The guard that holds it now; 0: none does. Of who has connected. */
pid_t guard_of(struct guard_client *c, enum protocol protocol, uint16_t port);

/*
 * Have the guard let go of a port, and leave it alone for so long.  `process` is a pidfd: if that
 * one ends before, it is taken back at once; -1: none is known.
 * Errors: ERR_NOT_FOUND  no guard runs; ERR_IO
 */
struct yielding {
	enum protocol protocol;
	uint16_t port;
	int64_t for_ms;
	int process;
	const char *what; /* who asks, as in guard_client */
};
MUST_CHECK bool guard_yield(const struct yielding *y, bool *ret_was_held, struct err *err);

/* Let it be noted that a program asked for a port whose it is not. Never fails. */
void guard_note_try(struct guard_client *c, enum protocol protocol, uint16_t port,
		    const char *program, pid_t pid);

/*
 * All that the guard knows: a new reference.
 * Errors: ERR_NOT_FOUND  none runs; ERR_IO, ERR_MEMORY
 */
MUST_CHECK bool guard_status(json_t **ret, struct err *err);

#endif
