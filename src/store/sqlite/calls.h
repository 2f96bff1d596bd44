/*
 * sqlite/calls.h - system calls of SQLite, made cheaper for who starts often.
 */
#ifndef STORE_SQLITE_CALLS_H
#define STORE_SQLITE_CALLS_H

#include <stdbool.h>

/* For all of this process, before it opens its first book; SQLite is initialised by it. */
void sqlite_calls_set(void);

#endif
