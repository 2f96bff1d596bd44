/*
 * cli/run.h - one run of the program: what was asked, the book, and what is said.
 */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include <stdbool.h>

#include "base/err.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/output.h"

struct run {
	const struct command *command;
	char **args; /* the arguments, options taken out */
	unsigned n_args;
	json_t *input; /* for the operation */
	json_t *own;   /* options for the command or for all: {"format":"md","json":true} */
	struct session *session; /* opened by the first call */
	struct output out;
	int status; /* the exit status of a run that did not fail: 1 if the answer is no */
};

/* Ask the book. Errors: see session_call. */
MUST_CHECK bool run_call(struct run *r, const char *operation, const json_t *input, json_t **ret,
			 struct err *err);

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
