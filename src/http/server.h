/*
 * http/server.h - carries requests: libmicrohttpd in our own loop.
 *
 * One thread has all connections; a second one asks the book what changes it.
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include <stdint.h>

#include "base/watcher.h"
#include "http/allowed.h"
#include "http/listen.h"
#include "operations/transport.h"

struct certificate;
struct mcp_catalogue;
struct tokens;

/* Who a server cannot be without: `fd` is ready when it has ended, and then the server ends. */
#define PARTNERS_MAX 2
struct partner {
	int fd;
	const char *what; /* "the process that ...", to begin a sentence with */
};

struct server_options {
	struct listening *listening;
	unsigned n_listening;
	const struct transport *reads;	/* NULL: `writes` is asked everything */
	const struct transport *writes; /* asked by a thread of its own */
	struct watcher *watcher;	/* of the book that `reads` asks; NULL: once a second */
	const char *const *names;	/* see http/guard.h */
	int64_t audit_every_ms;		/* 0: never */
	bool reviews_cleanup;		/* at the start */
	/* Told of each change that an audit finds; NULL: nobody, and audits are only noted. */
	void (*tell)(void *arg, json_t *message);
	void *tell_arg;
	struct partner partners[PARTNERS_MAX];
	unsigned n_partners;
	int signals; /* signals_open, of those that end it; SIGHUP: see below */
	struct limits limits;
	const char *book_file; /* see http/access.h */
	struct tokens *tokens; /* NULL: there are none */
	bool always_token;     /* on the loopback, too */
	/* For addresses that other machines reach, and only where there are such. */
	const struct certificate *certificate;
	/* Told what goes wrong while it serves, and what was read anew; NULL: nobody. */
	void (*say)(void *arg, const struct err *err);
	void *say_arg;
	/* What agents are offered; NULL: portbook's tools.  Tests have another. */
	const struct mcp_catalogue *catalogue;
};

/*
 * Serve until a signal comes; then requests that are under way are finished.  The sockets are
 * closed.  With tokens or a certificate SIGHUP does not end it: the certificate is read anew.
 * Errors: ERR_IO, ERR_MEMORY
 */
MUST_CHECK bool server_run(const struct server_options *options, struct err *err);

#endif
