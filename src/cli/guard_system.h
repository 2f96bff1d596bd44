/*
 * cli/guard_system.h - `portbook guard --system`: the guard of the whole machine, a program of its own.
 */
#ifndef CLI_GUARD_SYSTEM_H
#define CLI_GUARD_SYSTEM_H

#include "cli/run.h"

/*
 * Become portbook-guard; returns only on failure.
 * Errors: ERR_NOT_PERMITTED  this portbook was built without it
 */
MUST_CHECK bool guard_system_start(struct run *r, struct err *err);

/* Errors: ERR_NOT_FOUND  none runs here */
MUST_CHECK bool guard_system_status(struct run *r, struct err *err);

#endif
