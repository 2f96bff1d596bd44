/*
 * cli/systemctl.h - a unit of systemd is told what to do, by systemctl on PATH.
 */
#ifndef CLI_SYSTEMCTL_H
#define CLI_SYSTEMCTL_H

#include <stdbool.h>

#include "base/err.h"

/*
 * `systemctl VERB UNIT`, and wait for it.  For an ordinary user it is the unit of
 * their own systemd (`--user`), where that has one of this name.
 * Errors: ERR_INVALID    that is no name of a unit
 *         ERR_NOT_FOUND  there is no systemctl
 *         ERR_IO         it failed: the text is what it said
 */
MUST_CHECK bool systemctl_run(const char *verb, const char *unit, struct err *err);

/*
 * systemctl with these words, NULL at the end, and wait for it; `of_user`: that user's own systemd.
 * Errors: ERR_NOT_FOUND  there is no systemctl
 *         ERR_IO         it failed: the text is what it said
 */
MUST_CHECK bool systemctl_do(bool of_user, const char *const *words, struct err *err);

#endif
