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
/* One assignment, as offsets into the bytes. */
struct dotenv_item {
	size_t name, name_len;
	size_t value, value_len; /* inside the quotes, if there are any */
	unsigned line;		 /* from 1 */
	char quote;		 /* that the value is in; '\0': in none */
	bool is_open;		 /* a quote opens here that nothing closes: what is meant? */
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
