/*
 * http/pages.h - paths that are no operation: how the server is, what it offers, and /mcp.
 */
#ifndef HTTP_PAGES_H
#define HTTP_PAGES_H

#include "http/api.h"

struct page {
	enum http_method method;
	const char *segments[TARGET_SEGMENTS];
	/* NULL: it is /mcp. */
	void (*show)(const struct api *api, const struct http_request *r, struct http_reply *reply);
	bool is_open; /* it says nothing that is anybody's, so whoever asks is told */
};

/* The page of a path, by any method; NULL: there is none. */
const struct page *page_at(const struct target *t);

/* The same, by the method of the request. */
const struct page *page_of(const struct http_request *r);

#endif
