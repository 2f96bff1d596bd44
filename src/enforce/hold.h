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
 * From here on hold the TCP port of sockets that listen there, and close these: copies, which
 * nobody else is thought to have.  At no moment anybody else can bind it, but who is of this user
 * and shares it (SO_REUSEPORT).  Who is about to end may have them, too, and is waited for so long.
 * False: it is not held, because somebody listens there all the same.  That one is left alone; but now
 * who shares it may be bound beside it, so this is not for sockets that are known to be had.
 */
MUST_CHECK bool hold_in_place_of(const int *listening, unsigned count, uint16_t port,
				 int64_t within_ms, int *ret_fd);

/*
 * Take a TCP socket for what holds the port, that another process has given.  False: it is none,
 * as it listens, or leaves addresses open.
 */
MUST_CHECK bool hold_adopt(int fd, uint16_t port);

/* What a socket has to get back when it listens. Start from HANDED_NOTHING. */
struct handed {
	bool is_of_guard; /* a guard has given the port */
	bool reuse_address, reuse_port;
	int held; /* stays until it listens: connections that have ended are remembered; -1 */
};
#define HANDED_NOTHING ((struct handed){ .held = -1 })

/*
 * Bind `owner` to where `held` is bound, so that at no moment anybody else can: both are of one
 * user.  Where `ret->held` is -1 then, `held` is to be closed everywhere at once; else it is `held`
 * itself, and that after hold_listen.
 * Returns 0 or bind's errno; then both are as they were.
 */
int hold_hand_over(int held, int owner, const struct sockaddr *to, socklen_t len,
		   struct handed *ret);

/* As if connections were remembered: `held` cannot be closed everywhere, and stays beside the owner. */
void hold_stay(int held, int owner, struct handed *was);

/*
 * Have an owner listen that was bound so, and give it back what it had asked for; of UDP only
 * that.  Nothing is closed.  Returns 0 or listen's errno.
 */
int hold_listen(int owner, int backlog, const struct handed *was);

#endif
