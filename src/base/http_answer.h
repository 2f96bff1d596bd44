/*
 * base/http_answer.h - the answer to a request of HTTP/1.0, bytes in, pieces out.
 */
#ifndef BASE_HTTP_ANSWER_H
#define BASE_HTTP_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct http_answer {
	unsigned status;  /* 200 */
	const char *body; /* points into what was parsed */
	size_t len;
};

/*
 * All that came until the other side closed.
 *
 * Source:  RFC 1945 (HTTP/1.0), section 6; an answer in pieces (Transfer-Encoding)
 *          is of HTTP/1.1 and never sent to who asked in 1.0 (RFC 9112, 6.1).
 * Errors:  ERR_INVALID  it is no such answer, or was cut short; `*ret` is untouched.
 */
MUST_CHECK bool http_answer_parse(const char *bytes, size_t len, struct http_answer *ret,
				  struct err *err);

#endif
