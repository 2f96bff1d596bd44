/*
 * cli/git_words.h - git is run with words of its own and of whoever asked.
 */
#ifndef CLI_GIT_WORDS_H
#define CLI_GIT_WORDS_H

#include "cli/run.h"

/* Rationale: more than anybody types; cli/git.h takes twice as many. */
#define MAX_GIT_WORDS 128

/* git's words, as far as they go. */
struct git_words {
	const char *list[MAX_GIT_WORDS + 1]; /* NULL at the end */
	unsigned count;
};

/* NULL is left out, and what is too much. */
void git_words_add(struct git_words *w, const char *word);

/* An option that git calls like us. */
void git_words_add_flag(struct git_words *w, const struct run *r, const char *name,
			const char *git);

/* The arguments from `first` on.  Errors: ERR_INVALID  they are too many */
MUST_CHECK bool git_words_add_args(struct git_words *w, const struct run *r, unsigned first,
				   struct err *err);

/* With --json git's words are the error's, else they are said as they come. */
MUST_CHECK bool git_words_run(struct run *r, const struct git_words *w, struct err *err);

/* What stands in the place of the path must be one: git's options come behind it. */
MUST_CHECK bool git_words_check_path(const struct run *r, struct err *err);

#endif
