/*
 * operations/homes.h - in which directory a service runs, and whether that is gone.
 *
 * Only this machine's directories can be seen from here.  A project that is on
 * several machines has one path; where nothing is at it here, it is another's.
 */
#ifndef OPERATIONS_HOMES_H
#define OPERATIONS_HOMES_H

#include "operations/elsewhere.h"
#include "registry/projects.h"

struct homes {
	const char *host;
	bool cannot_tell;	      /* whether it is this machine's: host_is_anybodys */
	struct project_list projects; /* their paths: none that may be another machine's */
	struct elsewhere elsewhere;
};

/* Errors: those of elsewhere_read */
MUST_CHECK bool homes_read(struct call *c, struct homes *ret, struct err *err);

/* The directory in which the entry's service has run; NULL: it is not gone, or not known. */
const char *home_gone(const struct homes *h, const struct entry *e);

#endif
