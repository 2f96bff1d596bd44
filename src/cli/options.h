/*
 * cli/options.h - from argv to a command with its arguments and input.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>

#include "base/err.h"
#include "cli/command.h"
#include "cli/run.h"

/*
 * Find the command and read its options and the global ones, which may stand
 * anywhere.  Fills command (NULL: none was named), args, n_args, input and own
 * of `r`; argv is permuted: options first.
 * Errors: ERR_INVALID; for unknown words the hint says what may have been meant
 */
MUST_CHECK bool options_read(struct run *r, int argc, char **argv, struct err *err);

/*
 * Turn the arguments into input, and add the surroundings.
 * Errors: ERR_INVALID, too few or too many of them included
 */
MUST_CHECK bool arguments_read(struct run *r, struct err *err);

/* Whether --json is among the words, also where they make no sense otherwise. */
bool options_have_json(int argc, char **argv);

#endif
