/*
 * registry/choose.h - gathering everything that decides a port.
 */
#ifndef REGISTRY_CHOOSE_H
#define REGISTRY_CHOOSE_H

#include "registry/get.h"

/*
 * Fill the choice for ports/plan.  With `enter`, what the project lacks is
 * entered on the way: its first block, the instance's slice; without, nothing
 * is written, and a project without a block has no candidates yet.
 * Errors: ERR_INVALID    the policy has no range for it
 *         ERR_EXHAUSTED  no block or slice is left
 */
MUST_CHECK bool choice_gather(struct registry *r, const struct port_request *q, bool enter,
			      struct arena *a, struct choice *ret, struct err *err);

/* Does the reservation keep the port from this project (NULL: from anybody) on this host now? */
bool reservation_binds(const struct reserved *res, const char *host, const char *project,
		       int64_t now_ms);

/* The ports that are never given to this project on this host. */
MUST_CHECK bool reserved_collect(struct registry *r, const char *host, const char *project,
				 struct port_set *into, struct err *err);

#endif
