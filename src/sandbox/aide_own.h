/*
 * sandbox/aide_own.h - the two ends of an aide.  For the files of this folder only.
 */
#ifndef SANDBOX_AIDE_OWN_H
#define SANDBOX_AIDE_OWN_H

#include "sandbox/aide.h"

/* One for each asker, and one for what the command shall read. */
#define AIDE_CHANNELS (AIDE_ASKERS + 1)
#define AIDE_NOTICES  AIDE_ASKERS

/* What the aide does until the server has ended. */
_Noreturn void aide_run(const struct aide_options *o, const int channels[static AIDE_CHANNELS]);

/* ---- the command: telling.c ---- */

struct telling;

MUST_CHECK bool telling_open(const struct aide_options *o, struct telling **ret, struct err *err);

/* Ready to read when a command has ended, or has run for too long. */
int telling_fd(const struct telling *c);
void telling_hear(struct telling *c);

/* One runs, or more are to. */
bool telling_is_busy(const struct telling *c);

/* Runs now, or after those before it. */
void telling_add(struct telling *c, json_t *message);

#endif
