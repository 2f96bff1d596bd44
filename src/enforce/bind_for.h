/*
 * enforce/bind_for.h - the moment at which a supervisor binds a program's socket.
 *
 * Who holds the port for the service until then gives it up here, without a gap: the supervisor
 * itself (--hold), or the guard of this user.  See hold.h.
 */
#ifndef ENFORCE_BIND_FOR_H
#define ENFORCE_BIND_FOR_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "base/err.h"
#include "enforce/copies.h"

/* Rationale: sockets between bind and listen, of programs that take their time for it. */
#define LENT_MAX 16

/* A socket that gets back when it listens what it had asked for. */
struct lent {
	ino_t socket; /* 0: none */
	uint16_t port;
	struct handed was;   /* without what holds the port until then: */
	struct handover way; /* that is on it, so that no process that is forked meanwhile has it */
};

/* Start from HOLDING_NOTHING. */
struct holding {
	int fd;	       /* bound, and does not listen; -1: nothing is held */
	uint16_t port; /* on which */
	struct guard_client guard;
	struct lent lent[LENT_MAX];
	unsigned next;
	struct copies copies;
};
#define HOLDING_NOTHING \
	((struct holding){ .fd = -1, .guard = { .fd = -1, .what = "run" }, .copies = COPIES_NONE })

struct supervisor;

/* Nobody is left who could bind: the guard, if there is one, has the ports from here on. */
void holding_end(struct holding *h);

/*
 * Hold a port from now until it is bound for the service; nothing is to do where a guard does.
 * Errors: ERR_TAKEN  somebody has it
 *         ERR_IO
 */
MUST_CHECK bool holding_begin(struct holding *h, uint16_t port, struct err *err);

/* bind(2): 0, or the negative error. */
int bind_for(struct supervisor *s, int socket, const struct sockaddr *at, socklen_t len);

/* Whose socket is to listen: thread `tid` has it as `fd`. */
struct who_listens {
	int socket, backlog;
	pid_t tid;
	int fd;
};

/* listen(2): 0, or the negative error. */
int listen_for(struct supervisor *s, const struct who_listens *who);

#endif
