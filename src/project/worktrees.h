/*
 * project/worktrees.h - the checkouts of a repository, as `git worktree list` has them.
 *
 * Read from COMMON/worktrees/NAME/{gitdir,HEAD,locked,commondir}; no program is
 * run.  Source: gitrepository-layout(5).
 * May include: registry, ports, base.
 */
#ifndef PROJECT_WORKTREES_H
#define PROJECT_WORKTREES_H

#include <stdint.h>

#include "base/arena.h"
#include "project/directory.h"

struct worktree {
	const char *path;     /* its top, without links if it is there */
	const char *old_path; /* where git still has it, though it is at `path`; NULL: it has not */
	const char *branch;   /* NULL: detached, or not known */
	const char *git_name; /* NULL: the main checkout */
	bool is_bare;	      /* the main one, which is only the repository */
	bool is_locked;
	bool is_there;	    /* false: git would prune it, unless it is locked */
	int64_t made_at_ms; /* when git made it; 0: not known, or the main checkout */
};

/*
 * As directory_read, but from inside a bare repository, too: its folder is then
 * the root and the main checkout.  `is_git` false: no repository is there.
 */
MUST_CHECK bool repository_read(const char *path, struct directory *ret, struct err *err);

/* The main checkout first, then the linked ones by path. */
struct worktree_list {
	struct worktree *items; /* in the arena */
	unsigned count;
};

/*
 * All checkouts of the repository that `d` is in.  Where `d` itself is a
 * worktree that was moved by hand, it stands where it is now: git learns of it
 * by `git worktree repair`.  One whose path is not UTF-8 is left out.
 * Errors: ERR_NOT_PERMITTED, ERR_IO  what git has cannot be read: then it is not
 *                                    known which ones there are
 */
MUST_CHECK bool worktrees_read(const struct directory *d, struct arena *a,
			       struct worktree_list *ret, struct err *err);

/* The one that git calls so, or that is at this path; NULL: there is none. */
const struct worktree *worktree_named(const struct worktree_list *list, const char *git_name);
const struct worktree *worktree_at(const struct worktree_list *list, const char *path);

#endif
