/*
 * project/directory.h - where we are: the checkout and its main checkout.
 *
 * Read from `.git`, `commondir` and `HEAD` alone: no program is run, and the
 * environment (GIT_DIR and its like) does not count.
 * Source: gitrepository-layout(5), git-worktree(1).
 * May include: registry, ports, base.
 */
#ifndef PROJECT_DIRECTORY_H
#define PROJECT_DIRECTORY_H

#include <limits.h>
#include <stdbool.h>

#include "base/err.h"
#include "ports/name.h"

/* Rationale: git's own refs end where a file name does. */
#define BRANCH_SIZE 256

struct directory {
	char path[PATH_MAX];	     /* the directory itself, without links */
	char root[PATH_MAX];	     /* top of its checkout; outside of git: the path */
	char main_root[PATH_MAX];    /* a linked worktree's main checkout, else the root */
	char common[PATH_MAX];	     /* what all checkouts of the repository share; "": no git */
	char git_name[NAME_MAX + 1]; /* a linked worktree's name there; "": it is none */
	bool is_git, is_worktree;
	char branch[BRANCH_SIZE]; /* "": detached, not known, or no git */
	char name[NAME_SIZE];	  /* out of main_root's folder; "": none can be made */
};

/*
 * Say what `path` (absolute, or from the working directory) belongs to.
 * A submodule is a checkout of its own, not a worktree.  The main checkout of a
 * bare repository's worktree is the bare folder ("x.git" gives the name x).
 * A worktree whose main checkout is not there, as in a container, still names
 * it: the link says where it was.
 * Errors: ERR_NOT_FOUND      there is no such directory
 *         ERR_INVALID        it is not a directory, or its path is not UTF-8
 *         ERR_NOT_PERMITTED  it may not be looked at
 *         ERR_IO
 */
MUST_CHECK bool directory_read(const char *path, struct directory *ret, struct err *err);

/* Was there a directory, and is none now?  No, where it cannot be told; NULL is not gone. */
bool directory_is_gone(const char *path);

/*
 * Whether a directory may be in a linked worktree, or a submodule: above it the
 * first `.git` is a file.  For questions that are asked often: it opens nothing.
 */
bool directory_may_be_worktree(const char *path);

#endif
