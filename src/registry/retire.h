/*
 * registry/retire.h - an instance that goes, with all that it holds: its
 * worktree is no more.
 */
#ifndef REGISTRY_RETIRE_H
#define REGISTRY_RETIRE_H

#include "registry/release.h"

/*
 * Why what the instance holds should not go unasked: somebody listens there
 * now, a hostname leads to it, or it is of production.  `*ret`: a sentence about
 * the first such port, in the arena; NULL: nothing stands in the way.
 */
MUST_CHECK bool retire_obstacle(struct registry *r, const struct project *p, unsigned number,
				struct arena *a, const char **ret, struct err *err);

/* What was given back, as it is now. */
struct retired {
	struct instance instance;
	struct entry_list entries;
};

/*
 * Release every port of the instance, in all environments and on all hosts,
 * then the instance itself: its number, slice and worktree.
 * Errors: ERR_NOTHING  it is not in use; ERR_INVALID  instance 1, which stands
 *         and falls with its project
 */
MUST_CHECK bool instance_retire(struct registry *r, const struct project *p, unsigned number,
				struct arena *a, struct retired *ret, struct err *err);

#endif
