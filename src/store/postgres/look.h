/*
 * postgres/look.h - what is wrong with the database that a book is in, each with its remedy.
 */
#ifndef STORE_POSTGRES_LOOK_H
#define STORE_POSTGRES_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/macros.h"
#include "registry/store.h"

/* The statements of looks.h say these by their numbers. */
enum postgres_severity {
	POSTGRES_OK,
	POSTGRES_NOTE,
	POSTGRES_WARNING,
	POSTGRES_ERROR,
};

struct postgres_finding {
	const char *check; /* "schema", "validity", "slots", "rights", "durability", "server" */
	enum postgres_severity severity;
	const char *message, *remedy; /* `remedy` NULL: nothing has to be done */
	const char *details;	      /* lines; NULL: none */
};

/* Texts live until it returns.  False stops the look: `*err` says why. */
typedef bool postgres_finding_fn(const struct postgres_finding *f, void *arg, struct err *err);

/*
 * Look at the database of a store that store_postgres_open has opened: one
 * finding at least of each check.  Outside of a transaction.
 */
MUST_CHECK bool store_postgres_look(struct store *store, postgres_finding_fn *fn, void *arg,
				    struct err *err);

/*
 * How far the server's clock is from ours for sure, in ms, ahead of it where that
 * is positive; 0: no more than can be.  It was read between `before` and `after`.
 */
int64_t postgres_clocks_apart(int64_t before_ms, int64_t server_ms, int64_t after_ms);

#endif
