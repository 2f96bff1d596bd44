/*
 * formats/port_cell.h - the ports that people write into a cell of a table.
 *
 * "3100", "3100-3104, 3200", "3100/udp", "localhost:3100", "8080:80" (of a
 * container: 8080), "http://localhost:3100/".  Words without a digit say
 * nothing: "dynamic", "none".
 * May include: ports, base.
 */
#ifndef FORMATS_PORT_CELL_H
#define FORMATS_PORT_CELL_H

#include <stdbool.h>

#include "base/err.h"
#include "ports/port_range.h"

#define SAYS_TCP 1U
#define SAYS_UDP 2U

/* Start from port_cell_of. */
struct port_cell {
	/* The ports at hand. */
	struct port_range ports;
	unsigned protocols; /* SAYS_...; 0: none is said */
	const char *host;   /* where they are, `host_len` long; NULL: not said */
	int host_len;

	const char *at;
};
struct port_cell port_cell_of(const char *text);

/*
 * The next ports; without some `*ret_more` is false.
 * Errors: ERR_INVALID a word with a digit that is no port, without a place.
 */
MUST_CHECK bool port_cell_next(struct port_cell *c, bool *ret_more, struct err *err);

/* Which protocols a text names: "tcp", "TCP/UDP", "both". */
unsigned protocols_said(const char *text);

#endif
