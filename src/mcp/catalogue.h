/*
 * mcp/catalogue.h - what a server offers: tools, prompts and resources.
 *
 * The protocol knows nothing of ports: the product's catalogue is mcp_portbook
 * (portbook.c); a test may offer another.  Everything is a table, in the order in
 * which clients are told of it.
 */
#ifndef MCP_CATALOGUE_H
#define MCP_CATALOGUE_H

#include "mcp/mcp.h"
#include "mcp/request.h"

/*
 * Every function here fills `result`, an empty object, with the members that the
 * schema of the method names.  It fails with mcp_refuse, which is the client's
 * error, or as any other function does, which is the server's.
 */
typedef bool mcp_answer_fn(struct mcp_request *q, json_t *result, struct err *err);

struct mcp_tool {
	const char *name;
	/* Fill the entry of tools/list, all but its name. */
	bool (*describe)(const struct mcp_tool *t, json_t *entry, struct err *err);
	/* `arguments` is an object; what is wrong with it is a result with isError. */
	bool (*call)(const struct mcp_tool *t, struct mcp_request *q, const json_t *arguments,
		     json_t *result, struct err *err);
};

struct mcp_prompt_argument {
	const char *name, *description; /* NULL, NULL ends a table */
	bool required;
};

struct mcp_prompt {
	const char *name, *title, *description;
	const struct mcp_prompt_argument *arguments; /* NULL: none */
	/* `arguments` is an object of texts, with all that is required. */
	bool (*get)(const struct mcp_prompt *p, struct mcp_request *q, const json_t *arguments,
		    json_t *result, struct err *err);
};

struct mcp_catalogue {
	const char *name, *title, *description, *instructions;
	const struct mcp_tool *const *tools;	 /* NULL at the end */
	const struct mcp_prompt *const *prompts; /* NULL at the end */

	/* What a client calls a tool besides its name; NULL: nobody's. */
	const struct mcp_tool *(*tool_by_alias)(const char *name);

	mcp_answer_fn *resources; /* resources/list */
	mcp_answer_fn *templates; /* resources/templates/list */
	mcp_answer_fn *read;	  /* resources/read; params.uri is a text */
	/* Is it a resource that may be there?  Only such can be watched. */
	bool (*has_resource)(const char *uri);

	/*
	 * completion/complete: add values to `values`, at most 100, and say whether
	 * there are more.  `ref` is params.ref, `name` the argument, `given` the others.
	 */
	bool (*complete)(struct mcp_request *q, const json_t *ref, const char *name,
			 const char *prefix, const json_t *given, json_t *values, bool *ret_more,
			 struct err *err);

	unsigned changing_lists; /* MCP_LIST_...: those that may change while it runs */
	/* Does this event (of `history`) change the resource, or which ones there are? */
	bool (*changes)(const json_t *event, const char *uri);
	bool (*changes_list)(const json_t *event);
};

/* NULL: there is none. */
const struct mcp_tool *mcp_tool_named(const struct mcp_catalogue *c, const char *name);
const struct mcp_prompt *mcp_prompt_named(const struct mcp_catalogue *c, const char *name);

#endif
