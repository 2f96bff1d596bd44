/*
 * sandbox/privileges.h - being less than one was started as.
 */
#ifndef SANDBOX_PRIVILEGES_H
#define SANDBOX_PRIVILEGES_H

#include <sys/types.h>

#include "base/err.h"

/*
 * Be that user for good, with its groups and its home; the variables that say where another
 * user's files are go.
 * Errors: ERR_NOT_FOUND, ERR_NOT_PERMITTED  only root may
 */
MUST_CHECK bool privileges_become(const char *user, struct err *err);

/* Errors: ERR_NOT_FOUND */
MUST_CHECK bool privileges_find(const char *user, uid_t *ret_uid, gid_t *ret_gid, struct err *err);

/* Be for good who this process is for the moment (seteuid). Errors: ERR_NOT_PERMITTED */
MUST_CHECK bool privileges_settle(struct err *err);

/*
 * No capabilities, none by a program that is started (no_new_privs), and no core with what is
 * in memory.  Errors: ERR_IO
 */
MUST_CHECK bool privileges_give_up(struct err *err);

#endif
