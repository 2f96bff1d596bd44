/*
 * gate/gate_inside.h - a guard of the machine while it runs: for the files gate*.c alone.
 */
#ifndef GATE_GATE_INSIDE_H
#define GATE_GATE_INSIDE_H

#include <limits.h>

#include "base/arena.h"
#include "enforce/keep_plan.h"
#include "gate/gate.h"
#include "gate/kernel.h"
#include "loop/loop.h"

/* An entry, and for whom it is kept. */
struct keep {
	enum protocol protocol;
	uint16_t port;
	enum keep_why why;
	const char *name, *entered_by;
	struct kept_for owner;
};

/* By port. */
struct keeps {
	struct keep *items;
	unsigned count, kept;
};

/* A process that said that it is a run; dropped when it ends. */
struct running {
	struct gate *gate;
	struct running *next;
	pid_t pid;
	int process;
};

/* Who asks by the socket. */
struct asker {
	struct gate *gate;
	struct asker *next;
	int fd;
	pid_t pid;
	bool may_run; /* it may write the book, so it may say what it runs */
};

struct gate {
	const struct gate_options *options;
	struct book_hearer hearer;
	struct book_follower *follower;
	struct kernel *kernel;
	struct loop *loop;
	int64_t since_ms, refused;
	struct arena arena; /* what the keeps refer to */
	struct keeps keeps;
	int socket, lock, signals, ticker;
	char path[PATH_MAX];
	struct running *running;
	struct asker *askers;
	unsigned n_askers;
	int ended_by; /* a signal; 0: it has not */
	bool is_detached;
};

/* gate_book.c */

/* Tell the kernel what the book says now. Errors: ERR_IO, ERR_MEMORY. */
MUST_CHECK bool gate_book_take_in(struct gate *g, const json_t *answer, struct err *err);
const struct keep *gate_keep_of(const struct gate *g, enum protocol protocol, uint16_t port);

/* gate_asks.c */

/* Where it is asked: alone there, or ERR_TAKEN. */
MUST_CHECK bool gate_listen(struct gate *g, struct err *err);
void gate_asks_end(struct gate *g);
/* Those that the kernel knows from before, and that still run. */
void gate_runs_take_over(struct gate *g);

#endif
