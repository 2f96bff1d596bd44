/*
 * registry/instances.h - the copies of a project that run beside each other.
 */
#ifndef REGISTRY_INSTANCES_H
#define REGISTRY_INSTANCES_H

#include "registry/blocks.h"
#include "registry/registry.h"

/* The instances of a project on a host, by number; released ones are marked as such. */
struct instance_list {
	struct instance *items; /* in the arena */
	unsigned count;
};
MUST_CHECK bool instances_read(struct registry *r, const char *project_id, struct arena *a,
			       struct instance_list *ret, struct err *err);

/* What is said about an instance: NULL leaves it as it is, "" clears. */
struct instance_change {
	const char *purpose, *branch, *worktree, *status;
};

/*
 * The instance with this number; entered, or taken up again, when it is not in
 * use.  A new one gets the purpose that the policy names for its number.
 * Errors: ERR_EXHAUSTED  the policy has no slice for that number
 */
MUST_CHECK bool instance_need(struct registry *r, const struct project *p, unsigned number,
			      const char *host, struct arena *a, struct instance *ret,
			      bool *ret_entered, struct err *err);

/*
 * The lowest number that is not in use, at least 2: instance 1 is the main
 * checkout.  Errors: ERR_EXHAUSTED, with the way out.
 */
MUST_CHECK bool instance_next(struct registry *r, const struct project *p, const char *host,
			      unsigned *ret, struct err *err);

/* Errors: ERR_TAKEN  another instance has that worktree; ERR_INVALID  it is not a path or line. */
MUST_CHECK bool instance_set(struct registry *r, const struct project *p,
			     const struct instance *old, const struct instance_change *change,
			     struct arena *a, struct instance *ret, struct err *err);

/*
 * Give the slice back.  Errors: ERR_TAKEN  it holds ports; ERR_NOTHING  it is
 * not in use; ERR_INVALID  instance 1, which stands and falls with its project.
 */
MUST_CHECK bool instance_release(struct registry *r, const struct project *p, unsigned number,
				 struct arena *a, struct instance *ret, struct err *err);

/*
 * Where the instance may stand in a range that is cut into blocks: its slice,
 * assigned now if it had none and `assign`; or, where slices are cut from the
 * top, for instance 1 the blocks less the other instances' slices.
 * Errors: ERR_EXHAUSTED
 */
MUST_CHECK bool instance_candidates(struct registry *r, const struct policy_range *range,
				    const struct project *p, const struct block_list *blocks,
				    const char *host, unsigned number, bool assign,
				    struct candidates *ret, struct err *err);

#endif
