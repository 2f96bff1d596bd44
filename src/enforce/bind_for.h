/*
 * enforce/bind_for.h - the moment at which a supervisor binds a program's socket.
 *
 * Who holds the port for the service until then gives it up here, without a gap.
 * The two sockets share the port by SO_REUSEPORT while both are bound, which only
 * sockets of one user can; and the program's has no SO_REUSEADDR until it listens,
 * as a stranger's with SO_REUSEADDR could be bound beside it before.
 */
#ifndef ENFORCE_BIND_FOR_H
#define ENFORCE_BIND_FOR_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "base/err.h"

/* Rationale: sockets between bind and listen, of programs that take their time for it. */
#define LENT_MAX 16

/* A socket whose SO_REUSEADDR is given back when it listens. */
struct lent {
	ino_t socket; /* 0: none */
	int reuse;
};

struct holding {
	int fd;	       /* bound, and does not listen; -1: nothing is held */
	uint16_t port; /* on which */
	struct lent lent[LENT_MAX];
	unsigned next;
};

struct supervisor;

/*
 * Hold a port from now until it is bound for the service.
 * Errors: ERR_TAKEN  somebody has it
 *         ERR_IO
 */
MUST_CHECK bool holding_begin(struct holding *h, uint16_t port, struct err *err);

/* bind(2): 0, or the negative error. */
int bind_for(struct supervisor *s, int socket, const struct sockaddr *at, socklen_t len);

/* It listens now. */
void bound_listens(struct supervisor *s, int socket);

#endif
