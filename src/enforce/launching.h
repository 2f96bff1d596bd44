/*
 * enforce/launching.h - what the two ways of having a supervisor share.
 *
 * In place: the supervisor is nobody's child (launch_in_place.c); the command has the pid,
 * the terminal and the parent that `run` had.  Beside it: where the kernel lets a
 * process reach its descendants only (Yama's ptrace_scope 1), the supervisor is the
 * command's parent, and `run` waits and passes on signals (launch_beside.c).
 */
#ifndef ENFORCE_LAUNCHING_H
#define ENFORCE_LAUNCHING_H

#include <signal.h>

#include "enforce/handover.h"
#include "enforce/launch.h"

enum {
	SAYS_YES = 'y',
	SAYS_NO = 'n',
	SAYS_READY = 'r',
};

/*
 * Of the supervisor: nothing of what it was stays open but its listener, what it
 * holds, and these, which get other numbers; -1 is none.
 */
void supervisor_settle(struct supervisor *s, const struct launching *l, int *const kept[],
		       unsigned count);

/* Of the supervisor, then: from the command, which goes on. False: there is none. */
MUST_CHECK bool supervisor_take_listener(struct supervisor *s, int channel);

/* Of the supervisor: may it copy that descriptor of that process? */
bool supervisor_can_reach(pid_t pid, int fd);

/*
 * Of the command, with the channel to its supervisor: set the filter, hand it
 * over, and become the command.
 */
MUST_CHECK bool launch_filtered(const struct launching *l, int channel, struct err *err);

/* Become the command. */
MUST_CHECK bool launch_exec(const struct launching *l, struct err *err);

MUST_CHECK bool launch_beside(const struct launching *l, struct err *err);

#endif
