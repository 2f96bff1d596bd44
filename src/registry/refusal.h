/*
 * registry/refusal.h - why a port cannot be had, for people.
 *
 * Each returns false, with what is wrong, whose it is, and what to do next.
 */
#ifndef REGISTRY_REFUSAL_H
#define REGISTRY_REFUSAL_H

#include "registry/get.h"

/* "port 3000 belongs to 'a/web' (dev)", with the holder. */
bool fail_held(struct err *err, const struct entry *holder, struct arena *a);

/* "port 5432 is reserved: PostgreSQL" */
bool fail_reserved(struct registry *r, const struct service_key *key, uint16_t port,
		   struct err *err);

/* The only port that is wanted cannot be given: held, outside, reserved or listened on. */
bool fail_preferred(struct registry *r, const struct port_request *q, const struct choice *c,
		    struct arena *a, struct err *err);

/* Nothing is left: the range, how many are used, and what would help. */
bool fail_exhausted(struct registry *r, const struct port_request *q, const struct choice *c,
		    struct err *err);

#endif
