/*
 * operations/repositories.h - whose worktrees are meant: a directory's, a project's, or all.
 */
#ifndef OPERATIONS_REPOSITORIES_H
#define OPERATIONS_REPOSITORIES_H

#include "operations/checkouts.h"

struct repository {
	struct directory directory;
	struct project project;
	struct checkouts checkouts;
};

typedef bool repository_fn(struct call *c, const struct repository *of, void *arg, struct err *err);

/*
 * Call `fn` for the repository that the input means: that of `projectName`, else
 * of `path`; with `all` for that of every project whose directory is one.  With
 * `enter` a directory's project is entered where it is new.  Of all, one that
 * cannot be read is noted and left out.
 * Errors: ERR_NOT_FOUND  the book does not know the project
 *         ERR_INVALID    there is no repository
 *         those of worktrees_read, and of `fn`
 */
MUST_CHECK bool repositories_each(struct call *c, const json_t *input, bool enter,
				  repository_fn *fn, void *arg, struct err *err);

/* The repository of a project. Errors: ERR_INVALID  it has no directory, or that is none */
MUST_CHECK bool repository_of_project(struct call *c, const struct project *p,
				      struct repository *ret, struct err *err);

/*
 * The repository to which what is, or was, at `path` belongs: its own, that of
 * the instance which the book has there, else that of the directory `here`.
 * Errors: as repositories_each
 */
MUST_CHECK bool repository_of_path(struct call *c, const char *path, const char *here, bool enter,
				   struct repository *ret, struct err *err);

/* What is typed in the directory `here`, as an absolute path without links as far as it is there. */
void repository_path(const char *typed, const char *here, char ret[static PATH_MAX]);

#endif
