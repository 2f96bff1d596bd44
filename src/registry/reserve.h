/*
 * registry/reserve.h - ports that are never given out, or only to one project.
 */
#ifndef REGISTRY_RESERVE_H
#define REGISTRY_RESERVE_H

#include "registry/registry.h"

struct reserve_request {
	const struct port_range *ports;
	unsigned count;
	const char *host; /* "*": every host */
	const char *reason;
	const char *project; /* name; NULL: nobody gets them */
	int64_t until_ms;    /* 0: for good */
};

/*
 * Entries that stand there keep their ports; they are named.  An earlier reservation keeps the
 * ports that this one does not name; what the policy reserves on that host stays as it is.
 * Errors: ERR_INVALID; ERR_TAKEN  the policy reserves all of a stretch
 */
MUST_CHECK bool registry_reserve(struct registry *r, const struct reserve_request *q,
				 struct err *err);

/*
 * Take reservations back; one that reaches further keeps the rest.
 * Errors: ERR_NOTHING  none of the ports is reserved there
 *         ERR_TAKEN    only the policy reserves them
 */
MUST_CHECK bool registry_unreserve(struct registry *r, const struct port_range *ports,
				   unsigned count, const char *host, struct err *err);

/* Take these ports out of every reservation by hand on the host; the rest of each stays. */
MUST_CHECK bool reserved_cut(struct registry *r, const char *host, struct port_range ports,
			     bool *ret_any, struct err *err);

#endif
