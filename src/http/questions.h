/*
 * http/questions.h - what a client is asked in the middle of its request, and which answer is to what.
 *
 * There are no sessions: an answer comes by a request like any other, and all that says what it
 * answers is its id.  So an id is made of chance, and nobody answers for another.
 */
#ifndef HTTP_QUESTIONS_H
#define HTTP_QUESTIONS_H

#include "mcp/mcp.h"

/* Start from zeroes. */
struct questions {
	struct mcp_asking asking; /* the protocol's */
	json_t *open;		  /* by id: the name that it has in `asking`; NULL: none was sent */
};

/*
 * Add a request for each that is asked to `sent`, as events.
 * Errors: ERR_MEMORY, ERR_IO  the system gives no chance; then some may have been added
 */
MUST_CHECK bool questions_send(struct questions *q, struct text *sent, struct err *err);

/* Take what the client answers; false: it answers none of these. */
bool questions_take(struct questions *q, const json_t *response);

/* Is every one that was sent answered? */
bool questions_are_answered(const struct questions *q);

/* Nobody waits for those that are left: they stay without a result. */
void questions_drop(struct questions *q);

void questions_release(struct questions *q);

#endif
