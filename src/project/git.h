/*
 * project/git.h - git's own files, as far as they say where checkouts are.
 *
 * Only read, and without git.  Source: gitrepository-layout(5), git-worktree(1).
 * Only for this folder.  May include: registry, ports, base.
 */
#ifndef PROJECT_GIT_H
#define PROJECT_GIT_H

#include <limits.h>
#include <stdbool.h>

#include "project/directory.h"

/* A checkout, as its `.git` has it. */
struct git {
	char dir[PATH_MAX];    /* of this checkout: .git, or what its file points to */
	char common[PATH_MAX]; /* of all checkouts of the repository */
	char head[PATH_MAX];   /* the line in HEAD; "": it cannot be read */
	bool is_linked;	       /* common is another's */
};

/* Is `folder` the top of a checkout? */
bool git_read(const char *folder, struct git *ret);

/* The branch that the line in HEAD names; untouched when it names none. */
void git_branch(const char *head, char ret[static BRANCH_SIZE]);

/* Where the main checkout of a repository is, or of a bare one its own folder. */
void git_main_root(const char *common, char ret[static PATH_MAX]);

/* The repository says that it has no checkout of its own. */
bool git_is_bare(const char *common);

/* Name it by its main checkout's folder. */
void directory_name(struct directory *d);

/* "folder/name"; false when it would not fit, and `ret` is then cut. */
bool path_join(char ret[static PATH_MAX], const char *folder, const char *name);

/* Cut the last part off; the root stays. */
void path_cut_last(char *path);
const char *path_last(const char *path);

/* `path`, taken from `folder` if it is relative, without links if it is there. */
bool path_resolve(const char *folder, const char *path, char ret[static PATH_MAX]);

/* The first line of a small file; false when there is none. */
bool path_read_line(const char *folder, const char *name, char ret[static PATH_MAX]);

/* All of a small file but the line breaks at its end, as a path may hold some. */
bool path_read_path(const char *folder, const char *name, char ret[static PATH_MAX]);

#endif
