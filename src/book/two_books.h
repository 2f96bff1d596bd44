/*
 * book/two_books.h - what is done with two books: all of one into the other.
 *
 * No operation: an operation's only effect is in the one store it is asked of.
 */
#ifndef BOOK_TWO_BOOKS_H
#define BOOK_TWO_BOOKS_H

#include "base/progress.h"
#include "book/session.h"

struct copy_options {
	bool dry_run;
	bool replace;	  /* a book that is in use is forgotten */
	const char *host; /* whose that is in `to` what is entered for localhost; NULL: as it is */
};

/*
 * Let the book `to` be what the book `from` is at this moment, with its ids and
 * its history, in one transaction that ends when both were compared.  A book that
 * is not there is made, in a database, too, where the role may.
 * `*ret`: {"success":true,"dryRun","from","to","made":"the book"|"its tables"|null,
 * "tried","records":{"projects":12,...},"live","replaced":{...}|null}; `made`: what
 * of `to` was not there; `host` as in the options; `tried` false: a dry run only read `from`, as `to` is not
 * there; `replaced` has what `records` has.
 * Errors: ERR_TAKEN    `to` is in use, and `replace` is not set
 *         ERR_INVALID  both are one book
 *         ERR_BOOK     a row cannot be kept in `to` as it is; and those of both books
 */
MUST_CHECK bool session_copy(struct session *from, struct session *to,
			     const struct copy_options *options, struct progress *p, json_t **ret,
			     struct err *err);

/*
 * Have both the same rows?  `host` as in copy_options.
 * `*ret`: {"success":true,"from","to","same","records":{...},"live","differences":
 * [{"in":"from"|"to","row":"port 3100 of ..."}],"differenceCount"}
 */
MUST_CHECK bool session_compare(struct session *from, struct session *to, const char *host,
				struct progress *p, json_t **ret, struct err *err);

#endif
