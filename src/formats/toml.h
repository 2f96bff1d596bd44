/*
 * formats/toml.h - sections and keys of a TOML file, each with its place.
 *
 * A reader that goes by lines: it knows sections, keys, comments, and values that
 * go over lines, and looks into no value.
 * Source: toml.io, version 1.0.0.
 * May include: ports, base.
 */
#ifndef FORMATS_TOML_H
#define FORMATS_TOML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "formats/scan.h"

/* Rationale: longer than any section or key that is looked for; a longer one is none. */
#define TOML_WORD_SIZE 64

/* Start from { .lines = { .rest = bytes, .left = len }, .file = name }; the bytes are UTF-8. */
struct toml {
	/* The piece at hand. */
	bool is_section;
	char section[TOML_WORD_SIZE]; /* "db.pooler"; "" before the first */
	char key[TOML_WORD_SIZE];     /* of a value */
	const char *value, *end;      /* from its first byte to the end of its first line */

	struct lines lines;
	const char *file;
	const char *closing; /* of a text over lines that is open; NULL: none */
	int brackets;	     /* of lists that are open */
};

/*
 * Step on to the next section or value; `*ret_more` false: there is none.
 * Errors: ERR_INVALID "file:line: ..."
 */
MUST_CHECK bool toml_next(struct toml *t, bool *ret_more, struct err *err);

/* "54321", "54_321", and where it ends; 0: something else, such as env(PORT). */
uint16_t toml_port(const char *at, const char *end, const char **ret_end);

#endif
