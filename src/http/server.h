/*
 * http/server.h - carries requests: libmicrohttpd in our own loop.
 *
 * One thread has all connections; a second one asks the book what changes it.
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include <stdint.h>

#include "base/watcher.h"
#include "http/listen.h"
#include "operations/transport.h"

struct mcp_catalogue;

struct server_options {
	struct listening *listening;
	unsigned n_listening;
	const struct transport *reads;	/* NULL: `writes` is asked everything */
	const struct transport *writes; /* asked by a thread of its own */
	struct watcher *watcher;	/* of the book that `reads` asks; NULL: once a second */
	const char *const *names;	/* see http/guard.h */
	int64_t audit_every_ms;		/* 0: never */
	int signals;			/* signals_open, of those that end it */
	/* What agents are offered; NULL: portbook's tools.  Tests have another. */
	const struct mcp_catalogue *catalogue;
};

/*
 * Serve until a signal comes; then requests that are under way are finished.  The sockets are
 * closed.
 * Errors: ERR_IO, ERR_MEMORY
 */
MUST_CHECK bool server_run(const struct server_options *options, struct err *err);

#endif
