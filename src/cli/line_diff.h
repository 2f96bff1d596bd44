/*
 * cli/line_diff.h - two texts, line by line: what goes, what comes.
 *
 * Pure.  The form is that of `diff -u`, which patch(1) and git read.
 */
#ifndef CLI_LINE_DIFF_H
#define CLI_LINE_DIFF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* One line of the difference, with its sign and without its end. */
typedef void diff_line_fn(const char *line, size_t len, void *arg);

/*
 * Tell `fn` each line of the difference, without the two lines with the names;
 * none, where the texts are the same.
 * Errors: ERR_MEMORY
 */
MUST_CHECK bool line_diff(const char *old, size_t old_len, const char *now, size_t now_len,
			  diff_line_fn *fn, void *arg, struct err *err);

#endif
