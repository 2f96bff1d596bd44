/*
 * sandbox/sandbox.h - from now on this process may do what it has to, and nothing else.
 *
 * In this order: capabilities and no_new_privs (privileges.h), files and ports (landlock.h), system
 * calls (calls.h).  Before that the book and its sockets are open, and libraries that are loaded
 * late have been; after that there may be threads.
 */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H

#include <stdbool.h>

#include "base/err.h"
#include "base/text.h"
#include "sandbox/landlock.h"

/* Rationale: a book, sockets, certificates, a file of tokens, folders of projects. */
#define SANDBOX_PATHS 96

struct sandbox {
	struct {
		const char *path;
		enum landlock_use use;
	} paths[SANDBOX_PATHS];
	unsigned n_paths;
	/*
	 * Operations read the folders that callers name (git's files, portbook.yaml): all below
	 * the root may be read but the system's own; else only `paths`.
	 */
	bool reads_folders;
	bool may_connect; /* by TCP: the book is on a server */
	bool kills;	  /* a system call that is not allowed ends the process */
};

/* Borrows `path`. Errors: ERR_INVALID  there are too many */
MUST_CHECK bool sandbox_allow(struct sandbox *s, const char *path, enum landlock_use use,
			      struct err *err);

/*
 * `ret_missing`: a line for each protection that this kernel does not have.
 * Errors: ERR_IO  a protection that it has cannot be used
 */
MUST_CHECK bool sandbox_enter(const struct sandbox *s, struct text *ret_missing, struct err *err);

#endif
