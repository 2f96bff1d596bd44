/*
 * book/verify.h - the book held against who listens, entry by entry.
 */
#ifndef BOOK_VERIFY_H
#define BOOK_VERIFY_H

#include <portbook.h>

#include "book/session.h"

/*
 * Ask `list` which entries the request means (or take its port), and `check`
 * for each of them.  `*ret` is { "ports": [...] } as `check` gives them, with
 * "host" and "protocol"; `surroundings` sends the working directory along.
 * Errors: those of the two operations
 */
MUST_CHECK bool verify_ask(struct session *s, const struct portbook_request *request,
			   bool surroundings, json_t **ret, struct err *err);

#endif
