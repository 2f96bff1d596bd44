/*
 * base/caller.h - who asks.
 */
#ifndef BASE_CALLER_H
#define BASE_CALLER_H

#include <stdbool.h>
#include <sys/types.h>

/* Rationale: a user name is at most 32 characters, twice, and "via". */
#define CALLER_NAME_SIZE 96

/*
 * The person behind this process, as the history names them: the user's name,
 * or "alice via root" under sudo, or "uid 1234" where the uid has no name.
 * Returns `ret`.
 */
char *caller_name(char ret[static CALLER_NAME_SIZE]);

/* The name of any user; false, with `ret` untouched, when the uid has none. */
bool user_name(uid_t uid, char ret[static CALLER_NAME_SIZE]);

#endif
