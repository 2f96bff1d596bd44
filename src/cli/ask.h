/*
 * cli/ask.h - a question to the person at the terminal.
 */
#ifndef CLI_ASK_H
#define CLI_ASK_H

#include <stdbool.h>

#include "cli/run.h"

/* Whether there is someone: stdin and stderr are terminals, and --json is not given. */
bool ask_is_possible(const struct run *r);

/* "Question? [y/N] " on stderr; true only for yes. What waits to be written is written first. */
bool ask_yes(struct run *r, const char *question);

#endif
