/*
 * registry/listeners.h - what the registry asks of whoever can see sockets.
 *
 * Implemented by observe/.  Looking never binds, connects or signals.
 */
#ifndef REGISTRY_LISTENERS_H
#define REGISTRY_LISTENERS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "ports/entry.h"
#include "ports/port_set.h"

#define LISTENER_PROGRAM_SIZE 64

/* A process that listens on a port. */
struct listener {
	enum protocol protocol;
	uint16_t port;
	uid_t uid;
	pid_t pid;			     /* 0: this user may not see whose it is */
	char program[LISTENER_PROGRAM_SIZE]; /* "node"; "": not known */
	char cwd[PATH_MAX];		     /* "": not known */
};

struct listeners_ops {
	/*
	 * Add every port on which something listens, on any address of this
	 * machine's network namespace; bits already set stay set.
	 * Errors: ERR_IO.
	 */
	bool (*collect)(void *ctx, enum protocol protocol, struct port_set *into, struct err *err);

	/* Who listens on the port?  `*ret_found` false: nobody. Errors: ERR_IO. */
	bool (*who)(void *ctx, enum protocol protocol, uint16_t port, struct listener *ret,
		    bool *ret_found, struct err *err);

	/* The ports the kernel hands to outgoing connections. Errors: ERR_IO. */
	bool (*ephemeral)(void *ctx, struct port_range *ret, struct err *err);
};

struct listeners {
	const struct listeners_ops *ops;
	void *ctx;
};

#endif
