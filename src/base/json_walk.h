/*
 * base/json_walk.h - a long JSON text piece by piece, each with its line.
 *
 * jansson holds all of a text in memory, many times its size, and tells no
 * places.  Here an object or an array is stepped through, and only the pieces
 * that are asked for become values.  What is stepped over is looked at as far
 * as is needed to find its end.
 */
#ifndef BASE_JSON_WALK_H
#define BASE_JSON_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/json.h"

/* Rationale: one row of a list of ports; ours have some 300 bytes, and notes may be long. */
#define JSON_PIECE_MAX (1 << 20)

/* One value as it stands in the text, which it borrows. */
struct json_piece {
	const char *at;
	size_t len;	  /* 0: there is none */
	unsigned line;	  /* where it starts, from 1 */
	const char *file; /* for messages */
};

/* Inside an object or an array. */
struct json_walk {
	struct json_piece key;	 /* of the member at hand, with its quotes; none in an array */
	struct json_piece value; /* the member or element at hand */

	struct json_piece rest; /* what is still to be walked */
	bool begun;
};

/*
 * The one value of a whole text.  `ret` is untouched on failure.
 * Errors, here and below: ERR_INVALID, the text starts with "file:line: ".
 */
MUST_CHECK bool json_piece_of(const char *bytes, size_t len, const char *file,
			      struct json_piece *ret, struct err *err);

/* '{' of an object, '[' of an array, another character of what is neither. */
char json_piece_kind(const struct json_piece *p);

/* Start from json_walk_of an object or an array. */
struct json_walk json_walk_of(const struct json_piece *p);

/* Step on; without a next one `*ret_more` is false. */
MUST_CHECK bool json_walk_next(struct json_walk *w, bool *ret_more, struct err *err);

/* Is that the key at hand?  A key with escapes is none of ours. */
bool json_walk_at(const struct json_walk *w, const char *key);

/*
 * The members with these names: `ret` has `count` pieces, without length where
 * there is none.  Of an array all are without.
 * Errors: ERR_INVALID also when a name is there twice.
 */
MUST_CHECK bool json_walk_pick(const struct json_piece *object, const char *const *names,
			       size_t count, struct json_piece *ret, struct err *err);

/*
 * The piece as a value.
 * Errors: ERR_INVALID also when it is longer than JSON_PIECE_MAX; ERR_MEMORY.
 */
MUST_CHECK bool json_piece_parse(const struct json_piece *p, json_t **ret, struct err *err);

/*
 * The letters of a string without quotes and escapes, and where in the piece each of them
 * stands; both have room for p->len.  Of a letter that is written by its number only that
 * there is one ("?"); what ends a line becomes a blank.  Returns how many there are.
 */
size_t json_piece_letters(const struct json_piece *p, char *letters, size_t *places);

#endif
