/*
 * cli/recovery.h - the steps of `recover`: its files share them.
 */
#ifndef CLI_RECOVERY_H
#define CLI_RECOVERY_H

#include "cli/run.h"

struct recovery {
	struct run *run;
	const json_t *ports; /* of the service, as they were found: rows of `holders` */
	json_t *taken;	     /* those that somebody else has */
	json_t *answer;
};

/* The service's first port, and the unit that is registered for it; NULL: none is. */
const json_t *recovery_port(const struct recovery *v);
const char *recovery_unit(const struct recovery *v);
void recovery_add_service(struct recovery *v);

/*
 * Start the service's unit and wait until it listens; where there is none, say
 * how the service is started.
 * Errors: ERR_NOT_FOUND  it does not listen, or there is no systemctl
 *         ERR_TAKEN      somebody else was quicker
 *         ERR_IO         systemctl failed
 */
MUST_CHECK bool recovery_start(struct recovery *v, struct err *err);
MUST_CHECK bool recovery_say_start(struct recovery *v, struct err *err);

/* A port of its own for each project that sat there, and what to type. Errors: those of `get` */
MUST_CHECK bool recovery_move(struct recovery *v, struct err *err);

#endif
