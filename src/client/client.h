/*
 * client/client.h - an operation is sent to another portbook.
 *
 * "unix:PATH" is the socket of a `portbook serve` on this machine, which knows who asks.
 * "https://HOST:PORT" is one elsewhere: it knows the token of PORTBOOK_TOKEN, and its
 * certificate is held against the machine's authorities, or those of PORTBOOK_CA_FILE.
 */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include <stdbool.h>

#include "operations/io.h"

/* Does this name of a book mean another portbook? */
bool client_is_url(const char *book);

/*
 * Ask it, as session_call_with does.  The answer is delivered when it is committed there,
 * and who asks is known by the socket or the token, not by `io`.
 * Errors: those of the operation
 *         ERR_BOOK  nobody serves there, or this user may not ask
 *         ERR_IO    it did not answer, or not what a portbook would
 */
MUST_CHECK bool client_call(const char *url, const char *operation, const json_t *input,
			    const struct call_io *io, json_t **ret, struct err *err);

/*
 * What came back: a status and a body of JSON.  False, with the error that it tells, or
 * ERR_IO where it tells none; `*ret` may then be the error's object.
 */
MUST_CHECK bool client_read_answer(const char *bytes, size_t len, json_t **ret, struct err *err);

#endif
