/*
 * cli/running.h - what `run` learns before it becomes the command.
 */
#ifndef CLI_RUNNING_H
#define CLI_RUNNING_H

#include <limits.h>
#include <sys/types.h>

#include "cli/run.h"
#include "enforce/assignment.h"

/* Who this process was: under sudo, using a book makes it another user. */
struct running_before {
	char *home;
	gid_t *groups;
	int n_groups;
};
void running_remember(struct running_before *ret);
void running_before_cleanup(struct running_before *before);

/* This process is again who it was. */
void running_become_again(const struct running_before *before);

/* The book is closed, and this process is again who it was. */
void running_leave_book(struct run *r, struct running_before *before);

/*
 * Ask the book for the service's port, and for all of the instance, which become
 * variables of this process.  `ret` is empty before.
 * Errors: those of the operations get and env; ERR_INVALID  --map is no port and a name
 */
MUST_CHECK bool running_gather(struct run *r, struct assignment *ret, struct err *err);

/* For enforce/asking.h, in a process of its own; `arg` is the run. */
bool running_ask(void *arg, const char *operation, const json_t *input, json_t **ret,
		 struct err *err);

/* Where execvp finds it; false: nowhere. */
bool running_find(const char *command, char ret[static PATH_MAX]);

/* The program becomes another user when it starts. */
bool running_changes_user(const char *path);

/* A test takes that away: PORTBOOK_RUN_WITHOUT, a list of in-place, landlock, supervisor. */
bool running_is_without(const char *what);

/* After the command has begun nobody could: which ports it may listen on. */
void running_say_strict(struct run *r, const struct assignment *a);

#endif
