/*
 * registry/transfer.h - all of one book into another, and whether both are the same.
 *
 * The caller opens and ends the transactions of both: reading one state of
 * `from` throughout, writing in `to`.
 */
#ifndef REGISTRY_TRANSFER_H
#define REGISTRY_TRANSFER_H

#include "base/progress.h"
#include "registry/compare.h"
#include "registry/whole.h"

/* How much there is of what. */
struct row_counts {
	uint64_t rows[RECORD_KIND_COUNT], all;
	uint64_t live; /* of the allocations */
};

MUST_CHECK bool registry_count(struct registry *r, struct row_counts *ret, struct err *err);

/* Rationale: enough to see what kind of thing it is. */
#define DIFFERENCES_TOLD 10

struct difference {
	bool is_missing; /* in `to`; else nothing like it is in `from` */
	char row[RECORD_TEXT_SIZE];
};

/* Start from { .from, .to, .progress, .host }. */
struct transfer {
	struct registry *from, *to;
	struct progress *progress; /* NULL: nobody watches */
	const char
		*host; /* what is entered for HOST_DEFAULT is this one's in `to`; NULL: as it is */

	struct row_counts counts; /* of `from` */
	struct difference differences[DIFFERENCES_TOLD];
	uint64_t n_differences;

	struct row_set rows; /* of `from` */
	struct restoring restoring;
	uint64_t done;
};

void transfer_release(struct transfer *t);

/*
 * Let `to` be what `from` is: what it had is forgotten.  Then it is compared.
 * Errors: ERR_BOOK  a row of `from` cannot be kept in `to`, or not as it is; it is named
 */
MUST_CHECK bool registry_transfer(struct transfer *t, struct err *err);

/* Only compare: fills counts and differences. */
MUST_CHECK bool registry_compare(struct transfer *t, struct err *err);

#endif
