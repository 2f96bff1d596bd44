/*
 * operations/doctor.h - what a look at the whole book finds, each with its remedy.
 *
 * The operation `doctor` looks at what the book says.  Whether the book can be
 * had at all, and its file is sound, book/doctor.c finds, in the same words.
 */
#ifndef OPERATIONS_DOCTOR_H
#define OPERATIONS_DOCTOR_H

#include "base/arena.h"
#include "operations/call.h"

enum severity {
	SEVERITY_OK,
	SEVERITY_NOTE,	  /* worth knowing; nothing has to be done */
	SEVERITY_WARNING, /* it will hurt some day */
	SEVERITY_ERROR,	  /* answers are, or may be, wrong */
};
#define SEVERITY_COUNT 4

/* "ok", "note", "warning", "error". */
const char *severity_name(enum severity s);

struct finding {
	const char *check; /* what was looked at: "book", "policy" ... */
	enum severity severity;
	const char *message; /* a sentence, as of an error; NULL: there was no memory for it */
	const char *remedy;  /* a command, or what to do; NULL: nothing has to be done */
	json_t *details;     /* lines, each a text; NULL: none */
};

/*
 * Add it to the answer's "checks", and count it in "errors" and "warnings"; an
 * answer that has none of them gets them.  `details` is taken over, also on failure.
 */
MUST_CHECK bool doctor_add(json_t *answer, const struct finding *f, struct err *err);

/* The schema of a book that has `version`, where this program's is `latest`. */
MUST_CHECK bool doctor_version(json_t *answer, int version, int latest, bool may_write,
			       struct err *err);

/* One of each, all with the arguments of an operation; doctor_ports.c. */
MUST_CHECK bool doctor_ephemeral(struct call *c, const char *host, json_t *answer, struct err *err);
MUST_CHECK bool doctor_ranges(struct call *c, const char *host, json_t *answer, struct err *err);

/* doctor_history.c */
MUST_CHECK bool doctor_clock(struct call *c, const char *host, json_t *answer, struct err *err);

#endif
