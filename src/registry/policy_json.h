/*
 * registry/policy_json.h - the policy as the book keeps it: one JSON document.
 *
 * All who share a book share its policy, so it lives in the book (setting
 * "policy"), complete: no file is needed to read it again.
 */
#ifndef REGISTRY_POLICY_JSON_H
#define REGISTRY_POLICY_JSON_H

#include "base/json.h"
#include "ports/policy.h"

/* A new reference; NULL: no memory. */
json_t *policy_json(const struct policy *p) MUST_CHECK;
json_t *policy_range_json(const struct policy_range *r) MUST_CHECK;

/*
 * All of `*ret` has to be 0 before.  Rationale: it is 250 KB that are rarely used, and
 * pages that calloc gives are not touched to be zero.
 * Errors: ERR_BOOK  it is not a policy, or has more than this program can hold.
 */
MUST_CHECK bool policy_from_json(const json_t *json, struct policy *ret, struct err *err);

#endif
