/*
 * enforce/system_guard.h - the guard of a whole machine: where it is, and asking it.
 *
 * It is root's, and there is one for each network namespace.  It speaks as enforce/guard_wire.h has
 * it.  Where there is none, all of this does nothing.
 */
#ifndef ENFORCE_SYSTEM_GUARD_H
#define ENFORCE_SYSTEM_GUARD_H

#include "base/err.h"
#include "base/json.h"
#include "enforce/assignment.h"

/* Rationale: an answer is a message; a number and a comma are six bytes. */
#define ADMIT_PORTS_MAX 512

/* A folder that only root writes; and the socket of this network namespace in it. */
#define SYSTEM_GUARD_FOLDER "/run/portbook"
MUST_CHECK bool system_guard_path(char *ret, size_t size);

/*
 * This process is a run of the services that have these ports, it and what it starts: let it be
 * known before any of them is bound.  Waits for the answer, for at most two seconds.
 * Returns whether it is known now; where it is not, the guard judges by user and unit.
 */
bool system_guard_admit(const uint16_t *ports, unsigned count);

/* As system_guard_admit: all of the instance's. */
void system_guard_admit_all(const struct assignment *a);

/*
 * All that it knows: a new reference.
 * Errors: ERR_NOT_FOUND  none runs; ERR_IO, ERR_MEMORY
 */
MUST_CHECK bool system_guard_status(json_t **ret, struct err *err);

#endif
