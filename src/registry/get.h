/*
 * registry/get.h - the service's port (DESIGN section 3, "Choosing a port").
 */
#ifndef REGISTRY_GET_H
#define REGISTRY_GET_H

#include "registry/details.h"
#include "registry/registry.h"

/* Whose port: every field is set, folded, and in the policy's words. */
struct service_key {
	const struct project *project;
	unsigned instance;
	const char *service, *environment, *host;
	enum protocol protocol;
};

struct port_request {
	struct service_key key;
	const char *type;    /* NULL: by the service's name, where the policy has types */
	const char *role;    /* NULL: by name or type, where the range has roles */
	uint16_t preferred;  /* 0: none */
	bool only_preferred; /* that one or an error */
	bool force;	     /* also where a stranger listens */
	bool temporary;
	int64_t expires_in_ms; /* temporary: 0: as long as the policy says */
	bool replace; /* allocate: the old primary is released, and what is said of it kept */
	const struct entry *old; /* that one; set by registry_allocate */
	uint16_t not_port;	 /* any but this one; 0: any */
	bool has_none;		 /* the service has no port; set by registry_get, which looked */
	struct details details;
};

struct port_answer {
	struct entry entry; /* strings in the arena */
	bool created;	    /* entered by this call */
	enum plan_why why;
	struct listener *passed; /* who sits on ports that were passed over */
	unsigned n_passed;
	uint16_t replaced; /* the port that was released for it; 0: none */
};

/* The live primary of the service. Reads only. */
MUST_CHECK bool service_primary(struct registry *r, const struct service_key *key, struct arena *a,
				struct entry *ret, bool *ret_found, struct err *err);

/* The live entry on the port. Reads only. */
MUST_CHECK bool port_holder(struct registry *r, const char *host, enum protocol protocol,
			    uint16_t port, struct arena *a, struct entry *ret, bool *ret_found,
			    struct err *err);

/* Where else the service is entered: "test (3101), production (3102)" is added to `ret`. */
bool service_elsewhere(struct registry *r, const struct service_key *key, struct text *ret);

/* What every use case that enters something has to hold it against. */

/* Errors: ERR_INVALID  another service of the instance has the same variable. */
MUST_CHECK bool service_variable_is_free(struct registry *r, const struct service_key *key,
					 struct err *err);
/* Errors: ERR_INVALID  the project is archived: it keeps what it has. */
MUST_CHECK bool project_takes_more(const struct service_key *key, struct err *err);
/* Errors: ERR_TAKEN  another entry has the hostname. */
MUST_CHECK bool tunnel_is_free(struct registry *r, const struct entry *e, struct err *err);

/*
 * As registry_get_known, in one look-up, for a service whose names are folded
 * already.  `instance` 0: the directory's, or 1; `*ret_done` is false where that
 * depends on the directory, as where the service has no port or the engine has
 * no shorter way.
 */
MUST_CHECK bool registry_get_named(struct registry *r, const struct service_name *name,
				   struct arena *a, struct port_answer *ret, bool *ret_done,
				   struct err *err);

/*
 * Answer from the book alone, without writing: `*ret_done` false when that is
 * not enough, because the service has no port or the details differ.
 */
MUST_CHECK bool registry_get_known(struct registry *r, const struct port_request *q,
				   struct arena *a, struct port_answer *ret, bool *ret_done,
				   struct err *err);

/*
 * The service's primary port: the one it has, its metadata updated with what is
 * given; or a new one, as registry_allocate.
 * Errors: as registry_allocate.
 */
MUST_CHECK bool registry_get(struct registry *r, const struct port_request *q, struct arena *a,
			     struct port_answer *ret, struct err *err);

/*
 * One more port for the service.
 * Errors: ERR_TAKEN      the only port it would take is held, reserved or listened on;
 *                        or the tunnel hostname is another entry's
 *         ERR_EXHAUSTED  nothing is free, with what would help
 *         ERR_INVALID    the policy has no range for it; or the port asked for is
 *                        outside its candidates, which names `register`
 */
MUST_CHECK bool registry_allocate(struct registry *r, const struct port_request *q, struct arena *a,
				  struct port_answer *ret, struct err *err);

#endif
