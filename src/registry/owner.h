/*
 * registry/owner.h - whose a listener is, and whether an entry's owner has its port.
 *
 * Pure: everything that decides is an argument.
 * The rules are DESIGN's: squatted needs evidence.
 */
#ifndef REGISTRY_OWNER_H
#define REGISTRY_OWNER_H

#include "registry/listeners.h"
#include "registry/store.h"

/*
 * What is known of where something runs: a project's folder, an instance's
 * worktree, an entry's unit or container.  What is not known is NULL.
 */
struct claimant {
	const char *project_id, *project;
	unsigned instance;     /* 0: the project's folder */
	const char *service;   /* of an entry; NULL: of all that runs there */
	const char *path;      /* of a project or an instance */
	const char *unit;      /* of an entry */
	const char *container; /* of an entry: its name, or its id or the start of it */
};

/* Those with a path first, by path; of one path the highest instance first: claimants_order. */
struct claimant_list {
	const struct claimant *items;
	unsigned count, n_folders;
};

/* Bring them into the order of a list. */
struct claimant_list claimants_order(struct claimant *items, unsigned count);

/* By what a process is known to be somebody's; the surest first. */
enum owner_by {
	OWNER_UNKNOWN,
	OWNER_UNIT,	 /* it runs in the unit */
	OWNER_CONTAINER, /* it is, or serves, the container */
	OWNER_COMPOSE,	 /* compose was run in the folder for its container */
	OWNER_FOLDER,	 /* it works in the folder */
	OWNER_LINEAGE,	 /* it works nowhere that tells, and a parent of it in the folder */
};

struct owner {
	enum owner_by by;
	const struct claimant *claimant; /* OWNER_UNKNOWN: NULL */
};

/* Of several folders the longest counts, and of a project and its instance the instance. */
struct owner owner_of_process(const struct claimant_list *all, const struct process *p);

/* The first of its processes that is known to be somebody's. */
struct owner owner_of_listener(const struct claimant_list *all, const struct listener *l);

/* The process by which the listener is known to be that owner's; NULL: it is nobody's. */
const struct process *owner_process(const struct claimant_list *all, const struct owner *o,
				    const struct listener *l);

/* What a look finds of an entry. */
enum entry_state {
	STATE_IN_USE,	/* its owner listens */
	STATE_DOWN,	/* nobody does */
	STATE_SQUATTED, /* somebody else does */
	STATE_UNKNOWN,	/* somebody does, and it cannot be told who */
};
#define ENTRY_STATE_COUNT 4

/* "in_use", "down", "squatted", "unknown". */
const char *entry_state_name(enum entry_state s);
/* False, and `*ret` untouched: no state has that name. */
bool entry_state_from_name(const char *name, enum entry_state *ret);

/* Why it is not known to be the owner. */
enum stranger_why {
	STRANGER_NONE,	       /* it is the owner, or nobody listens */
	STRANGER_OF_ANOTHER,   /* it belongs to another project or instance: see owner */
	STRANGER_MATCHES_NONE, /* what is known of the owner fits none of what is seen */
	UNKNOWN_UNREADABLE,    /* another user's process */
	UNKNOWN_CLAIM,	       /* the book knows neither a path nor a unit nor a container */
	UNKNOWN_PATH,	       /* of its path it is not known whether it is this machine's */
	UNKNOWN_PLACE,	       /* the process tells nothing that could be compared */
	UNKNOWN_HOST,	       /* the port is another machine's */
};

struct judgement {
	enum entry_state state;
	enum stranger_why why;
	const struct process *process; /* who decided it; NULL: none could be seen */
	struct owner owner;	       /* whose that process is */
};

/*
 * `l` NULL: nobody listens on the entry's port.  `path` is the folder of the
 * entry's project; the entry knows its instance's own.
 */
struct judgement entry_judge(const struct claimant_list *all, const struct entry *e,
			     const char *path, const char *container, const struct listener *l);

/* Is the process in the unit, which may be written without ".service"? */
bool process_is_in_unit(const struct process *p, const char *unit);

#endif
