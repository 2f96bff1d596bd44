/*
 * registry/founding.h - which policy a book has: when it is new, and later.
 */
#ifndef REGISTRY_FOUNDING_H
#define REGISTRY_FOUNDING_H

#include "registry/registry.h"

/*
 * Make a new book: the policy (`text` is its file), the project `shared-services`, and what the
 * policy says it starts with.  A book that has a policy is left alone.
 * Needs a write transaction.
 */
MUST_CHECK bool registry_found(struct registry *r, const struct policy *policy, const char *text,
			       struct err *err);

/* Has the book a policy?  Reads only. */
MUST_CHECK bool registry_is_founded(struct registry *r, bool *ret, struct err *err);

struct policy_change {
	const struct policy *policy;
	const char *text;  /* its file, kept for people; NULL: none */
	bool keep_entries; /* entries outside become legacy, and their blocks are retired */
};

struct policy_changed {
	unsigned kept; /* entries that are legacy now */
};

/*
 * Give the book another policy.
 * Errors: ERR_INVALID  the policy is unsound, with the line of its file;
 *                      or entries would fall outside it, naming the first of them
 */
MUST_CHECK bool registry_use_policy(struct registry *r, const struct policy_change *change,
				    struct policy_changed *ret, struct err *err);

#endif
