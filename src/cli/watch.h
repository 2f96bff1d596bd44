/*
 * cli/watch.h - long work on a terminal: how far it is, and Ctrl-C.
 *
 * From the first step on, SIGINT, SIGTERM and SIGHUP no longer end the program
 * in the middle: the next step refuses to go on, the work undoes itself, and
 * the program then dies by that signal, as the shell that started it expects.
 */
#ifndef CLI_WATCH_H
#define CLI_WATCH_H

#include <signal.h>
#include <stdbool.h>

#include "base/progress.h"

struct watch {
	struct progress progress;
	const char *interrupted; /* what is then true: "nothing was entered" */
	bool wanted;		 /* a line on stderr, where that is a terminal */
	bool catches;		 /* the signals wait for us */
	int signals;		 /* where they are read; while `catches` */
	int signal;		 /* the one that came; 0: none did */
	sigset_t before;	 /* what was blocked before */
	int64_t since_ms, shown_ms;
	unsigned width; /* of the line that stands there; 0: none does */
};

/* Watch from here on; `shows`: the line is wanted. Returns &w->progress. */
struct progress *watch_start(struct watch *w, bool shows, const char *interrupted);

/*
 * Wait until `fd` is ready for `events` (POLLIN, POLLOUT), or a signal came.
 * Errors: ERR_INTERRUPTED, ERR_IO.
 */
MUST_CHECK bool watch_wait(struct watch *w, int fd, short events, struct err *err);

/* Take the line away, before something else is written. */
void watch_clear(struct watch *w);

/* The work is done: a signal that came too late to stop it is forgotten. */
void watch_finish(struct watch *w);

/* The signals are as before; if one had come, the program dies of it here. */
void watch_end(struct watch *w);

#endif
