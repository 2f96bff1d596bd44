/*
 * registry/details.h - what is said about an entry and decides nothing.
 */
#ifndef REGISTRY_DETAILS_H
#define REGISTRY_DETAILS_H

#include "registry/registry.h"

/* NULL leaves a field as it is, "" clears it. */
struct details {
	const char *description, *notes;
	const char *unit; /* systemd unit */
	const char *type;
	const char *role;
	const char *tunnel_hostname; /* a DNS name, or "*." and a DNS name */
	const char *tunnel_id;
	const json_t *metadata; /* merged by member; a null removes the member */
};

/*
 * Write what is given into the entry; new strings live in the arena.
 * `*ret_changed` says whether anything is different now.
 * Errors: ERR_INVALID  something is too long, or not what it should be
 */
MUST_CHECK bool details_apply(const struct details *d, struct arena *a, struct entry *e,
			      bool *ret_changed, struct err *err);

#endif
