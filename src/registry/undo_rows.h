/*
 * registry/undo_rows.h - what the reversing of every kind of row needs.
 *
 * Only for undo_entry.c and undo_rows.c.
 */
#ifndef REGISTRY_UNDO_ROWS_H
#define REGISTRY_UNDO_ROWS_H

#include "registry/record.h"
#include "registry/undo.h"

/* "shop@2/web": what the event is about. */
const char *undo_subject(const struct undoing *u);

/* The row that the event goes by has been found: it is `subject`.  NULL: there was no memory. */
MUST_CHECK bool undo_name_row(struct undoing *u, const char *subject, uint16_t port,
			      struct err *err);

/* ERR_INVALID: the event has the row of `whose`, which its project has not. Returns false. */
bool undo_fail_foreign(const struct undoing *u, const char *whose, struct err *err);

/* ERR_TAKEN: the row is not what the change made of it. Returns false. */
bool undo_fail_changed(const struct undoing *u, struct err *err);

/* Is the row, `now`, what the event left?  Takes the reference; NULL: no memory. */
MUST_CHECK bool undo_is_as_left(const struct undoing *u, json_t *now, struct err *err);

/*
 * The row before as a record; its texts are those of u->before, but for the
 * project's id.  `without` are members that an answer has and a record has not.
 */
MUST_CHECK bool undo_read_before(const struct undoing *u, enum record_kind kind,
				 const char *project_id, const char *const *without,
				 struct record *ret, struct err *err);

/* Whose the row was. Errors: ERR_TAKEN  it is gone */
MUST_CHECK bool undo_find_project(const struct undoing *u, struct project *ret, struct err *err);

#endif
