/*
 * registry/reserve.h - ports that are never given out, or only to one project.
 */
#ifndef REGISTRY_RESERVE_H
#define REGISTRY_RESERVE_H

#include "registry/registry.h"

struct reserve_request {
	const struct port_range *ports;
	unsigned count;
	const char *host;	/* "*": every host */
	const char *reason;
	const char *project;	/* name; NULL: nobody gets them */
	int64_t until_ms;	/* 0: for good */
};

/* Entries that stand there keep their ports; they are named. Errors: ERR_INVALID. */
MUST_CHECK bool registry_reserve(struct registry *r, const struct reserve_request *q,
				 struct err *err);

/*
 * Take reservations back; one that reaches further keeps the rest.
 * Errors: ERR_NOTHING  none of the ports is reserved there
 */
MUST_CHECK bool registry_unreserve(struct registry *r, const struct port_range *ports,
				   unsigned count, const char *host, struct err *err);

#endif
