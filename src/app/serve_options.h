/*
 * app/serve_options.h - the arguments of portbook-serve, which `portbook serve` starts.
 */
#ifndef APP_SERVE_OPTIONS_H
#define APP_SERVE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "http/allowed.h"
#include "http/listen.h"

/* Rationale: a machine has a few names. */
#define SERVE_NAMES   16
#define SERVE_FOLDERS 16

struct serve_options {
	const char *listen[LISTEN_MAX];
	unsigned n_listen;
	const char *names[SERVE_NAMES + 1]; /* NULL at the end */
	unsigned n_names;
	const char *folders[SERVE_FOLDERS]; /* of projects; none: all but the system's */
	unsigned n_folders;
	const char *user;	/* to be from the start; NULL: who this is */
	const char *book;	/* NULL: the default */
	int64_t audit_every_ms; /* 0: never */
	bool cleanup_at_start;
	bool guards, guards_defaults; /* with a guard beside it; of ports that nobody owns, too */
	const char *notify;	      /* a command; NULL: none */
	int64_t notify_max_ms;
	const char *tokens; /* the file; NULL: none */
	const char *certificate, *key;
	bool always_token;
	struct limits limits;
	bool json, quiet;
};

/* Errors: ERR_INVALID  an argument that is not known, or too many of one */
MUST_CHECK bool serve_options_read(int argc, char **argv, struct serve_options *ret,
				   struct err *err);

#endif
