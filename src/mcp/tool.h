/*
 * mcp/tool.h - a tool of portbook's: a row over an operation.
 *
 * The operation's schema says what a tool's arguments are and what it answers;
 * the row says which of the arguments an agent is offered, under which name, and
 * how a long answer is made short.  The rows are in tools.c.
 */
#ifndef MCP_TOOL_H
#define MCP_TOOL_H

#include "mcp/catalogue.h"

struct tool_argument {
	const char *name;	 /* NULL ends a table */
	const char *field;	 /* of the operation; NULL: the same name */
	const char *description; /* NULL: the operation's */
	bool required;
	bool is_true;  /* without it: true, and not what the operation takes for granted */
	bool as_text;  /* a number here, a text there */
	bool as_after; /* a cursor here, the port after which it goes on there */
	int64_t otherwise, most; /* of a number; 0: as the operation says */
};

#define TOOL_READS	1u /* it changes no entry */
#define TOOL_DESTROYS	2u /* it takes something away */
#define TOOL_REPEATABLE 4u /* twice is as once */
/* Without a `path` the directory of the link is meant, where there is one. */
#define TOOL_HAS_PLACE 8u

struct port_tool {
	struct mcp_tool tool;
	const char *title, *description;
	const char *operation;
	const struct tool_argument *arguments;
	unsigned traits; /* TOOL_... */

	/* How the answer is made short, besides port_noise_strip. */
	const char *first_of; /* the only row of this list is the answer itself; NULL: none */
	bool is_paged;	      /* `next` becomes a cursor; `count` goes, as it is a page's */
	unsigned longest;     /* lists are cut after so many rows, and it is said; 0: not */
};

extern const struct mcp_tool *const port_tools[];

/* Also "mcp__meta__get_port", "get_port": NULL: none. */
const struct mcp_tool *port_tool_by_alias(const char *name);

bool port_tool_describe(const struct mcp_tool *t, json_t *entry, struct err *err);
bool port_tool_call(const struct mcp_tool *t, struct mcp_request *q, const json_t *arguments,
		    json_t *result, struct err *err);

/* The operation's answer in the tool's form. */
MUST_CHECK bool port_tool_shape(const struct port_tool *t, json_t *answer, struct err *err);

/*
 * Take out of an answer, or of its schema, what an agent does not need to know: ids,
 * times, what is seen of a process besides its name.
 */
void port_noise_strip(json_t *answer);

/*
 * What the agent is told of a failure, with what to do next in words of tools.
 * `input` is what the operation was asked.  Never fails: it says less then.
 */
void port_tool_explain(const struct port_tool *t, struct mcp_request *q, const json_t *input,
		       const struct err *why, struct text *ret);

/*
 * The directory that is meant where none is named: the client's first root, else
 * the link's.  `*ret` NULL: none.  `*ret_ask`: the client has to be asked first, by
 * an answer that requires it.
 */
MUST_CHECK bool link_directory(struct mcp_request *q, const char **ret, bool *ret_ask,
			       struct err *err);

#endif
