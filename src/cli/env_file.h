/*
 * cli/env_file.h - the files that answers propose: written here, as operations write none.
 */
#ifndef CLI_ENV_FILE_H
#define CLI_ENV_FILE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/json.h"

/*
 * Write a proposed file {path, content, changed}, whole and at once, unless
 * what is there is the same already.  `*ret_written`: it was written.
 * Errors: ERR_INVALID the proposal is incomplete; ERR_NOT_PERMITTED, ERR_IO
 */
MUST_CHECK bool proposed_file_write(const json_t *file, bool *ret_written, struct err *err);

/* Add a line at the end of a file, which is made if it is not there. Errors: the same. */
MUST_CHECK bool file_add_line(const char *path, const char *line, struct err *err);

#endif
