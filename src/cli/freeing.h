/*
 * cli/freeing.h - what `free` and `recover` share: who has a port is shown, asked
 * about, and ended.
 *
 * A port is a row of the operation `holders`; ports are an array of those.
 */
#ifndef CLI_FREEING_H
#define CLI_FREEING_H

#include "cli/run.h"

/* The rows of their options tables. */
#define OPTIONS_FREEING                                                               \
	OPTION_YES("do not ask before a stranger is ended"),                          \
		{ .name = "grace",                                                    \
		  .letter = 'g',                                                      \
		  .kind = VALUE_INT,                                                  \
		  .arg = "SECONDS",                                                   \
		  .min = 0,                                                           \
		  .max = 3600,                                                        \
		  .help = "how long who was told to end has until it is killed; 5" }, \
		{ .name = "force",                                                    \
		  .kind = VALUE_FLAG,                                                 \
		  .help = "do not ask, and end the owner's own service, too" },       \
	{                                                                             \
		.name = "dry-run", .letter = 'n', .kind = VALUE_FLAG,                 \
		.help = "end nobody, only say who would be"                           \
	}

/* Those of the ports on which somebody listens. NULL: no memory. */
json_t *freeing_taken(const json_t *ports) MUST_CHECK;

/*
 * May they be ended?
 * Errors: ERR_NOT_PERMITTED, see enforce/may_end.h
 */
MUST_CHECK bool freeing_check(struct run *r, const json_t *ports, struct err *err);

/*
 * Show who they are, and ask; --yes and --force answer before.
 * Errors: ERR_TAKEN     it may be the owner's own service: a yes at the terminal or --force
 *         ERR_INVALID   there is nobody to ask
 *         ERR_NOT_FREE  the answer is no
 */
MUST_CHECK bool freeing_agree(struct run *r, const json_t *ports, struct err *err);

/* Say who has them; `answer` is the operation's. */
void freeing_show(struct run *r, const json_t *ports);
MUST_CHECK bool freeing_render(struct run *r, const json_t *answer, struct err *err);

/*
 * End all that have the port, say what became of each, and add that to `done`.
 * `settle_ms`: so long it is watched whether the port is taken again.
 * Errors: ERR_TAKEN  it is not free, and who has it; `done` has its row all the same
 */
MUST_CHECK bool freeing_end(struct run *r, const json_t *port, int64_t settle_ms, json_t *done,
			    struct err *err);

/* As the last word of a command: the error with what was done until then, or the answer. */
MUST_CHECK bool freeing_finish(struct run *r, json_t *answer, const struct err *failure,
			       struct err *err);

#endif
