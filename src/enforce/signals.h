/*
 * enforce/signals.h - what ending a process asks of the machine.
 *
 * A process is held first, looked at then, and signalled through what is held:
 * whoever gets its number next is never meant.  signals_linux.c has the
 * machine's; tests have one where everything happens between two calls.
 */
#ifndef ENFORCE_SIGNALS_H
#define ENFORCE_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"

/* Who asks for a process to be ended. Processes have the numbers that a look shows. */
struct asker {
	pid_t pid;
	uid_t uid;
	const pid_t *ancestors; /* the parent first, as far up as can be seen */
	unsigned n_ancestors;
};

enum sending {
	SENDING_DONE,
	SENDING_GONE,	 /* what is held has ended */
	SENDING_REFUSED, /* the system does not let this user */
};

struct signals_ops {
	/* Errors: ERR_IO, ERR_MEMORY */
	bool (*asker)(void *ctx, struct arena *a, struct asker *ret, struct err *err);

	/*
	 * Hold the process that has this number now; `*ret` -1: none has.
	 * Errors: ERR_IO  this system cannot, or counts its processes in another way than a look
	 */
	bool (*hold)(void *ctx, pid_t pid, int *ret, struct err *err);
	void (*let_go)(void *ctx, int held);

	/* A signal to what is held. */
	enum sending (*send)(void *ctx, int held, int signal);
	bool (*has_ended)(void *ctx, int held);

	/* Until one of them has ended, but no longer than that; none: that long. */
	void (*wait)(void *ctx, const int *held, unsigned count, int64_t ms);
	int64_t (*now_ms)(void *ctx);
};

struct signals {
	const struct signals_ops *ops;
	void *ctx;
};

/* This machine's. */
extern const struct signals signals_of_machine;

#endif
