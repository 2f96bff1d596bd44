/*
 * client/curl/web.h - one question over http or https, and its answer.
 *
 * Certificates are always held against the machine's own authorities, or the file that
 * is named; an answer that sends one elsewhere is an answer like any other.
 */
#ifndef CLIENT_CURL_WEB_H
#define CLIENT_CURL_WEB_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/text.h"

struct web_request {
	const char *method; /* "GET" */
	const char *url;    /* http:// or https:// */
	/* "Name: value", NULL at the end; they may be secret, and are never shown. */
	const char *const *headers;
	const char *body; /* NULL: none */
	size_t len;
	unsigned patience_s; /* for all of it */
	size_t most;	     /* bytes that an answer may have */
	const char *ca_file; /* authorities, PEM; NULL: the machine's */
};

struct web_answer {
	unsigned status; /* 200 */
	struct text body;
};

/*
 * Ask once; `ret` is empty before.
 * Errors: ERR_IO  nobody answers there, the connection broke, the certificate is not to be
 *                 trusted, the answer is too long, or this machine has no libcurl
 *         ERR_INVALID  that is no URL; ERR_MEMORY
 */
MUST_CHECK bool web_ask(const struct web_request *q, struct web_answer *ret, struct err *err);

/* For CLEANUP. */
void web_answer_release(struct web_answer *a);

/* A URL's host is this machine: what is secret may go there without encryption. */
bool web_is_loopback(const char *url);

#endif
