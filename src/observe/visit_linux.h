/*
 * observe/visit_linux.h - one process: which of the sockets it has open, and what it is.
 */
#ifndef OBSERVE_VISIT_LINUX_H
#define OBSERVE_VISIT_LINUX_H

#include "observe/inode_map.h"
#include "observe/processes_linux.h"
#include "observe/recall_linux.h"

/* What is looked for, the same for all threads while they look. */
struct wanted {
	const struct search *search;
	struct inode_map map; /* of the search's rows */
	int proc;
	struct viewpoint from;
};

/* What one thread finds.  The finder of another thread is nobody's business. */
struct finder {
	const struct wanted *wanted;
	struct arena arena;
	struct holder *found;
	unsigned count, room;
	bool out_of_memory;
	bool *seen; /* with one_holder: rows that have led to a process */
	unsigned missing;
};

/* True: it has one of the sockets open, and is among what is found. */
bool visit_process(struct finder *f, pid_t pid);

/* Does that process, the same in all of these, still have the sockets that it had? */
void visit_again(struct finder *f, const struct held *held, unsigned count);

#endif
