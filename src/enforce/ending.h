/*
 * enforce/ending.h - ending the processes that have a port.
 *
 * Each is told to end (SIGTERM), and killed (SIGKILL) when it still has the
 * socket after the grace time.  Right before each signal it is looked at again:
 * it has to be the process that was seen (its start time), and to have that
 * socket open as that descriptor; the signal goes to what was held before that
 * look (signals.h).  So a number that has a new process since, a socket that
 * was closed, or a program that took the place of the one that was shown, is
 * never signalled.
 */
#ifndef ENFORCE_ENDING_H
#define ENFORCE_ENDING_H

#include "enforce/may_end.h"

/* What became of a process that had the port. */
enum fate {
	FATE_PENDING,
	FATE_TERMINATED, /* it ended, told to */
	FATE_KILLED,	 /* it had to be killed */
	FATE_LET_GO,	 /* told to end, it closed the socket, and runs on */
	FATE_GONE,	 /* it had ended, or closed the socket, before it was told */
	FATE_CHANGED,	 /* it is another program or user's than was seen: left alone */
	FATE_REFUSED,	 /* the system refused the signal */
	FATE_STUCK,	 /* killed, and still there */
};
#define FATE_COUNT 8

/* "terminated", "killed", "let_go", "gone", "changed", "refused", "stuck". */
const char *fate_name(enum fate f);

struct ended {
	struct process process; /* as it was seen */
	enum fate fate;
	int64_t took_ms;
	int held;     /* -1: not held */
	bool is_told; /* SIGTERM went out */
	bool is_killed;
	int64_t loose_at_ms; /* since when it has the socket no more, and has not ended; 0: it has */
};

/* Start from these; the arena outlives it. */
struct ending {
	const struct listeners *machine;
	const struct signals *signals;
	struct arena *arena;
	enum protocol protocol;
	uint16_t port;
	int64_t grace_ms;
	int64_t settle_ms; /* how long to watch whether the port is taken again */

	struct ended *items; /* in the order they are told */
	unsigned count, room;
	bool is_free; /* at the end nobody listens */
};

/*
 * Whether all that the look saw may be ended.
 * Errors: ERR_NOT_PERMITTED  see may_end.h
 *         ERR_IO, ERR_MEMORY
 */
MUST_CHECK bool ending_is_allowed(const struct ending *e, const struct holders *h, struct err *err);

/*
 * End all that the look saw, and what they fork meanwhile that has the same
 * sockets.  `h` has LEARN_START at least.
 * Errors: ERR_NOT_PERMITTED  one of them is never ended: then none is, see may_end.h
 *         ERR_IO, ERR_MEMORY; `items` then says how far it came
 */
MUST_CHECK bool ending_run(struct ending *e, const struct holders *h, struct err *err);

/* For CLEANUP: what is held is let go. */
void ending_cleanup(struct ending *e);

#endif
