/*
 * cli/program.h - another program run to its end, without a say.
 */
#ifndef CLI_PROGRAM_H
#define CLI_PROGRAM_H

#include "base/err.h"
#include "base/text.h"

/*
 * Run `words` (found on PATH, NULL at the end), in `folder` (NULL: here).  It reads nothing; what it
 * writes to both of its outputs, at most 64 KB, is added to `said`; `*ret_status` -1: a signal ended it.
 * Errors: ERR_NOT_FOUND  there is no such program
 *         ERR_IO         it, or the folder, cannot be used
 */
MUST_CHECK bool program_run(const char *const *words, const char *folder, struct text *said,
			    int *ret_status, struct err *err);

#endif
