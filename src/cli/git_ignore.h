/*
 * cli/git_ignore.h - .ports.env is this checkout's, and not for git.
 */
#ifndef CLI_GIT_IGNORE_H
#define CLI_GIT_IGNORE_H

#include <stdbool.h>

#include "base/err.h"

/*
 * See to it that git ignores .ports.env in `folder`, a checkout, or in those of a
 * bare repository: where neither .gitignore nor anything else does, and it is not
 * tracked, info/exclude of the repository gets a line, which counts in all its
 * worktrees and is not committed.  Without it git would not remove a worktree
 * that has the file.
 * Errors: those of git_ask and file_add_line
 */
MUST_CHECK bool git_ignore_ports_env(const char *folder, struct err *err);

#endif
