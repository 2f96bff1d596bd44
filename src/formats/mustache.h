/*
 * formats/mustache.h - templates in Mustache: names, sections, comments, delimiters.
 *
 * Source: mustache(5) and its specification, version 1.4, but for partials (a
 * template is one file) and the optional parts.
 * May include: base.
 */
#ifndef FORMATS_MUSTACHE_H
#define FORMATS_MUSTACHE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/json.h"
#include "base/text.h"

/* Rationale: our values nest two deep; a template of people nests no deeper than they read. */
#define MUSTACHE_MAX_DEPTH 16

/* Rationale: 16 sections in each other, each over all ports of an instance, would never end. */
#define MUSTACHE_MAX_STEPS 1000000

/*
 * Append the template, filled with `values`.  `file` is its name in messages.
 * Errors: ERR_INVALID  "file:line: ..." a tag that is wrong, or too much of it
 *         ERR_MEMORY
 */
MUST_CHECK bool mustache_render(const char *bytes, size_t len, const char *file,
				const json_t *values, struct text *ret, struct err *err);

#endif
