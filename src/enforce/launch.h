/*
 * enforce/launch.h - becoming a command that may listen on its own ports only.
 *
 * All but launch_prepare return only when the command was not started.
 */
#ifndef ENFORCE_LAUNCH_H
#define ENFORCE_LAUNCH_H

#include "enforce/supervisor.h"

struct launching {
	struct assignment *assignment; /* of assignment_new */
	struct book_link book;
	char **command;	     /* NULL at the end */
	const char *program; /* what the history calls it */
	char *const *hide;   /* the same words where ps shows them: not those of the supervisor */
	bool quiet;
	struct holding holding;
	bool not_in_place; /* as where the supervisor may only reach its descendants */

	int supervisor; /* to one that launch_prepare has started; -1: none */
	pid_t between;	/* its parent, which ends at once */
};

/* The book is told that it was started, as the process that began then; nobody waits for it. */
void launch_note(const struct launching *l, const struct book_link *book, pid_t pid,
		 uint64_t start);

/*
 * Start a supervisor that waits until launch_supervised.  Before anything is opened: it has what
 * this process has, but for the assignment, which may still change.  This does return.
 * Errors: ERR_IO
 */
MUST_CHECK bool launch_prepare(struct launching *l, struct err *err);

/*
 * With a supervisor: its binds are carried out where they belong.
 * Errors: ERR_NOT_PERMITTED  there can be none here; nothing was done, and another way may be tried
 *         ERR_NOT_FOUND, ERR_IO  the command cannot be started
 */
MUST_CHECK bool launch_supervised(struct launching *l, struct err *err);

/*
 * By the kernel's rules alone, with nobody beside it.
 * Errors: as launch_supervised
 */
MUST_CHECK bool launch_with_rules(const struct launching *l, struct err *err);

/* With nothing but its environment. Errors: ERR_NOT_FOUND, ERR_IO */
MUST_CHECK bool launch_plain(const struct launching *l, struct err *err);

/* 127 or 126, as shells have it; 0: it was not the command that failed. */
int launch_exit_status(const struct err *err);

#endif
