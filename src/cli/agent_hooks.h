/*
 * cli/agent_hooks.h - portbook among the hooks in the settings of Claude Code.
 *
 * Pure: bytes in, bytes out.  What stands in the file besides comes out as it went in.
 * Source: {"hooks": {"PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command",
 * "command": "...", "timeout": SECONDS}]}]}}, Claude Code's hooks reference.
 */
#ifndef CLI_AGENT_HOOKS_H
#define CLI_AGENT_HOOKS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/text.h"

/* What tells our command from others, however portbook is called in it. */
#define AGENT_HOOK_WORDS "hook check-command"

/*
 * Add to `ret` the settings with `command` before each shell command; no bytes are an empty
 * file.  One of ours that is there gets the command.  `file` is its name in messages.
 * Errors: ERR_INVALID  it is no JSON (comments are none), or the hooks have another form;
 *                      the text starts with "file:line: "
 */
MUST_CHECK bool agent_hooks_with(const char *bytes, size_t len, const char *file,
				 const char *command, struct text *ret, struct err *err);

/* The same without ours, and what was only there for it. */
MUST_CHECK bool agent_hooks_without(const char *bytes, size_t len, const char *file,
				    struct text *ret, struct err *err);

#endif
