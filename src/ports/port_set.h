/*
 * ports/port_set.h - a set of ports, one bit each.  `{ 0 }` is the empty set.
 */
#ifndef PORTS_PORT_SET_H
#define PORTS_PORT_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "ports/port_range.h"

struct port_set {
	uint64_t words[65536 / 64];
};

static inline bool port_set_has(const struct port_set *s, uint16_t port)
{
	return s->words[port / 64] >> (port % 64) & 1;
}

static inline void port_set_add(struct port_set *s, uint16_t port)
{
	s->words[port / 64] |= UINT64_C(1) << (port % 64);
}

static inline void port_set_remove(struct port_set *s, uint16_t port)
{
	s->words[port / 64] &= ~(UINT64_C(1) << (port % 64));
}

void port_set_add_range(struct port_set *s, struct port_range r);

/* How many of the ports of `r` are in the set. */
unsigned port_set_count(const struct port_set *s, struct port_range r);

#endif
