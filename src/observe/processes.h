/*
 * observe/processes.h - which processes have a socket open, and what they are.
 *
 * For observe/ alone.  An ordinary user may look into their own processes
 * only, root into all; what may not be read is not found, and no error.
 */
#ifndef OBSERVE_PROCESSES_H
#define OBSERVE_PROCESSES_H

#include <stdbool.h>

#include "observe/sockets.h"
#include "registry/listeners.h"

/* What LEARN_ stands for here: the rest is the same on every system, see listeners.c. */
#define LEARN_OF_SYSTEM \
	(LEARN_PROGRAM | LEARN_FOLDER | LEARN_START | LEARN_COMMAND | LEARN_CGROUP | LEARN_LINEAGE)

/* A process has the socket of a row open. */
struct holder {
	unsigned row;
	struct process process;
};

struct holder_list {
	struct holder *items; /* in the arena, in no order */
	unsigned count;
};

struct search {
	const struct socket_row *rows; /* no inode twice */
	unsigned count;
	unsigned learn;	 /* LEARN_OF_SYSTEM */
	bool one_holder; /* see struct look */
	bool recalls;	 /* the same */
	bool is_part;	 /* not all sockets of the machine are among the rows */
};

/*
 * Everyone who has one of these sockets open; once for each socket.  One that
 * ends meanwhile is passed over.
 * Errors: ERR_MEMORY
 */
MUST_CHECK bool processes_find(const struct search *s, struct arena *a, struct holder_list *ret,
			       struct err *err);

/* As learn() of registry/listeners.h, for LEARN_OF_SYSTEM. */
bool process_learn(unsigned learn, struct arena *a, struct process *p);

#endif
