/*
 * registry/changes.h - which lines of the history are one change.
 *
 * The events of one transaction have consecutive numbers (store.h), one time
 * and one actor.  A change that was undone is followed by one that says so.
 */
#ifndef REGISTRY_CHANGES_H
#define REGISTRY_CHANGES_H

#include "registry/registry.h"

/* The events of a change, the newest first; in the arena. */
struct change_events {
	struct event *items;
	unsigned count;
};

/* What the history calls the last event of an undoing, and where that says what was undone. */
#define UNDO_OP	   "undo"
#define UNDONE_KEY "undone"

/* What it calls the start of a command by `run`: it changes nothing, and is passed over. */
#define RUN_OP "run"

/*
 * The last change that was neither undone nor is an undoing or a start by `run`; `ret->count` 0:
 * there is none.  A change is named by the number of its newest event.
 */
MUST_CHECK bool change_last(struct registry *r, struct arena *a, struct change_events *ret,
			    struct err *err);

#endif
