/*
 * book/surroundings.h - what nobody said, but where one is says it.
 *
 * The command line and libportbook send the same.  What the input has already
 * stays.
 */
#ifndef BOOK_SURROUNDINGS_H
#define BOOK_SURROUNDINGS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/json.h"

/* "path": the working directory, unless it is gone or its name is no text. Errors: ERR_MEMORY */
MUST_CHECK bool surroundings_add_path(json_t *input, struct err *err);

/* "environment": PORTBOOK_ENV. Errors: ERR_MEMORY; ERR_INVALID when it is no text. */
MUST_CHECK bool surroundings_add_environment(json_t *input, struct err *err);

#endif
