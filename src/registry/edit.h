/*
 * registry/edit.h - changing what is entered: update, move, register.
 */
#ifndef REGISTRY_EDIT_H
#define REGISTRY_EDIT_H

#include "registry/get.h"
#include "registry/release.h"

/*
 * Metadata only: the hostname on the primary, the rest on all ports of the
 * service; with `port` on that one alone.  `ret` is the primary, or that port.
 * Errors: ERR_NOT_FOUND; ERR_TAKEN  another entry has the hostname; ERR_INVALID
 */
MUST_CHECK bool registry_update(struct registry *r, const struct service_key *key, uint16_t port,
				const struct details *d, struct arena *a, struct entry *ret,
				bool *ret_changed, struct err *err);

/* What the history of a project calls a port's move to another one. */
#define MOVE_AWAY_OP "move-away"

/*
 * The entry (the primary, or the one with `port`) becomes `to`'s; the port stays.
 * Errors: ERR_NOT_FOUND; ERR_INVALID  `to` is what it is, or its variable is taken
 */
MUST_CHECK bool registry_move(struct registry *r, const struct service_key *key, uint16_t port,
			      const struct service_key *to, struct arena *a, struct entry *ret,
			      struct err *err);

/*
 * May the service have that port, as far as blocks and reservations go?
 * Errors: ERR_TAKEN  it is in another project's block, or reserved for another
 */
MUST_CHECK bool port_may_be_registered(struct registry *r, const struct service_key *key,
				       uint16_t port, struct arena *a, struct err *err);

struct register_request {
	struct service_key key;
	uint16_t port;
	bool legacy; /* entered with status legacy */
	bool force;  /* also in another project's block */
	struct details details;
};

/*
 * Enter a port that is used by convention, wherever it is.  A port that the
 * service has already is updated.  A listener never refuses it, but is named.
 * Errors: ERR_TAKEN  another entry's, reserved for another project, or in
 *                    another project's block without `force`
 */
MUST_CHECK bool registry_register(struct registry *r, const struct register_request *q,
				  struct arena *a, struct port_answer *ret, struct err *err);

#endif
