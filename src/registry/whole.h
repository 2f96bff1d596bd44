/*
 * registry/whole.h - the whole book out of the store, row by row, and back into one.
 *
 * Into a book that nobody has used a file puts what it has, and the book is the
 * one that was written: ids, times, history and all (restore).  Into a book that
 * is in use the rows go one by one, each held against what is there (merge).
 */
#ifndef REGISTRY_WHOLE_H
#define REGISTRY_WHOLE_H

#include "registry/record.h"
#include "registry/registry.h"

/* False ends the walk, which then fails; err is filled. */
typedef bool record_fn(const struct record *r, void *arg, struct err *err);

/*
 * Each row, by kind, in an order that depends on nothing but the rows.
 * `only`: those of one project, and neither settings, ranges nor checks; NULL: all.
 */
MUST_CHECK bool registry_walk(struct registry *r, const struct project *only, record_fn *fn,
			      void *arg, struct err *err);

/* Has the book nothing but what it was founded with?  Reads only. */
MUST_CHECK bool registry_is_unused(struct registry *r, bool *ret, struct err *err);

/* A book that is put back; start from { .registry = r }. */
struct restoring {
	struct registry *registry;
	struct arena arena;
	struct stored_range *ranges; /* gathered, as they are put all at once */
	unsigned n_ranges, room;
	char project_id[UUID_TEXT_SIZE]; /* one that is known to be there */
	char **projects;		 /* those that came; sorted when the first is looked for */
	unsigned n_projects, projects_room;
	bool is_sorted;
};

/* Forget what the book was founded with. */
MUST_CHECK bool restore_begin(struct restoring *x, struct err *err);
/* Errors: ERR_TAKEN, ERR_INVALID, ERR_NOT_FOUND  the row contradicts one before it. */
MUST_CHECK bool restore_row(struct restoring *x, const struct record *row, struct err *err);
/* Errors: ERR_INVALID  what was put in is not all that a book needs. */
MUST_CHECK bool restore_end(struct restoring *x, struct err *err);
void restore_release(struct restoring *x);

/* What became of a row. */
enum row_fate {
	ROW_ENTERED,
	ROW_MOVED, /* a service that was on another port */
	ROW_UPDATED,
	ROW_UNCHANGED,
	ROW_SKIPPED, /* nothing for this book */
	ROW_REFUSED,
};
#define ROW_FATE_COUNT 6

/* "entered", "moved" ... */
const char *row_fate_name(enum row_fate f);

/* A file that goes into a book in use; start from { .registry = r }. */
struct merging {
	struct registry *registry;
	char shared_id[UUID_TEXT_SIZE]; /* of the file's own shared-services; "": as here */
};

/*
 * The same id is the same row, and the newer one stands.  A change leaves its
 * event; history and checks of the file are skipped.
 * Errors: ERR_TAKEN, ERR_INVALID, ERR_NOT_FOUND  the row does not go with the book
 */
MUST_CHECK bool merge_row(struct merging *m, const struct record *row, struct arena *a,
			  enum row_fate *ret, struct err *err);

#endif
