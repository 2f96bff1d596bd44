/*
 * formats/upstream.h - where a proxy passes requests on to.
 *
 * May include: ports, base.
 */
#ifndef FORMATS_UPSTREAM_H
#define FORMATS_UPSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ports/name.h"

/*
 * The port of this machine that a text leads to: "http://localhost:3000/x",
 * "127.0.0.1:3000", "[::1]:3000", ":3000"; without a port that of its scheme, or
 * 80.  0: it leads elsewhere, or says it by a variable.
 */
uint16_t upstream_port(const char *text);

/* Is that the port of the scheme itself, "ssh://localhost:22"?  The system's own server has it. */
bool upstream_is_systems(const char *text);

/* "localhost", "127.0.0.1", "::1" without brackets, "" ...: this machine. */
bool upstream_is_here(const char *host);

/* The service that a hostname speaks of: "shop" of "shop.example.org", "www.shop.example.org". */
MUST_CHECK bool upstream_service(const char *hostname, char ret[static NAME_SIZE]);

#endif
