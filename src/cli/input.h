/*
 * cli/input.h - what was typed becomes the input of an operation.
 */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include <limits.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/json.h"
#include "cli/command.h"

/*
 * Set what `text` says of an option (NULL where it takes none): in `input`
 * under its field, or, without a field, in `own` under its name.
 * Errors: ERR_INVALID
 */
MUST_CHECK bool input_add_option(json_t *input, json_t *own, const struct option_spec *o,
				 const char *text, struct err *err);

/*
 * Set what an argument says.
 * Errors: ERR_INVALID, also where it contradicts an option ("web@2 --instance 3").
 */
MUST_CHECK bool input_add_arg(json_t *input, const struct arg_spec *a, const char *text,
			      struct err *err);

/* The same, under names of the caller's: { "toProjectName", "toInstance", "toServiceName" }. */
MUST_CHECK bool input_add_service(json_t *input, const char *const fields[static 3],
				  const char *text, struct err *err);

/* SENDS_...: the working directory, the host, the environment; what is there already stays. */
MUST_CHECK bool input_add_surroundings(json_t *input, const json_t *own, unsigned sends,
				       struct err *err);

/* A path as it is from everywhere; it need not exist. Errors: ERR_INVALID */
MUST_CHECK bool path_absolute(const char *path, char ret[static PATH_MAX], struct err *err);

#endif
