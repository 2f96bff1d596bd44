/*
 * lib/mcp_fixtures.h - what the protocol's own conformance tests want a server to
 * offer: tools, prompts and resources called test_..., which have nothing to do with
 * ports.  Any transport can serve this catalogue in place of mcp_portbook.
 *
 * Source: the descriptions of the scenarios in @modelcontextprotocol/conformance.
 */
#ifndef LIB_MCP_FIXTURES_H
#define LIB_MCP_FIXTURES_H

#include "mcp/mcp.h"

extern const struct mcp_catalogue mcp_fixtures;

/* The book of such a server: there is none. */
MUST_CHECK bool mcp_fixtures_no_book(void *arg, const char *operation, const json_t *input,
				     const struct call_io *io, json_t **ret, struct err *err);

#endif
