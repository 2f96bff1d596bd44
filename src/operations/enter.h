/*
 * operations/enter.h - entering a directory that the book does not know: its
 * project, and as an instance of it a linked worktree.  All of it is said.
 */
#ifndef OPERATIONS_ENTER_H
#define OPERATIONS_ENTER_H

#include "operations/call.h"
#include "project/directory.h"

/* "entered", of a trial "would enter". */
const char *enter_word(const struct call *c);

/* False: the folder is nobody's project, but above projects, or everybody's. */
bool enter_is_possible(const struct directory *d);

/*
 * The directory's project, as its portbook.yaml calls it, else its folder; one
 * of that name that has no folder yet lives here from now on.
 * Errors: ERR_INVALID  the folder is above projects, gives no name, or its
 *                      portbook.yaml is wrong
 *         those of project_add
 */
MUST_CHECK bool enter_project(struct call *c, const struct directory *d, struct project *ret,
			      struct err *err);

/* The same with that number, where none is declared; -1: any. */
MUST_CHECK bool enter_project_numbered(struct call *c, const struct directory *d, int number,
				       struct project *ret, struct err *err);

/* A new project with this name, with the number, owner and description that are declared. */
MUST_CHECK bool enter_project_named(struct call *c, const struct directory *d, const char *name,
				    struct project *ret, struct err *err);

/* A linked worktree. */
struct checkout_at {
	const char *root;
	const char *branch; /* NULL or "": detached, or not known */
};

/*
 * The next instance of `project` becomes this worktree; `ret` is its number.
 * Nothing is said.
 * Errors: ERR_EXHAUSTED  there is no room for one more
 *         ERR_INVALID    the path cannot be entered
 */
MUST_CHECK bool worktree_enter(struct call *c, const struct checkout_at *at,
			       const struct project *project, unsigned *ret, struct err *err);

/* The instance's worktree is there now; `*ret_was`: where it was.  Nothing is said. */
MUST_CHECK bool worktree_move(struct call *c, const struct checkout_at *at,
			      const struct project *project, unsigned number, const char **ret_was,
			      struct err *err);

/* The same for a directory, and it is said. */
MUST_CHECK bool enter_worktree(struct call *c, const struct directory *d,
			       const struct project *project, unsigned *ret, struct err *err);
MUST_CHECK bool enter_move(struct call *c, const struct directory *d, const struct project *project,
			   unsigned number, struct err *err);

/* Is the project's path not here, and the project on another machine, whose path it may be? */
MUST_CHECK bool enter_is_elsewhere(struct call *c, const struct project *p, bool *ret,
				   struct err *err);

/* This machine's checkout of such a project becomes an instance of it, and that is said. */
MUST_CHECK bool enter_checkout(struct call *c, const struct directory *d,
			       const struct project *project, struct err *err);

#endif
