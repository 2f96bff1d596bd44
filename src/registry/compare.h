/*
 * registry/compare.h - have two books the same rows?
 *
 * Of each row of the one a digest is kept, eight bytes; then the rows of the
 * other are met with them, in any order.  What an engine may write in its own
 * way (the members of metadata in another order) makes no difference.
 */
#ifndef REGISTRY_COMPARE_H
#define REGISTRY_COMPARE_H

#include "registry/record.h"

/* Start from { 0 }. */
struct row_set {
	uint64_t *digests;
	bool *met;
	size_t count, room;
	bool drops_range_ids; /* a book that nobody reads by SQL has none */
};

void row_set_release(struct row_set *s);

/* Errors: ERR_MEMORY */
MUST_CHECK bool row_set_add(struct row_set *s, const struct record *row, struct err *err);

/* All are in: to be called before the first is met. */
void row_set_sort(struct row_set *s);

/* `*ret` false: there is no such row, or it was met already. Errors: ERR_MEMORY */
MUST_CHECK bool row_set_meet(struct row_set *s, const struct record *row, bool *ret,
			     struct err *err);

/* How many nobody has met. */
size_t row_set_unmet(const struct row_set *s);

/* Rationale: three names of 63 and a host, and what stands between them. */
#define RECORD_TEXT_SIZE 320

/* The row for a person: "port 3100 of 'shop/web'", "event 17". Returns `ret`. */
char *record_text(const struct record *row, char ret[static RECORD_TEXT_SIZE]);

#endif
