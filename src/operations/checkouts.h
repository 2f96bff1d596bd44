/*
 * operations/checkouts.h - a repository's worktrees beside the instances that the book has.
 *
 * Git knows a worktree by a name of its own, the book by its path.  One that is
 * where the book does not know it may have been moved there: then it is the
 * instance whose worktree is no more, if they agree in branch or name, and the
 * worktree was made before the instance was entered.
 */
#ifndef OPERATIONS_CHECKOUTS_H
#define OPERATIONS_CHECKOUTS_H

#include "operations/call.h"
#include "project/worktrees.h"
#include "registry/instances.h"

enum checkout_state {
	CHECKOUT_MAIN,
	CHECKOUT_KNOWN, /* it is where the book has it */
	CHECKOUT_MOVED, /* its instance has another path */
	CHECKOUT_NEW,	/* nothing is entered for it */
	CHECKOUT_OTHER, /* another project's, as somebody has said */
	CHECKOUT_GONE,	/* an instance whose worktree git does not list, and which is not there */
};
#define CHECKOUT_STATE_COUNT 6

/* "main", "known" ... */
const char *checkout_state_name(enum checkout_state s);

struct checkout {
	enum checkout_state state;
	const struct worktree *worktree; /* NULL: it is gone */
	/* NULL: CHECKOUT_NEW, _OTHER, and _MAIN where that is instance 1 */
	struct instance *instance;
};

/* Those that git lists, in its order, then those that are gone. */
struct checkouts {
	struct checkout *items; /* in the call's arena */
	unsigned count;
};

/*
 * Read both sides, and compare.  Nothing is written.
 * Errors: those of worktrees_read
 */
MUST_CHECK bool checkouts_read(struct call *c, const struct directory *d, const struct project *p,
			       struct checkouts *ret, struct err *err);

/* Where it is; of one that is gone, where it was. */
const char *checkout_path(const struct checkout *one);

/* {projectName, instance, path, branch, state, isBare, isLocked, isMissing}; NULL: no memory. */
json_t *checkout_json(const struct project *p, const struct checkout *one) MUST_CHECK;

/* What is at this path, as git has it; NULL: nothing. */
const struct checkout *checkout_at(const struct checkouts *all, const char *path);

#endif
