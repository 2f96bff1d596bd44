/*
 * enforce/say.h - a line on the stderr of who is meant.
 *
 * The supervisor keeps no terminal and no pipe open: whoever reads a pipe would
 * wait for its end as long as a daemon lives.  It borrows stderr for the moment
 * of the line: that of the process, or of the command, where it is what stderr
 * was when the command began, or a terminal or pipe; never a file that a daemon
 * happens to have as descriptor 2.
 */
#ifndef ENFORCE_SAY_H
#define ENFORCE_SAY_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/macros.h"

struct speaker {
	dev_t device; /* what stderr was when the command began */
	ino_t inode;
	pid_t leader; /* the command */
	bool quiet;
};

/* What stderr of this process is. */
void speaker_init(struct speaker *s, bool quiet);

/* "portbook: TEXT"; lost where nobody would read it at once. */
void say_to(const struct speaker *s, pid_t tid, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
