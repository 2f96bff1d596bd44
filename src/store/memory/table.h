/*
 * store/memory/table.h - rows in memory, and a journal to put them back.
 *
 * A row is one piece of memory: a struct, and behind it the strings that it
 * points to.  A row never changes; a newer one takes its place.  Each change of
 * a table is noted in a journal, which can be undone back to a mark: that is
 * all there is to a transaction.
 */
#ifndef STORE_MEMORY_TABLE_H
#define STORE_MEMORY_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* What a row is made of, so that it can be copied. */
struct row_kind {
	size_t size;	     /* of its struct */
	const size_t *texts; /* the offsets of its `const char *` members */
	unsigned n_texts;
};

struct table {
	const struct row_kind *kind;
	void **rows;
	size_t count, size;
};

/* Start with `{ 0 }`. */
struct journal {
	struct change *changes; /* oldest first */
	size_t count, size;
};

/*
 * Put a deep copy of `row` at the end, or in the place of row `at`; or take row
 * `at` away.  What was there is kept until the journal is settled.
 * Errors: ERR_MEMORY; the table is then as it was.
 */
MUST_CHECK bool memory_table_add(struct table *t, const void *row, struct journal *j,
				 struct err *err);
MUST_CHECK bool memory_table_replace(struct table *t, size_t at, const void *row, struct journal *j,
				     struct err *err);
MUST_CHECK bool memory_table_remove(struct table *t, size_t at, struct journal *j, struct err *err);

/* Free the rows. */
void memory_table_release(struct table *t);

/* Undo the changes after the first `mark` ones, the latest first. Cannot fail. */
void journal_undo(struct journal *j, size_t mark);

/* From now on the changes stand: the rows that they replaced are freed. */
void journal_settle(struct journal *j);

/* Frees what it holds; the changes stand. */
void journal_release(struct journal *j);

#endif
