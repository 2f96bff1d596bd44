/*
 * cli/help.h - help is made from the commands' descriptors and fits 80 columns.
 */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stddef.h>

#include "base/text.h"
#include "cli/command.h"

/* All commands, by group. */
void help_add_all(struct text *t);

/* One command: usage, what it does, its options, examples. */
void help_add_command(struct text *t, const struct command *c);

/* The commands of "project" and the like. */
void help_add_family(struct text *t, const char *family);

/* "portbook release SERVICE|PORT... [OPTIONS]" */
void help_add_usage(struct text *t, const struct command *c);

/* The man page that has it: "portbook-ports". */
const char *help_page(const struct command *c);

/* "add|archive|list" */
void help_family_members(const char *family, char *ret, size_t size);

#endif
