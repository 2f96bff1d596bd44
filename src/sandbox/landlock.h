/*
 * sandbox/landlock.h - which files, and which ports, this process may touch from now on.
 *
 * Source: Linux Documentation/userspace-api/landlock.rst.  The kernel is asked how much of it it
 * knows; what it does not know is not restricted, and said.
 */
#ifndef SANDBOX_LANDLOCK_H
#define SANDBOX_LANDLOCK_H

#include <stdbool.h>

#include "base/err.h"

/* How much the kernel knows: 1 and more; 0: it has no Landlock, or it is switched off. */
int landlock_version(void);

struct landlock {
	int fd;	     /* the rules so far */
	int version; /* of the kernel's */
};

/* `may_connect`: TCP connections may be made; to listen on another port never may. */
MUST_CHECK bool landlock_open(bool may_connect, struct landlock *ret, struct err *err);

enum landlock_use {
	LANDLOCK_READ,	 /* it, and what is below it */
	LANDLOCK_WRITE,	 /* also write, make, rename and remove files in it */
	LANDLOCK_REMOVE, /* only take files away from it */
};

/* What is not there is passed over. Errors: ERR_IO */
MUST_CHECK bool landlock_allow(const struct landlock *l, const char *path, enum landlock_use use,
			       struct err *err);

/* From now on, for this thread and those that it starts; no_new_privs is set already. */
MUST_CHECK bool landlock_close(struct landlock *l, struct err *err);

#endif
