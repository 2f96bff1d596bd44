/*
 * cli/token_names.h - the tokens that there are, for who completes a word.
 */
#ifndef CLI_TOKEN_NAMES_H
#define CLI_TOKEN_NAMES_H

#include "cli/run.h"

/* Each with what it may; of a file that cannot be read, none. */
void token_names(const struct run *r, void (*fn)(void *arg, const char *name, const char *about),
		 void *arg);

#endif
