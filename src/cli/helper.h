/*
 * cli/helper.h - programs of portbook's own that a command becomes.
 *
 * What a command of every day does not need is not linked into it, as loading it would cost more
 * than the command does.
 */
#ifndef CLI_HELPER_H
#define CLI_HELPER_H

#include <limits.h>
#include <stdbool.h>

#include "base/err.h"

/*
 * Become the program `name` ("portbook-serve"), which is beside this one or where portbook keeps
 * its programs: in the tree that this one is in, else where it was to be installed.  `argv[0]` is
 * the caller's choice, NULL at the end.  Returns only on failure: false.
 * Errors: ERR_NOT_FOUND  it is not installed
 *         ERR_IO         it cannot be started
 */
bool helper_become(const char *name, char *const argv[], struct err *err);

/* The path of portbook itself, for whoever is to start it later; false: it cannot be told. */
bool helper_program(char ret[static PATH_MAX]);

#endif
