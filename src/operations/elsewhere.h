/*
 * operations/elsewhere.h - instances whose path is gone, and whose worktree is not.
 *
 * A worktree that was moved keeps its ports before the book has learned where it
 * is, and so does one that git is told to keep (`git worktree lock`), as on a
 * drive that is away.
 */
#ifndef OPERATIONS_ELSEWHERE_H
#define OPERATIONS_ELSEWHERE_H

#include "operations/call.h"

struct elsewhere {
	struct instance *items; /* in the call's arena */
	unsigned count, room;
};

/* Look at the repositories of all projects. Errors: those of repositories_each */
MUST_CHECK bool elsewhere_read(struct call *c, struct elsewhere *ret, struct err *err);

/* Is it the port of such an instance? */
bool elsewhere_has(const struct elsewhere *all, const struct entry *e);

#endif
