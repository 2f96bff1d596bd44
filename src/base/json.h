/*
 * base/json.h - JSON values: jansson, and the few words we add to it.
 *
 * The only file that includes <jansson.h>: the rest of the tree gets it here.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"

/* Rationale: our deepest answer nests 6; what comes from outside gets room, not a stack. */
#define JSON_MAX_DEPTH 64

/* For json_object_foreach and its kin, which only read and yet take what is not const. */
static inline json_t *json_walked(const json_t *json)
{
	const union {
		const json_t *read;
		json_t *walked;
	} same = { json };

	return same.walked;
}

/* For CLEANUP(json_cleanup) json_t *x. */
void json_cleanup(json_t **json);

/* For CLEANUP(json_text_cleanup) char *s, as json_format makes it. */
void json_text_cleanup(char **text);

/* Set `key`; NULL or "" text and 0 times are written as null. False when out of memory. */
MUST_CHECK bool json_put_text(json_t *object, const char *key, const char *text);
MUST_CHECK bool json_put_int(json_t *object, const char *key, int64_t value);
MUST_CHECK bool json_put_bool(json_t *object, const char *key, bool value);
MUST_CHECK bool json_put_time(json_t *object, const char *key, int64_t ms);
/* Takes the reference to `value` in every case. */
MUST_CHECK bool json_put(json_t *object, const char *key, json_t *value);
MUST_CHECK bool json_append(json_t *array, json_t *value);

/* The member's value; NULL, `otherwise` when it is absent, null or of another type. */
const char *json_text_of(const json_t *object, const char *key);
int64_t json_int_of(const json_t *object, const char *key, int64_t otherwise);
bool json_bool_of(const json_t *object, const char *key);

/*
 * Parse one JSON value; duplicate keys, NUL and bad UTF-8 are refused.
 * Errors: ERR_INVALID with line and column; ERR_MEMORY.
 */
MUST_CHECK bool json_parse(const char *bytes, size_t len, json_t **ret, struct err *err);

/*
 * As json_parse, of a file: "FILE:LINE:COLUMN: not JSON: why", or "FILE: why" where it is
 * no line that is wrong.
 */
MUST_CHECK bool json_parse_file(const char *bytes, size_t len, const char *file, json_t **ret,
				struct err *err);

/* As json_parse, of a piece that stands on this line, from 1, of a longer text. */
MUST_CHECK bool json_parse_at(const char *bytes, size_t len, unsigned line, json_t **ret,
			      struct err *err);

/* Add a value as JSON; `flags` are jansson's. Unlike json_dumps it loses nothing unnoticed. */
void text_add_json(struct text *t, const json_t *value, size_t flags);

/* Compact text with members in the order they were set; the caller frees it. */
MUST_CHECK bool json_format(const json_t *json, char **ret, struct err *err);

#endif
