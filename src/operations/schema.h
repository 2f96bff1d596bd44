/*
 * operations/schema.h - what an operation takes, as schemas/NAME.json says.
 *
 * The tables are made by tools/schemas.py when portbook is built and declared
 * in operations/schemas.h, one `const struct schema schema_NAME` an operation.
 */
#ifndef OPERATIONS_SCHEMA_H
#define OPERATIONS_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum field_type {
	FIELD_STRING,
	FIELD_INTEGER,
	FIELD_BOOLEAN,
	FIELD_OBJECT,
	FIELD_ARRAY,
};

struct schema_field {
	const char *name;
	enum field_type type;
	bool required;
	/* Both included.  Of an integer: its value; of a string: its bytes; of an array: its items. */
	int64_t min, max;
	enum field_type item;	    /* of an array: what it holds, strings or objects */
	const char *const *choices; /* a string's only values, NULL-terminated; NULL: any */
	const char *description;
};

struct schema {
	const char *name; /* "get-port" is schema_get_port */
	const char *title;
	const char *description;
	const char *text; /* the whole file, without its white space */
	size_t text_len;  /* bytes, without the NUL that follows them */
	const struct schema_field *input;
	size_t n_input;
};

/* NULL, with ERR_INVALID: it has none, and the hint says which there are. */
const struct schema_field *schema_field_named(const struct schema *s, const char *name,
					      struct err *err) MUST_CHECK;

#endif
