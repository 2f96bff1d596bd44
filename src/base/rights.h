/*
 * base/rights.h - what a caller may do, where that is less than everything.
 *
 * Who asks over a network has such; who has the book's file has the file's.  Reading is
 * nobody's secret.
 */
#ifndef BASE_RIGHTS_H
#define BASE_RIGHTS_H

#include <stdbool.h>

#include "base/err.h"

struct rights {
	const char *who;  /* "the token 'ci'", to begin a sentence with */
	const char *hint; /* what helps who may only read; NULL: nothing does */
	bool only_reads;
	bool names_no_folders; /* they would be another machine's, or read as another user */
	const char *const
		*projects; /* the only ones that may be changed; ends with NULL; NULL: all */
};

/* NULL is all of them. */
bool rights_have_project(const struct rights *r, const char *project);

/*
 * May anything be changed; and with `of_project` false, what is of no one project?
 * `what` names it in the sentence.
 * Errors: ERR_NOT_PERMITTED
 */
MUST_CHECK bool rights_to_change(const struct rights *r, const char *what, bool of_project,
				 struct err *err);

/* May this project be changed; NULL: what is of none?  Errors: ERR_NOT_PERMITTED */
MUST_CHECK bool rights_to_project(const struct rights *r, const char *project, struct err *err);

#endif
