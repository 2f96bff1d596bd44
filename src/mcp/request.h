/*
 * mcp/request.h - one request while it is answered.
 */
#ifndef MCP_REQUEST_H
#define MCP_REQUEST_H

#include "mcp/mcp.h"
#include "mcp/revision.h"

/* Codes of JSON-RPC and of the protocol. */
enum mcp_code {
	MCP_PARSE_ERROR = -32700,
	MCP_INVALID_REQUEST = -32600,
	MCP_METHOD_NOT_FOUND = -32601,
	MCP_INVALID_PARAMS = -32602,
	MCP_INTERNAL_ERROR = -32603,
	MCP_RESOURCE_NOT_FOUND = -32002, /* up to 2025-11-25 */
	MCP_HEADER_MISMATCH = -32020,
	MCP_MISSING_CAPABILITY = -32021,
	MCP_UNSUPPORTED_VERSION = -32022,
};

struct mcp {
	const struct mcp_catalogue *catalogue;
	struct mcp_book book;
	json_t *tools;		/* of tools/list, made once; NULL: not yet */
	unsigned changed_lists; /* see mcp_take_changed_lists */
};

/* Rationale: a sentence about one entry with its hint; see ERR_TEXT_SIZE. */
#define MCP_REFUSAL_SIZE 1536

struct mcp_request {
	struct mcp *mcp;
	struct mcp_link *link;
	const struct revision *revision;
	const char *method;
	const json_t *id;		       /* NULL: a notification */
	const json_t *params;		       /* an object, maybe without members */
	const json_t *meta;		       /* params._meta; NULL: none */
	struct mcp_subscription *subscription; /* made by the method; goes to the reply */
	bool is_cancelled;

	struct {
		int code; /* 0: none */
		unsigned http_status;
		char text[MCP_REFUSAL_SIZE];
		json_t *data; /* NULL: none */
	} refusal;
};

/* Refuse the request: returns false.  Takes `data` (NULL: none). */
bool mcp_refuse(struct mcp_request *q, enum mcp_code code, json_t *data, const char *format, ...)
	PRINTF_LIKE(4, 5);
#define mcp_refuse(...) fail_is_false(mcp_refuse(__VA_ARGS__))

/* As mcp_refuse, before the request came to its method: HTTP has a status for that. */
bool mcp_reject(struct mcp_request *q, unsigned http_status, enum mcp_code code, json_t *data,
		const char *format, ...) PRINTF_LIKE(5, 6);
#define mcp_reject(...) fail_is_false(mcp_reject(__VA_ARGS__))

/* The capability that the client has by its own account, such as "roots". */
bool mcp_client_has(const struct mcp_request *q, const char *capability);

/* Call an operation, with progress and cancelling where the client asked for it. */
MUST_CHECK bool mcp_call_book(struct mcp_request *q, const char *operation, const json_t *input,
			      json_t **ret, struct err *err);

/* Send a notification, where the link has room for it.  Takes `params`. */
MUST_CHECK bool mcp_notify(struct mcp_link *link, const char *method, json_t *params,
			   struct err *err);

/* Say how far a request is, to who asked for that; `total` 0: not known. */
MUST_CHECK bool mcp_progress(struct mcp_request *q, uint64_t done, uint64_t total,
			     const char *message, struct err *err);

/* Say something of the level ("notice"), to who asked for that.  Takes `data`. */
MUST_CHECK bool mcp_log(struct mcp_request *q, const char *level, json_t *data, struct err *err);

/* The program, as it introduces itself.  NULL: no memory. */
MUST_CHECK json_t *mcp_server_info(const struct mcp *m);

#endif
