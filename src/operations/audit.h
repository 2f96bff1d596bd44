/*
 * operations/audit.h - the book held against the machine, for audit.c and audit_rows.c.
 */
#ifndef OPERATIONS_AUDIT_H
#define OPERATIONS_AUDIT_H

#include "operations/call.h"
#include "registry/scene.h"

/* An entry, and what was found of it. */
struct audited {
	const struct entry *entry;
	struct judgement judgement;
	struct listener *listener; /* NULL: nobody listens */
	const char *actual;	   /* NULL: its owner has it */
};

/* What was found; it was gathered in a transaction of its own, before the one that notes it. */
struct audit {
	struct scene scene;
	struct audited *rows;
	unsigned n_rows;
	struct listener **unregistered; /* inside the book's ranges, entered nowhere */
	unsigned n_unregistered;
	bool wants_fix;
	int64_t at_ms;
};

/*
 * The look and the verdicts, in `c->prepared`: struct operation's `before` of audit, and of who
 * makes one.
 */
MUST_CHECK bool audit_before(struct call *c, const json_t *input, struct err *err);

/* Note what was seen of each entry. Needs a write transaction. */
MUST_CHECK bool audit_note(struct call *c, const struct audit *a, struct err *err);

/*
 * {port, expected, actual, verdict, ...} of an entry whose owner does not have its
 * port; NULL: no memory.
 */
json_t *audit_entry_json(struct audit *a, const struct audited *row) MUST_CHECK;

/* A listener, whose it seems to be, and why. */
json_t *audit_listener_json(struct audit *a, struct listener *l) MUST_CHECK;

#endif
