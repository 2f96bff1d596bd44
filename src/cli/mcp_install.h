/*
 * cli/mcp_install.h - portbook in the files of agents' programs.
 */
#ifndef CLI_MCP_INSTALL_H
#define CLI_MCP_INSTALL_H

#include "cli/run.h"

/* Their names, NULL at the end. */
extern const char *const mcp_clients[];

/*
 * Write ourselves into the file of `client`, or with --print only say what would
 * stand there.  `*ret` is the answer.
 * Errors: ERR_INVALID  no such client, none (NULL), or a file that cannot be kept as it is
 *         ERR_NOT_PERMITTED, ERR_IO
 */
MUST_CHECK bool mcp_install(struct run *r, const char *client, json_t **ret, struct err *err);

#endif
