/*
 * operations/variables.h - an instance's ports as variables, and as its .ports.env.
 */
#ifndef OPERATIONS_VARIABLES_H
#define OPERATIONS_VARIABLES_H

#include "formats/dotenv.h"
#include "operations/input.h"

/* The variables of an instance in an environment, by service name, ports by age. */
struct variables {
	struct dotenv_var *items; /* in the arena */
	const char **services;	  /* of each */
	unsigned count;
};

MUST_CHECK bool variables_read(struct call *c, const struct place *p, const char *environment,
			       const char *host, struct variables *ret, struct err *err);

/*
 * {path, content, changed}: the `.ports.env` in `folder` as it is to be; other
 * lines that stand in it stay.  Null where the folder has none and nothing is
 * to be written.
 */
MUST_CHECK bool variables_file(struct call *c, const struct variables *v, const char *folder,
			       json_t **ret, struct err *err);

#endif
