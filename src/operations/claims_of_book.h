/*
 * operations/claims_of_book.h - the book as claims, for the formats of other tools.
 */
#ifndef OPERATIONS_CLAIMS_OF_BOOK_H
#define OPERATIONS_CLAIMS_OF_BOOK_H

#include "formats/claim.h"
#include "operations/call.h"

struct claim_list {
	struct claim *items; /* in the call's arena */
	unsigned count, room;
	unsigned ports; /* how many are entries */
};

/*
 * Projects with their first block, instances in use with their slice, reserved
 * ports and entries, these by port; `only`: those of one project.
 */
MUST_CHECK bool claims_of_book(struct call *c, const struct project *only, struct claim_list *ret,
			       struct err *err);

#endif
