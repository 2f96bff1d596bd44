/*
 * http/guard.h - what is refused before anything is done: pure, by the headers alone.
 *
 * A web page can make a browser send requests to this machine.  What keeps it out:
 * a Host that is not one of ours (a name of the page's own that was made to lead here),
 * an Origin that is not of this machine, and a body that is not called JSON, which a page
 * of another origin can send without asking.  No reply allows another origin anything.
 */
#ifndef HTTP_GUARD_H
#define HTTP_GUARD_H

#include "http/request.h"

/* The names that a client on TCP may call us by, besides those of the loopback. */
struct guard {
	const char *const *names; /* without port, lower case; NULL-terminated; NULL: none */
	/* Is it one of the certificate's names, for who came by TLS?  NULL: there is none. */
	bool (*is_certified)(const void *arg, const char *name);
	const void *arg;
};

/*
 * Errors: the status to reply with is in `*ret_status`:
 *	400  two of a header that may be there once, or both lengths of a body
 *	403  the Host is none of ours, or the Origin another's
 *	415  the body is not application/json
 */
MUST_CHECK bool guard_check(const struct guard *g, const struct http_request *r,
			    unsigned *ret_status, struct err *err);

/* "127.0.0.1:3000", "[::1]", "LocalHost" are names of the loopback, with any port or none. */
bool guard_is_loopback(const char *authority);

#endif
