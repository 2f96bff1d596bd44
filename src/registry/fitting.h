/*
 * registry/fitting.h - what is entered, under another policy.
 */
#ifndef REGISTRY_FITTING_H
#define REGISTRY_FITTING_H

#include "registry/founding.h"

/*
 * Hold entries and blocks against the policy: what fits goes over into its
 * ranges, and blocks that do not fit are given up.
 * Errors: ERR_INVALID  entries would fall outside, and are not to be kept as legacy
 */
MUST_CHECK bool policy_fit(struct registry *r, const struct policy_change *change, struct arena *a,
			   struct policy_changed *ret, struct err *err);

#endif
