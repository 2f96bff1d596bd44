/*
 * book/shared.h - a book in a database that users and machines share.
 */
#ifndef BOOK_SHARED_H
#define BOOK_SHARED_H

#include <stdbool.h>

#include "base/err.h"
#include "base/json.h"
#include "book/session.h"

/* Is the session's book one that has to be set up by the owner of a database? */
bool session_needs_setup(const struct session *s);

/*
 * Make the book in its database, or bring it to what this program knows; twice
 * does no harm, nor do many at once.  `*ret`: {"success":true,"dryRun","book",
 * "state":"made"|"upgraded"|"unchanged","was","version"}, steps of the schema.
 * Errors: ERR_BOOK  the database is another program's or a newer portbook's
 *         ERR_NOT_PERMITTED  this role may not make tables there
 *         ERR_IO, ERR_BUSY, ERR_INVALID, ERR_MEMORY
 */
MUST_CHECK bool session_setup(struct session *s, bool dry_run, json_t **ret, struct err *err);

#endif
