/*
 * observe/recall_linux.h - who held a socket at an earlier look, kept in a file.
 *
 * It is a hint and nothing else: what it says is looked up again, and whoever
 * no longer has the socket open is not told.  The file belongs to this user
 * alone, in $XDG_RUNTIME_DIR, or in /run for root; where neither is there,
 * nothing is kept.
 */
#ifndef OBSERVE_RECALL_LINUX_H
#define OBSERVE_RECALL_LINUX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

struct held {
	uint64_t inode;
	int32_t pid, fd; /* pid 0: nobody was found that has it */
};

struct held_list {
	struct held *items;
	unsigned count;
};

/* By pid.  Empty where there is none, or it cannot be read. */
void recall_read(struct arena *a, struct held_list *ret);

/* From now on these, which are put into that order; that it cannot be kept is no error. */
void recall_write(struct held_list list);

#endif
