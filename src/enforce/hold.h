/*
 * enforce/hold.h - a port that is held: a socket is bound to it, and nobody listens.
 *
 * Another program's bind fails with EADDRINUSE, whatever address, family and options it takes;
 * who connects is refused, as by a port on which nothing listens.  TCP and UDP are two spaces.
 */
#ifndef ENFORCE_HOLD_H
#define ENFORCE_HOLD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/err.h"
#include "ports/entry.h"

/*
 * `past_remains`: also where connections that have ended are still remembered (TIME_WAIT).  Such
 * a bind succeeds beside a socket that is bound and is about to listen, and breaks it: the caller
 * looks for one before and after.
 * Errors: ERR_TAKEN          somebody has it
 *         ERR_EXHAUSTED      no more files may be open (RLIMIT_NOFILE)
 *         ERR_NOT_PERMITTED  the port is one of the system's
 *         ERR_IO             the system refuses
 */
MUST_CHECK bool hold_port(enum protocol protocol, uint16_t port, bool past_remains, int *ret_fd,
			  struct err *err);

/*
 * Bind `owner` beside `held`, so that at no moment anybody else can: both are of one user.  What
 * the owner had asked for (SO_REUSEADDR, SO_REUSEPORT) is as it was afterwards, and `held` is in
 * the way of all others still.  Of TCP it may stay there: see hold_listen_beside.
 * Returns 0 or bind's errno.
 */
int hold_bind_beside(int held, int owner, const struct sockaddr *to, socklen_t len);

/*
 * Have an owner listen that is bound beside `held`: alone it could not.  What is held stays in the
 * way of others for as long as it is open, also when the owner has ended.
 * Returns 0 or listen's errno.
 */
int hold_listen_beside(int held, int owner, int backlog);

/* Does the owner itself share its port, with whoever of its user asks for that (SO_REUSEPORT)? */
bool hold_is_shared(int owner);

/*
 * When nobody is bound beside it any more: another socket in its place, without a gap, to which the
 * kernel lets nobody whom it had let to this one.  `*held` is the new one then.
 * False: somebody is bound there still, or the system cannot; nothing has changed.
 */
bool hold_renew(int *held);

#endif
