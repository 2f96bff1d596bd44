/*
 * mcp/watching.h - what has changed in the book since the last look, by whoever.
 */
#ifndef MCP_WATCHING_H
#define MCP_WATCHING_H

#include "mcp/mcp.h"

struct watching {
	bool has_begun;
	int64_t last; /* number of the newest event that was seen */
};

/* From now on.  Twice is as once.  A book that cannot be read has no changes. */
MUST_CHECK bool watching_begin(struct watching *w, const struct mcp *m, struct err *err);

/* The events since, as `history` tells them; NULL: none.  Errors: ERR_MEMORY */
MUST_CHECK bool watching_look(struct watching *w, const struct mcp *m, json_t **ret,
			      struct err *err);

#endif
