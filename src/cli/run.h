/*
 * cli/run.h - one run of the program: what was asked, the book, and what is said.
 */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include <stdbool.h>

#include "base/err.h"
#include "base/json.h"
#include "book/session.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/watch.h"
#include "operations/io.h"

struct run {
	const struct command *command;
	char **args; /* the arguments, options taken out */
	unsigned n_args;
	char **behind; /* of a command that has such: what stands behind "--", NULL at the end */
	unsigned n_behind;
	json_t *input; /* for the operation */
	json_t *own;   /* options for the command or for all: {"format":"md","json":true} */
	struct session *session; /* opened by the first call */
	struct output out;
	bool only_look;	    /* no book is made or founded; set before the first call */
	int failed_status;  /* of a run that failed, where it is not the error's; 0: it is */
	int status;	    /* the exit status of a run that did not fail: 1 if the answer is no */
	struct watch watch; /* of long work; see run_watch */
};

/* Which book it is that this run is about. */
struct session_options run_book(const struct run *r);

/* Find the book, if that was not done yet: r->session. Errors: see session_open. */
MUST_CHECK bool run_open(struct run *r, struct err *err);

/* Ask the book. Errors: see session_call. */
MUST_CHECK bool run_call(struct run *r, const char *operation, const json_t *input, json_t **ret,
			 struct err *err);

/*
 * As run_call, for long work: streams may be given, and r->watch is io->progress
 * from now on.  `interrupted` is what then is true: "nothing was entered".
 * On failure `*ret` may be the error's object: see operation_run.
 */
MUST_CHECK bool run_call_with(struct run *r, const char *operation, const json_t *input,
			      struct call_io io, const char *interrupted, json_t **ret,
			      struct err *err);

/* Watch long work that needs no book, or begins before it. */
struct progress *run_watch(struct run *r, const char *interrupted);

/* Say what was out of the ordinary, where the command shows the answer itself. */
void run_notices(struct run *r, const json_t *answer);

/*
 * Say the answer: with --json the object itself, else its notices on stderr
 * and what the command's `render` makes of it on stdout.
 */
MUST_CHECK bool run_show(struct run *r, const json_t *answer, struct err *err);

/* Call the command's operation with r->input and show the answer. */
MUST_CHECK bool run_plain(struct run *r, struct err *err);

/* An option for the command: its text (NULL: not given), or whether it was given. */
const char *run_text(const struct run *r, const char *option);
bool run_has(const struct run *r, const char *option);

#endif
