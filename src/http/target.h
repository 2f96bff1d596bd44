/*
 * http/target.h - what a request asks for: "/api/v1/projects/shop?limit=3".
 *
 * Bytes in, values out, as any client may send them (RFC 9112 section 3.2.1,
 * origin-form only).  A segment is decoded by itself, so that "%2F" in a name
 * is part of the name.
 */
#ifndef HTTP_TARGET_H
#define HTTP_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"

/* Rationale: our longest path has 7. */
#define TARGET_SEGMENTS 12
/* Rationale: a query of a few names and a path of 4096 bytes, percent-encoded. */
#define TARGET_MAX 16384

struct target {
	const char *segments[TARGET_SEGMENTS]; /* decoded, UTF-8, not empty */
	unsigned count;
	json_t *query; /* an object of strings; "?live" alone is "true" */
};

/*
 * The strings are in the arena; the query is to be released by target_release.
 * Errors: ERR_INVALID  not such a target: not absolute, an empty segment, bad percent-encoding,
 *                      NUL, not UTF-8, a member of the query twice
 */
MUST_CHECK bool target_parse(const char *text, struct arena *a, struct target *ret,
			     struct err *err);

/* For CLEANUP, too. */
void target_release(struct target *t);

#endif
