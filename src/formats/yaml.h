/*
 * formats/yaml.h - YAML as a stream of pieces, each with its place in the file.
 *
 * A thin layer over libfyaml's events.  Only the piece at hand is kept, and an
 * alias is shown but never followed, so no document grows beyond its bytes.
 * Text that goes over lines is seen, but not read: nothing that we look for
 * does.
 * May include: base.
 */
#ifndef FORMATS_YAML_H
#define FORMATS_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/text.h"
#include "formats/yaml_keys.h"

/* Rationale: files that people write by hand; the largest compose file we know has 60 KB. */
#define YAML_MAX_BYTES (1 << 20)

enum yaml_kind {
	YAML_END, /* of the document */
	YAML_SCALAR,
	YAML_LIST,
	YAML_LIST_END,
	YAML_MAP, /* keys and values follow in turn */
	YAML_MAP_END,
	YAML_ALIAS,
};

struct yaml {
	/* The piece at hand. */
	enum yaml_kind kind;
	struct text text; /* of a scalar, UTF-8 without NUL; empty if it goes over lines */
	bool is_long;	  /* a scalar that goes over lines */
	bool is_quoted;	  /* a scalar that is not plain: "no", | or > */
	bool has_anchor, has_tag;
	size_t name_from, name_to; /* of an anchor or an alias: its name, without & and * */
	unsigned line, column;	   /* where it starts, or the last known place before it; from 1 */
	size_t from, to; /* as offsets: of a scalar its text, inside the quotes; else its start */
	size_t behind;	 /* the last text so far, and its quote */

	const char *bytes; /* borrowed, as the next */
	const char *file;  /* for messages */
	bool ended, had_document;
	struct yaml_keys keys;
	struct fy_diag *diag; /* NULL, as the parser: nothing to read */
	struct fy_parser *parser;
};

/*
 * Start reading; the first piece is at hand afterwards (YAML_END: there is
 * none).  `bytes` and `file` must live as long as `y`, which is `{ 0 }` before.
 * Errors, here and in yaml_next:
 *   ERR_INVALID  not YAML, not UTF-8, longer than YAML_MAX_BYTES, more than one
 *                document, or, where a map ends, a key that it has twice; the text starts with "file:line:column: "
 *   ERR_MEMORY
 * In every case `y` is to be released.
 */
MUST_CHECK bool yaml_open(struct yaml *y, const char *bytes, size_t len, const char *file,
			  struct err *err);

/* Step on to the next piece; YAML_END stays. */
MUST_CHECK bool yaml_next(struct yaml *y, struct err *err);

/* Step past the value at hand and all that is in it. */
MUST_CHECK bool yaml_skip(struct yaml *y, struct err *err);

/* ERR_INVALID at the piece at hand: "file:line:column: " and the text. Returns false. */
bool yaml_fail(const struct yaml *y, struct err *err, const char *format, ...) PRINTF_LIKE(3, 4);

/* For CLEANUP. */
void yaml_release(struct yaml *y);

#endif
