/*
 * sql/filter.h - filters as SQL, one text for every engine.
 *
 * A filter has a shape (which fields are set) and values.  Two filters of one
 * shape have one text, so a store may keep the statement by its shape.
 */
#ifndef STORE_SQL_FILTER_H
#define STORE_SQL_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "registry/store.h"
#include "store/sql/value.h"

/* Rationale: every field of the larger filter at once, ranges count twice. */
#define SQL_FILTER_VALUES 20

struct sql_filter {
	uint64_t shape;
	struct sql_value values[SQL_FILTER_VALUES]; /* of $1, $2, ...; borrowed */
	unsigned n_values;
	bool may_be_long; /* nothing keeps the rows few: where an engine can, they come in parts */
};

/*
 * Rows: id, project_id, project name, project number (-1: none), instance,
 * environment, service, is primary, type, role, range, host, protocol, port,
 * status, description, notes, unit, tunnel hostname, tunnel id, metadata,
 * allocated_by, worktree, allocated_at, last_used_at, last_verified_at,
 * released_at, expires_at.
 *
 * `marked`: the engine marks entries that were seen at the last look at their project, which
 * has its time (sqlite/looks.c).
 */
void sql_filter_entries(const struct entry_filter *f, bool marked, struct sql_filter *ret);

/* One row: how many different ports those entries have; order and limit do not matter. */
void sql_filter_entry_count(const struct entry_filter *f, struct sql_filter *ret);

/* Rows: seq, at, actor, op, project_id, subject, service, port, before, after. */
/* `settled`: behind after_seq, in the order of transactions, those before which none can come. */
void sql_filter_events(const struct event_filter *f, bool settled, struct sql_filter *ret);

/* The statement of this shape; ask text_ok(). */
void sql_filter_text(uint64_t shape, struct text *ret);

#endif
