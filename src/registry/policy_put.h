/*
 * registry/policy_put.h - a policy is written into the book.
 */
#ifndef REGISTRY_POLICY_PUT_H
#define REGISTRY_POLICY_PUT_H

#include "registry/registry.h"

/*
 * Its ranges, its reserved ports in the place of those of the policy before, and
 * the document itself with a new stamp.  `text`: its file; NULL: none.
 */
MUST_CHECK bool policy_put(struct registry *r, const struct policy *p, const char *text,
			   struct arena *a, struct err *err);

#endif
