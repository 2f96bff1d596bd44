/*
 * registry/registry.h - a book that is open, and what every use case needs of it.
 *
 * The use cases are beside this file, one each: owners (projects, instances,
 * blocks), get, release, update, move, register, reserve, policy, look.  They
 * run inside a transaction that the caller opened, leave an event for every
 * change, and decide nothing by clocks, files or chance of their own.
 */
#ifndef REGISTRY_REGISTRY_H
#define REGISTRY_REGISTRY_H

#include "base/arena.h"
#include "base/caller.h"
#include "base/json.h"
#include "base/rights.h"
#include "base/utf8.h"
#include "base/uuid.h"
#include "ports/policy.h"
#include "registry/clock.h"
#include "registry/listeners.h"
#include "registry/store.h"

#define HOST_DEFAULT "localhost"

/* What listens, looked at once for all changes that are made together. */
struct batch_look {
	bool has[PROTO_COUNT];
	struct port_set ports[PROTO_COUNT];
};

struct registry {
	struct store *store;
	const struct listeners *listeners; /* NULL: nobody can look */
	struct batch_look *look;	   /* NULL: each change looks for itself */
	const struct clock *clock;
	char host[NAME_SIZE]; /* this machine's, in the book */
	bool is_shared;	      /* by machines: others may write in it, too */
	/* Names who asks, for the history; called once, by the first change. */
	char *(*caller)(char ret[static CALLER_NAME_SIZE]);
	char actor[CALLER_NAME_SIZE]; /* "": not asked yet */
	const struct rights *rights;  /* of who asks: each change is held against them; NULL: all */
	bool has_refused;	      /* who asks may not, and that is not the book's doing */
	int64_t change_at_ms;	      /* when the change at hand was made: all its events say so */
	struct policy *policy;	      /* as last read; NULL: not yet */
	char policy_stamp[UUID_TEXT_SIZE]; /* of the policy as last read */
	json_t *notices;		   /* array of strings for stderr; NULL: none yet */
};

/* What is held belongs to the caller but for the policy; the store is not freed. */
void registry_release(struct registry *r);

/* Say something that is not ordinary, once; a notice that finds no memory is lost. */
void registry_note(struct registry *r, const char *format, ...) PRINTF_LIKE(2, 3);

int64_t registry_now(const struct registry *r);
const char *registry_actor(struct registry *r);

/* A new UUID; NULL: no memory. */
const char *registry_new_id(struct registry *r, struct arena *a) MUST_CHECK;

/*
 * The policy of the book, read again only when it has changed.
 * Errors: ERR_BOOK  the book has none, or one this program does not understand
 */
MUST_CHECK bool registry_policy(struct registry *r, const struct policy **ret, struct err *err);

/* `environment` folded, or the policy's default when it is NULL; in the arena. */
MUST_CHECK bool registry_environment(struct registry *r, const char *environment, struct arena *a,
				     const char **ret, struct err *err);

/* `host` folded, or this machine's when it is NULL; in the arena. */
MUST_CHECK bool registry_host(struct registry *r, const char *host, struct arena *a,
			      const char **ret, struct err *err);

/* What a change leaves behind. `before` and `after` are taken over, also on failure. */
struct change {
	const char *op, *project_id, *subject, *service;
	uint16_t port;
	json_t *before, *after;
};
/* Errors: ERR_NOT_PERMITTED  it is of a project that who asks may not change */
MUST_CHECK bool registry_record(struct registry *r, struct change *c, struct err *err);

/* The same, unless it says after what it said before: that was no change. */
MUST_CHECK bool registry_record_change(struct registry *r, struct change *c, struct err *err);

/*
 * Write `after` and the event that leads from `before` (NULL: it is new) to it.
 * Errors: those of entry_put.
 */
MUST_CHECK bool registry_put_entry(struct registry *r, const char *op, const struct entry *before,
				   const struct entry *after, struct err *err);

/* Only the event, for a row that is written already. */
MUST_CHECK bool registry_record_entry(struct registry *r, const char *op,
				      const struct entry *before, const struct entry *after,
				      struct err *err);

/* "project@2/service", without "@1"; NULL: no memory. */
const char *entry_subject(struct arena *a, const struct entry *e) MUST_CHECK;
const char *service_subject(struct arena *a, const char *project, unsigned instance,
			    const char *service) MUST_CHECK;

#endif
