/*
 * mcp/portbook.h - what portbook offers besides its tools, for portbook.c.
 */
#ifndef MCP_PORTBOOK_H
#define MCP_PORTBOOK_H

#include "mcp/catalogue.h"

extern const struct mcp_prompt *const port_prompts[];

mcp_answer_fn port_resources, port_templates, port_read;
bool port_has_resource(const char *uri);
bool port_changes(const json_t *event, const char *uri);
bool port_changes_list(const json_t *event);

bool port_complete(struct mcp_request *q, const json_t *ref, const char *name, const char *prefix,
		   const json_t *given, json_t *values, bool *ret_more, struct err *err);

#endif
