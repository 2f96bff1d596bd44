/*
 * mcp/revision.h - by which revision of the protocol a request is to be read.
 *
 * Up to 2025-11-25 a client opens with `initialize`; from 2026-07-28 on each
 * request says its revision in params._meta, and HTTP repeats in headers what it
 * is.  Both come in by one pipe or one path:
 *   - the protocol's member of _meta is there: a modern request, also `initialize`;
 *   - a header of a modern revision without it: refused;
 *   - all else is of the older kind.
 */
#ifndef MCP_REVISION_H
#define MCP_REVISION_H

#include <stdbool.h>

#include "base/json.h"

struct mcp_request;

struct revision {
	const char *name;
	bool is_modern;
	bool has_batches;
};

/* The newest first, a row without a name at the end. */
extern const struct revision revisions[];

/* NULL: not known. */
const struct revision *revision_named(const char *name);

/* What is answered to an `initialize` with this: the same, else the newest that has one. */
const struct revision *revision_for(const char *asked);

/* Their names, as an array; NULL: no memory. */
MUST_CHECK json_t *revisions_json(bool only_modern);

/* Find q->revision. False: the request is refused (mcp_reject). */
MUST_CHECK bool revision_find(struct mcp_request *q);

/* Members of _meta. */
#define META_VERSION	  "io.modelcontextprotocol/protocolVersion"
#define META_CAPABILITIES "io.modelcontextprotocol/clientCapabilities"
#define META_LOG_LEVEL	  "io.modelcontextprotocol/logLevel"
#define META_SERVER	  "io.modelcontextprotocol/serverInfo"
#define META_SUBSCRIPTION "io.modelcontextprotocol/subscriptionId"

#endif
