/*
 * book/machine.h - one book for all users of this machine.
 *
 * Who may write is a group's business, and who may replace the file is root's:
 * the folder is root's and nobody else may make, rename or remove anything in
 * it, while the files themselves may be written by the group and read by all.
 * So all files that SQLite and the queue need are made here, once.
 */
#ifndef BOOK_MACHINE_H
#define BOOK_MACHINE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/json.h"

#define MACHINE_GROUP  "portbook"
#define MACHINE_FOLDER "/var/lib/portbook"
#define MACHINE_BOOK   MACHINE_FOLDER "/book.db"

/*
 * Make what is missing and mend what is not as it should be; twice does no harm.
 * `*ret`: {"success":true,"dryRun","book","config","group","steps":[{"what",
 * "state":"unchanged"|"made"|"mended"}],"user","userBook"}: who called sudo
 * and is not in the group yet, and the book of who called sudo, else null.
 * With `dry_run` nothing is changed, and anybody may ask.
 * Errors: ERR_NOT_PERMITTED  this is not root
 *         ERR_TAKEN          the machine's config names another book
 *         ERR_INVALID        that config cannot be read; a file is not what it should be
 *         ERR_IO, and those of a book
 */
MUST_CHECK bool machine_setup(bool dry_run, json_t **ret, struct err *err);

#endif
