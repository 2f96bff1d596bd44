/*
 * operations/transport.h - where an operation is sent: to a book of this process, or elsewhere.
 *
 * Who speaks a protocol knows neither sessions nor books: app gives it one of these.
 */
#ifndef OPERATIONS_TRANSPORT_H
#define OPERATIONS_TRANSPORT_H

#include "base/book_state.h"
#include "operations/io.h"

struct transport {
	/* As session_call_with, whose contract it has.  Belongs to one thread. */
	bool (*call)(void *arg, const char *operation, const json_t *input,
		     const struct call_io *io, json_t **ret, struct err *err);
	void *arg;

	/*
	 * session_batch_begin and session_batch_end; NULL: every call is durable when it is
	 * answered, and others may write between two of them.
	 */
	bool (*begin)(void *arg, struct err *err);
	bool (*end)(void *arg, bool *ret_unknown, struct err *err);

	/* session_state; NULL: nobody can say. */
	bool (*state)(void *arg, struct book_state *ret);
};

#endif
