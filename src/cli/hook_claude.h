/*
 * cli/hook_claude.h - portbook asked by Claude Code before each shell command.
 */
#ifndef CLI_HOOK_CLAUDE_H
#define CLI_HOOK_CLAUDE_H

#include "cli/run.h"

/*
 * Write the hook into the settings: of the user, or with --project DIR of the project there;
 * with --print only show it.  `ret` is the answer: {path, changed, content}.
 * Errors: ERR_INVALID  the settings cannot be understood, and are left as they are;
 *         and those of file_change_write
 */
MUST_CHECK bool hook_claude_install(struct run *r, json_t **ret, struct err *err);

/* Take it out again. */
MUST_CHECK bool hook_claude_remove(struct run *r, json_t **ret, struct err *err);

#endif
