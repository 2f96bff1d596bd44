/*
 * operations/cleanup.h - what may be given back: found first, then released.
 *
 * Found are ports of this machine whose time is over, whose directory is gone or
 * which nobody has seen listening for long, and instances whose worktree git no
 * longer has.  What listens now is never given back; what a hostname leads to, or
 * is of production, only when that was said.
 */
#ifndef OPERATIONS_CLEANUP_H
#define OPERATIONS_CLEANUP_H

#include "operations/call.h"
#include "operations/homes.h"
#include "registry/instances.h"
#include "registry/scene.h"

/* Rationale: a service that is used has run within a week; one of a project within a month. */
#define IDLE_DAYS_DEFAULT     7
#define INACTIVE_DAYS_DEFAULT 30

/* Why a port may go. */
enum cleanup_reason {
	CLEANUP_EXPIRED,
	CLEANUP_ORPHAN,	  /* its directory is gone */
	CLEANUP_INSTANCE, /* its instance goes */
	CLEANUP_IDLE,
};
#define CLEANUP_REASON_COUNT 4

/* "expired", "orphan", "instance", "idle". */
const char *cleanup_reason_name(enum cleanup_reason r);

struct cleanable {
	const struct entry *entry;
	enum cleanup_reason reason;
	const char *why;  /* a sentence */
	const char *kept; /* why it stays; NULL: it goes */
	bool needs_yes;	  /* that is all it stays for */
};

/* An instance, with all that it holds. */
struct cleanable_instance {
	struct project project;
	struct instance instance;
	const char *why, *kept;
	bool needs_yes;
};

/* What is looked for. */
struct cleanup_wanted {
	bool expired, orphans, instances, idle;
	int64_t idle_ms;
	bool yes;	     /* also what a hostname leads to, and production */
	const char *project; /* NULL: of all */
};

struct cleanup {
	struct call *call;
	struct cleanup_wanted wanted;
	struct scene scene;
	struct homes homes;
	struct cleanable *ports;
	unsigned n_ports;
	struct cleanable_instance *instances;
	unsigned n_instances, room;
};

/* Fill ports and instances of `c`, whose other members are set. Nothing is written. */
MUST_CHECK bool cleanup_find(struct cleanup *c, struct err *err);

/* When the entry was last known to be in use: seen, or entered; 0 is never. */
int64_t entry_seen_at(const struct entry *e);

/* Look at what listens; not to be able to is an error here. */
MUST_CHECK bool cleanup_look(struct call *c, const json_t *input, struct err *err);

#endif
