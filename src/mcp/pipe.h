/*
 * mcp/pipe.h - the protocol over a pipe: one message a line, in and out.
 */
#ifndef MCP_PIPE_H
#define MCP_PIPE_H

#include "mcp/mcp.h"

struct mcp_pipe {
	int in, out;		 /* the caller's; `in` may be made non-blocking */
	const char *directory;	 /* see struct mcp_link */
	const char *environment; /* see struct mcp_link */
	const char *host;	 /* see struct mcp_link */
};

/*
 * Serve until the client has closed its side, and all that it sent is answered.
 * Errors: ERR_IO      nobody reads the answers, or nothing can be read
 *         ERR_MEMORY
 */
MUST_CHECK bool mcp_serve_pipe(struct mcp *m, const struct mcp_pipe *pipe, struct err *err);

#endif
