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

/*
 * Which range of the policy it is for, and what the policy calls its type (NULL: nothing).
 * Errors: ERR_INVALID  the policy has no such range, or that has no such role
 */
MUST_CHECK bool choice_range(struct registry *r, const struct port_request *q,
			     const struct policy_range **ret, const char **ret_type,
			     struct err *err);

/* Where in the range it may stand now. Reads only. */
MUST_CHECK bool choice_candidates(struct registry *r, const struct port_request *q,
				  const struct policy_range *range, struct candidates *ret,
				  struct err *err);

/* Add on which ports strangers listen; of those `named` (0: none) it is known whose they are. */
MUST_CHECK bool strangers_gather(struct registry *r, const struct port_request *q,
				 const uint16_t *named, unsigned count, struct arena *a,
				 struct port_set *ret, struct err *err);

/* Does the reservation keep the port from this project (NULL: from anybody) on this host now? */
bool reservation_binds(const struct reserved *res, const char *host, const char *project,
		       int64_t now_ms);

/* The ports that are never given to this project on this host. */
MUST_CHECK bool reserved_collect(struct registry *r, const char *host, const char *project,
				 struct port_set *into, struct err *err);

#endif
