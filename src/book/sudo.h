/*
 * book/sudo.h - whose book it is under sudo, and doing with files what that user may.
 *
 * The book of someone who types sudo before a command is still their own, so
 * all files are then opened and made as by that user: what is made is theirs,
 * and root follows no link that they may have laid.  Only looking at sockets
 * and processes is done as root, which is what sudo was meant for.
 */
#ifndef BOOK_SUDO_H
#define BOOK_SUDO_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "registry/listeners.h"

/* Rationale: useradd(8) takes 32 characters. */
#define USER_NAME_SIZE 33

struct sudo_user {
	char name[USER_NAME_SIZE]; /* "": nobody */
	char home[PATH_MAX];
	uid_t uid;
	gid_t gid;
};

/* Who called sudo (SUDO_UID); false when root is nobody's helper, or the user has no home. */
bool sudo_find(struct sudo_user *ret);

/*
 * Files are this user's from now on, and HOME is where theirs is.
 * Errors: ERR_NOT_PERMITTED
 */
MUST_CHECK bool sudo_become(const struct sudo_user *u, struct err *err);

/* Files are root's again. */
void sudo_become_root(void);

/* `u` lives as long as the listeners are used. */
struct listeners sudo_listeners(struct sudo_user *u);

#endif
