/*
 * cli/agent_file.h - portbook among the servers in the file of an agent's program.
 *
 * Pure: bytes in, bytes out.  What stands in the file besides comes out as it went
 * in, to the last blank.
 */
#ifndef CLI_AGENT_FILE_H
#define CLI_AGENT_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/json.h"
#include "base/text.h"

/* How such a program is to start us. */
struct agent_entry {
	const char *command;
	const char *const *args; /* NULL at the end */
	bool has_type;		 /* it wants to be told "type": "stdio" */
};

/*
 * A file in JSON whose member `list` has the servers by name ("mcpServers"); no
 * bytes are an empty one.  Adds the new file to `ret`.
 * Errors: ERR_INVALID  it is no JSON (comments are none), or the list is no object
 */
MUST_CHECK bool agent_file_json(const char *bytes, size_t len, const char *list,
				const struct agent_entry *entry, struct text *ret, struct err *err);

/*
 * The same for a file in TOML, where a server is a table [LIST.portbook].
 * Errors: ERR_INVALID  ours is written there in a form that cannot be kept
 */
MUST_CHECK bool agent_file_toml(const char *bytes, size_t len, const char *list,
				const struct agent_entry *entry, struct text *ret, struct err *err);

#endif
