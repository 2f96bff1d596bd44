/*
 * operations/importing_claims.h - the claims of a file on their way into the book.
 */
#ifndef OPERATIONS_IMPORTING_CLAIMS_H
#define OPERATIONS_IMPORTING_CLAIMS_H

#include "operations/importing.h"
#include "operations/place.h"
#include "registry/get.h"

/* A claim, and what it means in this book. */
struct told {
	struct claim claim;
	struct project project; /* once it is known */
	struct service_key key; /* of an entry */
	bool is_refused;	/* named already; nothing more is tried */
	bool is_renamed;	/* the file's words were no names */
	bool has_made;		/* the project: the book had it not */
	uint16_t previous;	/* the port that it leaves */
	struct details carried; /* what was said of the service there */
};

struct claims {
	struct importing *importing;
	struct arena *arena;
	struct told *items;
	unsigned count, room;
	struct told **by_port, **by_service; /* entries, sorted */
	unsigned n_entries;
	struct place here; /* whose a claim without a project is */
};

/* ---- import_claims.c ---- */

/* What became of the claim; `message` NULL: no more is to be said. */
MUST_CHECK bool claim_tell(struct claims *all, const struct told *w, enum row_fate fate,
			   const char *message, struct err *err);

/* It is refused, for that reason.  True: the import goes on, without it. */
MUST_CHECK bool claim_refuse(struct claims *all, struct told *w, const struct err *why,
			     struct err *err);

/* ---- claim_order.c: what else the file says of a port, and of a service ---- */

/* Gather and sort the entries that are to be made. */
MUST_CHECK bool claims_sort(struct claims *all, struct err *err);

/* Of several rows on one port the first stands; the others are refused, or said twice. */
MUST_CHECK bool claims_settle_ports(struct claims *all, struct err *err);

/* What to do about a row whose port is somebody else's: the hint of `err`. Returns false. */
bool claim_fail_taken(const struct claims *all, struct err *err, const struct told *w);

/* Does the file give the service of `w` this port? */
bool claims_give(const struct claims *all, const struct told *w, uint16_t port);

/* NULL is "". */
int order_of_texts(const char *a, const char *b);

/* An entry that is to be made. */
bool claim_is_entry(const struct told *w);

/* ---- claim_project.c ---- */

/*
 * The projects that the file names, entered where the book does not know them:
 * those first whose ports say which number they have.
 */
MUST_CHECK bool claims_need_projects(struct claims *all, struct err *err);

/* ---- claim_listener.c ---- */

/*
 * Give a name to what listens: its service by the program, and the project that was
 * named; what everybody expects there, or without a project, is shared.
 */
MUST_CHECK bool claim_name_listener(struct claims *all, struct told *w, struct err *err);

/* ---- claim_block.c ---- */

/*
 * The ports that the file has as the project's block: they are, or it is given them.
 * Errors: ERR_INVALID, ERR_TAKEN, with the way out.
 */
MUST_CHECK bool claim_settle_block(struct claims *all, struct told *w, struct err *err);

/* They are the instance's slice.  Errors: ERR_INVALID, with the way out. */
MUST_CHECK bool claim_settle_slice(struct claims *all, const struct told *w,
				   const struct instance *i, const char *host, struct err *err);

/* ---- claim_entry.c ---- */

/* A service that the file has elsewhere leaves a port that the file no longer gives it. */
MUST_CHECK bool claim_leave_port(struct claims *all, struct told *w, struct err *err);

/* Enter it, in its range where that has the port for it, else as one used by convention. */
MUST_CHECK bool claim_enter(struct claims *all, struct told *w, struct err *err);

#endif
