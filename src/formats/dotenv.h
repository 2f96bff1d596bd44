/*
 * formats/dotenv.h - files of NAME=value lines: .env, .env.example, .ports.env.
 *
 * What is read is what shells and the dotenv libraries agree on: blanks and
 * "export" before a name, a value in ' " or `, which may go over lines, or one
 * without quotes, which ends at the line's end or at a blank and a '#'.
 * May include: ports, base.
 */
#ifndef FORMATS_DOTENV_H
#define FORMATS_DOTENV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"

struct dotenv_var {
	const char *name; /* as name_variable makes it */
	uint16_t port;
};

/*
 * A .env file in which our variables have our values: each value is replaced
 * where it stands (all of them, where a name stands twice, as readers differ
 * about which counts), and what is missing comes at the end, in order.  All
 * other bytes stay: other lines, comments, blanks, quotes, line ends.  Doing it
 * again changes nothing.  `old` may hold any bytes.  The names of `vars` differ.
 * The new text is appended to `ret`.
 * Errors: ERR_MEMORY.
 */
MUST_CHECK bool dotenv_splice(const char *old, size_t len, const struct dotenv_var *vars, size_t n,
			      struct text *ret, struct err *err);

/* One assignment, as offsets into the bytes. */
struct dotenv_item {
	size_t name, name_len;
	size_t value, value_len; /* inside the quotes, if there are any */
	unsigned line;		 /* from 1 */
};

/* Reading assignments one by one: start from { bytes, len }. */
struct dotenv {
	const char *bytes;
	size_t len;
	size_t at;
	unsigned line;
};

/* False when there are no more. */
bool dotenv_next(struct dotenv *d, struct dotenv_item *ret);

#endif
