/*
 * registry/entry_json.h - rows as JSON: what events keep and answers show.
 *
 * The names are those of the field (DESIGN section 5).  Absent values are null.
 */
#ifndef REGISTRY_ENTRY_JSON_H
#define REGISTRY_ENTRY_JSON_H

#include "base/json.h"
#include "registry/store.h"

/* All return a new reference; NULL: no memory. */
json_t *entry_json(const struct entry *e) MUST_CHECK;
json_t *project_json(const struct project *p) MUST_CHECK;
json_t *instance_json(const struct instance *i) MUST_CHECK;
json_t *reserved_json(const struct reserved *r) MUST_CHECK;

/* The members of `entry_json` into an object that is there already. */
MUST_CHECK bool entry_json_into(json_t *object, const struct entry *e);

/* Who holds it, for an error. Takes the reference to `holder`, which may be NULL. */
void holder_put(struct err *err, json_t *holder);

/* As holder_put: the entry in short. */
void holder_of_entry(struct err *err, const struct entry *e);

#endif
