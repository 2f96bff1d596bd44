/*
 * registry/blocks.h - which ports of a range belong to a project on a host.
 */
#ifndef REGISTRY_BLOCKS_H
#define REGISTRY_BLOCKS_H

#include "registry/registry.h"

/* Rationale: PLAN_MAX_SPANS, less the pieces that slices cut out of blocks. */
#define PROJECT_MAX_BLOCKS 24

struct block_list {
	struct port_range span[PROJECT_MAX_BLOCKS]; /* oldest first */
	unsigned count;
};

/* The blocks that a project has; none is no error. */
MUST_CHECK bool blocks_read(struct registry *r, const char *project_id, const char *range,
			    const char *host, struct block_list *ret, struct err *err);

/*
 * As blocks_read; a project without one gets one: that of its number if it is
 * free on this host, else the lowest free one.
 * Errors: ERR_EXHAUSTED  every block of the range is somebody's
 */
MUST_CHECK bool blocks_need(struct registry *r, const struct policy_range *range,
			    const struct project *project, const char *host, struct block_list *ret,
			    struct err *err);

/* One more block for the project, the lowest free one. Errors: as blocks_need. */
MUST_CHECK bool blocks_add(struct registry *r, const struct policy_range *range,
			   const struct project *project, const char *host, struct port_range *ret,
			   struct err *err);

/*
 * The block of just these ports for the project.
 * Errors: ERR_INVALID    the range has no such block
 *         ERR_TAKEN      it is another project's, or kept for the one with its number
 *         ERR_EXHAUSTED  the project has as many as one may have
 */
MUST_CHECK bool blocks_add_at(struct registry *r, const struct policy_range *range,
			      const struct project *project, const char *host,
			      struct port_range ports, struct err *err);

/* Every port that is in a block of the range on the host, whoever owns it. */
MUST_CHECK bool blocks_collect(struct registry *r, const char *host, struct port_set *ret,
			       struct err *err);

/*
 * The lowest number whose block exists and is not in `owned`, and which is not
 * in `numbers` (a set of numbers + 1): from `first` on, blocks outside the
 * ephemeral range first.  -1: there is none.
 */
int blocks_free_number(struct registry *r, const struct policy *policy,
		       const struct policy_range *range, const struct port_set *owned,
		       const struct port_set *numbers, unsigned first);

/* The policy's first range that is cut into blocks for ordinary projects; NULL: none is. */
const struct policy_range *blocks_range(const struct policy *policy);

/* The project whose block holds the port on the host. */
MUST_CHECK bool block_owner(struct registry *r, const char *host, uint16_t port, struct arena *a,
			    struct project *ret, bool *ret_found, struct err *err);

#endif
