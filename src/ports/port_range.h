/*
 * ports/port_range.h - a contiguous run of ports, and how people write it.
 */
#ifndef PORTS_PORT_RANGE_H
#define PORTS_PORT_RANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* Both ends belong to the range.  Invariant: 1 <= first <= last. */
struct port_range {
	uint16_t first, last;
};

static inline unsigned port_range_size(struct port_range r)
{
	return (unsigned)r.last - r.first + 1;
}

static inline bool port_range_has(struct port_range r, uint16_t port)
{
	return r.first <= port && port <= r.last;
}

static inline bool port_range_contains(struct port_range outer, struct port_range inner)
{
	return outer.first <= inner.first && inner.last <= outer.last;
}

static inline bool port_range_overlaps(struct port_range a, struct port_range b)
{
	return a.first <= b.last && b.first <= a.last;
}

/*
 * One port: decimal digits, nothing else.
 * Errors: ERR_INVALID ('0', '65536', '-1', '3000x', '').
 */
MUST_CHECK bool port_parse(const char *text, uint16_t *ret, struct err *err);

/*
 * "3000" or "3000-3999".
 * Errors: ERR_INVALID, also for a range that runs backwards.
 */
MUST_CHECK bool port_range_parse(const char *text, struct port_range *ret, struct err *err);

/* Rationale: what one person writes on one line. */
#define PORT_LIST_MAX 64

/*
 * "3000,3005-3010": ports and ranges separated by commas, no blanks.
 * Errors: ERR_INVALID, also for more than PORT_LIST_MAX pieces.  `*ret_count`
 * and `ret` keep their old value on error.
 */
MUST_CHECK bool port_list_parse(const char *text, struct port_range ret[static PORT_LIST_MAX],
				unsigned *ret_count, struct err *err);

#endif
