/*
 * registry/undo.h - the last change of the book, reversed.
 *
 * Every event keeps the row before and after.  The events of the change are
 * gone through from the newest to the oldest, and each row becomes what it was:
 * if it still is what the event left, and if what it was can be had.  Either all
 * of the change is reversed, or nothing.
 */
#ifndef REGISTRY_UNDO_H
#define REGISTRY_UNDO_H

#include "registry/changes.h"

/* What became of a row. */
enum undo_action {
	UNDO_NOTHING, /* the event is about no row of its own */
	UNDO_RELEASED,
	UNDO_PUT_BACK, /* it is in use again */
	UNDO_CHANGED,  /* it says what it said before */
	UNDO_REMOVED,
};
#define UNDO_ACTION_COUNT 5

/* "released", "put back" ... */
const char *undo_action_name(enum undo_action a);

/* One for each event of `of`, in its order. */
struct undone {
	struct change_events of;  /* subjects and ports are those of the rows, as they are now */
	const struct event *main; /* the one that says best what the change was */
	enum undo_action *actions;
};

/*
 * Undo the last change.  `seq` not 0: only if it is the one of that number.
 * Errors: ERR_NOTHING   there is nothing (more) to undo
 *         ERR_INVALID   such a change cannot be undone, or says of one project's row that it
 *                       is another's: events may have been written past portbook
 *         ERR_NOT_FREE  another change came after the one that is meant
 *         ERR_TAKEN     what it was is held by another now
 */
MUST_CHECK bool registry_undo(struct registry *r, int64_t seq, struct arena *a, struct undone *ret,
			      struct err *err);

/* For undo.c: one event, reversed; see undo_rows.h. Errors: those of registry_undo. */
struct undoing {
	struct registry *registry;
	struct arena *arena;
	const struct change_events *of; /* all that is undone */
	const struct event *event;
	const json_t *before, *after; /* NULL: there was, or is, none */

	/* What the event says it is about, until its row is found; then what that is. */
	const char *subject;
	uint16_t port;
};
typedef bool undo_fn(struct undoing *u, enum undo_action *ret, struct err *err);
undo_fn undo_entry, undo_instance, undo_project, undo_block, undo_reserved;

#endif
