/*
 * operations/variables.h - an instance's ports as variables, and as its .ports.env.
 */
#ifndef OPERATIONS_VARIABLES_H
#define OPERATIONS_VARIABLES_H

#include "formats/render.h"
#include "operations/input.h"

/*
 * The ports of an instance in an environment, by service name, a service's by age,
 * in the arena; `command` and `is_one` are for the caller to set.
 */
MUST_CHECK bool variables_read(struct call *c, const struct place *p, const char *environment,
			       const char *host, struct port_values *ret, struct err *err);

/*
 * {path, content, changed}: the `.ports.env` in `folder` as it is to be; other
 * lines that stand in it stay.  Null where the folder has none and nothing is
 * to be written.
 */
MUST_CHECK bool variables_file(struct call *c, const struct port_values *v, const char *folder,
			       json_t **ret, struct err *err);

#endif
