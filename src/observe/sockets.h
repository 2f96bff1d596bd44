/*
 * observe/sockets.h - the sockets that hold a port, as the system shows them.
 *
 * For observe/ alone.  Everything is about the network namespace of the
 * calling process.
 */
#ifndef OBSERVE_SOCKETS_H
#define OBSERVE_SOCKETS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "ports/entry.h"
#include "ports/port_set.h"
#include "ports/port_range.h"

/* TCP: it listens.  UDP: it is bound, and not connected. */
struct socket_row {
	enum protocol protocol;
	uint16_t port;
	uid_t uid;
	ino_t inode; /* of the socket; 0: not known */
	bool ipv6;
	bool only_ipv6;		   /* IPv4 does not reach it; false where it is not known */
	unsigned char address[16]; /* in network order; of IPv4 the first four */
};

typedef void socket_fn(const struct socket_row *row, void *arg);

/*
 * Every socket of the protocol, IPv4 and IPv6, on any address; with `ports`
 * (first 0: any) those at least that are bound to one of these.  One that
 * appears or ends during the walk may be told or not, and any may be told twice.
 * `refused` (NULL is fine) says why the usual way could not be taken, where it
 * could not; else it is left alone.
 * Errors: ERR_IO; rows may have been told before it.
 */
MUST_CHECK bool sockets_each(enum protocol protocol, struct port_range ports, socket_fn *fn,
			     void *arg, struct err *refused, struct err *err);

/*
 * How many TCP sockets are bound to that port, and neither listen nor are connected; 0, too,
 * where the system does not show them.
 * Errors: ERR_IO
 */
MUST_CHECK bool sockets_count_bound(uint16_t port, unsigned *ret, struct err *err);

/*
 * The ports the kernel hands to outgoing connections.
 * Errors: ERR_IO; `*ret` is then untouched.
 */
MUST_CHECK bool sockets_ephemeral(struct port_range *ret, struct err *err);

/*
 * Add the ports it is told not to hand out so.
 * Errors: ERR_IO; some may have been added.
 */
MUST_CHECK bool sockets_spared(struct port_set *into, struct err *err);

#endif
