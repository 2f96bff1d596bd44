/*
 * http/problem.h - what went wrong, as RFC 9457 has it: application/problem+json.
 *
 *	{"type":"urn:portbook:error:taken","title":"Another holds it","status":409,
 *	 "detail":"3000 belongs to ...","code":"taken","hint":"...","holder":{...}}
 *
 * `code`, `hint` and `holder` are those of every other front-end.
 */
#ifndef HTTP_PROBLEM_H
#define HTTP_PROBLEM_H

#include "http/request.h"

/* The status of an operation that failed so. */
unsigned problem_status(enum err_code code);
const char *problem_title(enum err_code code);

/* Fill the reply with what `err` says; `refusal` (NULL: none) has further members. */
void problem_reply(struct http_reply *r, const struct err *err, const json_t *refusal);

/*
 * The same for what is wrong with the request itself, and so has a status of its own: 415, 421 ...
 * `type` is then "about:blank" and `title` the status' own, and `code` is "invalid".
 */
void problem_reply_as(struct http_reply *r, unsigned status, const struct err *err);

#endif
