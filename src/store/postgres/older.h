/*
 * postgres/older.h - what the databases of older systems have written down.
 */
#ifndef STORE_POSTGRES_OLDER_H
#define STORE_POSTGRES_OLDER_H

#include "base/err.h"
#include "base/text.h"

/*
 * Read the tables of `system` ("supervisor", "scar") as they are at one moment;
 * nothing is written there.  `ret` grows by one JSON object with an array for each
 * table, a row on each line; see formats/claims_older.c.
 * Errors: ERR_INVALID  the URL is wrong; there is no such system
 *         ERR_BOOK     the database has no such tables, or is a book; no libpq
 *         ERR_IO, ERR_NOT_PERMITTED, ERR_MEMORY
 */
MUST_CHECK bool store_postgres_read_older(const char *url, const char *system, struct text *ret,
					  struct err *err);

#endif
