/*
 * mcp/own.h - what the files of this folder share.
 */
#ifndef MCP_OWN_H
#define MCP_OWN_H

#include "mcp/catalogue.h"
#include "mcp/request.h"

/* Answer with what the method says.  False: q->refusal, or `err`. */
MUST_CHECK bool method_run(struct mcp_request *q, json_t **ret, struct err *err);

/*
 * As method_run, and what that requires of an older client is asked.  `*ret_waits`: there is no
 * result yet, see link.asking.
 */
MUST_CHECK bool asking_run(struct mcp_request *q, bool *ret_waits, json_t **ret, struct err *err);

/* A notification, which has no answer; what is not known is passed over. */
void notification_take(struct mcp_request *q);

mcp_answer_fn method_call_tool, method_complete, method_discover, method_get_prompt,
	method_initialize, method_list_prompts, method_list_resources, method_list_templates,
	method_list_tools, method_listen, method_ping, method_read_resource, method_set_level,
	method_unwatch, method_watch;

/*
 * Where a list goes on: an opaque text for a number, good for one list only.
 * decode: false when it was not made for this list; without a cursor `*ret` is 0.
 */
MUST_CHECK bool cursor_put(json_t *result, const char *list, int64_t position);
MUST_CHECK bool cursor_decode(const char *cursor, const char *list, int64_t *ret);
/* Of params.cursor.  False: the request is refused. */
MUST_CHECK bool cursor_of(struct mcp_request *q, const char *list, int64_t *ret);

/* The syslog level with this name, from 0 "debug" to 7 "emergency"; -1: there is none. */
int log_level_named(const char *name);

#endif
