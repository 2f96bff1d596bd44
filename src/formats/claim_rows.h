/*
 * formats/claim_rows.h - registries in JSON: a list of rows, one a port.
 *
 * The files of other tools differ in where the rows stand and in the names of
 * their members.  A shape says both; of a file only one row is in memory.
 * May include: ports, base.
 */
#ifndef FORMATS_CLAIM_ROWS_H
#define FORMATS_CLAIM_ROWS_H

#include "base/arena.h"
#include "base/json.h"
#include "formats/claim.h"

/* One row, and the claim that is made of it. */
struct claim_row {
	const json_t *json; /* an object */
	const char *key;    /* its name, where the rows are members; else NULL */
	struct arena *arena;
	struct claim claim; /* an entry, unless the reader says otherwise */
	struct claim_owner owner;
};

/* Rows of one kind. */
struct claim_rows {
	const char *member; /* of the whole; NULL: the whole has the rows, each under its port */
	/*
	 * Fill the claim; its texts belong to `json` or to `arena`.
	 * Errors: ERR_INVALID without a place, which the caller adds; ERR_MEMORY.
	 */
	bool (*read)(struct claim_row *r, struct err *err);
};

#define CLAIM_ROWS_MAX 3

/* A file is of a shape when it has the member of its first rows; `what` names the tool. */
struct claim_shape {
	struct claim_rows rows[CLAIM_ROWS_MAX];
};
MUST_CHECK bool claims_of_shape(const struct claim_shape *shapes, size_t count, const char *what,
				const char *bytes, size_t len, const char *file, claim_fn *fn,
				void *arg, struct err *err);

/* --- for a reader */

/*
 * The port: of the row's member with that name, a number or digits.
 * Errors: ERR_INVALID, also when there is none.
 */
MUST_CHECK bool row_take_port(struct claim_row *r, const char *member, struct err *err);

/* The port that the row is named by: "3000". */
MUST_CHECK bool row_take_key_port(struct claim_row *r, struct err *err);

/* The member's text; NULL: none, empty, or not a text. */
const char *row_text(const struct claim_row *r, const char *member);

/* Errors: ERR_INVALID when there is none. */
MUST_CHECK bool row_need_text(const struct claim_row *r, const char *member, const char **ret,
			      struct err *err);

/* What has no field of its own: an object; an empty one is none. Errors: ERR_MEMORY. */
MUST_CHECK bool row_put_metadata(struct claim_row *r, const json_t *metadata, struct err *err);

#endif
