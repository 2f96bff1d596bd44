/*
 * operations/place.h - whose port is meant: a name, or the directory one is in.
 *
 * The rules are DESIGN section 3's: no `@N` means the directory's instance if
 * it is that project's, else instance 1; the directory's project is the longest
 * recorded path that contains it, then the main checkout of its git repository,
 * then, where the operation may, entry on first use.  A linked worktree is an
 * instance of its own, also where its project is named by hand.
 */
#ifndef OPERATIONS_PLACE_H
#define OPERATIONS_PLACE_H

#include "operations/call.h"
#include "project/directory.h"

struct place {
	struct project project;
	unsigned instance;
	bool of_directory;     /* it was found by the directory */
	bool is_new;	       /* the directory was entered by this call */
	bool has_moved;	       /* a worktree, which the book still has elsewhere */
	char root[PATH_MAX];   /* of_directory: top of the checkout */
	char folder[PATH_MAX]; /* of_directory: where the project or instance lives */
};

/* What of the place may be entered where the book lacks it; all of it is said. */
enum place_enter {
	PLACE_ENTER_NOTHING,
	PLACE_ENTER_DIRECTORY, /* its project and its instance */
	PLACE_ENTER,	       /* and with `create` a project named by hand */
};

/*
 * The place that `projectName`, `instance` and `path` of the input mean.
 * Errors: ERR_NOT_FOUND  the book does not know it, with the way to enter it
 *         ERR_INVALID    neither a project nor a directory is given
 */
MUST_CHECK bool place_find(struct call *c, const json_t *input, enum place_enter enter,
			   struct place *ret, struct err *err);

/*
 * The project that `projectName` names, else the directory's, also of a worktree
 * that has no instance yet; nothing is entered.
 */
MUST_CHECK bool place_project(struct call *c, const json_t *input, struct project *ret,
			      struct err *err);

/*
 * What the book knows of a directory; `*ret_found` false: nothing. Reads only:
 * a worktree that has moved is found, and entered where it is now by place_find.
 */
MUST_CHECK bool place_of_directory(struct call *c, const struct directory *d, struct place *ret,
				   bool *ret_found, struct err *err);

/*
 * The project of a repository: that of its main checkout.  With `enter` it is
 * entered if it is new, and said.
 * Errors: ERR_NOT_FOUND  the book does not know it, with the way to enter it
 */
MUST_CHECK bool place_repository(struct call *c, const struct directory *d, bool enter,
				 struct project *ret, struct err *err);

/* A worktree that the book does not know: its main checkout's project, if that is known. */
MUST_CHECK bool place_main(struct call *c, const struct directory *d, struct place *ret,
			   bool *ret_found, struct err *err);

#endif
