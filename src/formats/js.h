/*
 * formats/js.h - the tokens of a JavaScript or TypeScript file, as far as objects need them.
 *
 * Comments, texts, templates and regular expressions are stepped over as wholes,
 * so that what stands in them is never taken for code.  Whether a '/' divides or
 * starts a regular expression is told by what stands before it.
 * Source: ECMA-262, 12 "Lexical Grammar".
 * May include: base.
 */
#ifndef FORMATS_JS_H
#define FORMATS_JS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Rationale: `${...}` within `${...}`; configurations have none or one. */
#define JS_TEMPLATES_MAX 8

/* Rationale: people's configurations nest ten deep. */
#define JS_BRACKETS_MAX 128

enum js_kind {
	JS_WORD,   /* a name or a keyword */
	JS_NUMBER, /* also 0x10 and 1e3 */
	JS_TEXT,   /* "...", '...' */
	JS_OTHER,  /* one character, or a template or a regular expression */
};

/* Start from { .bytes = bytes, .len = len, .file = name }. */
struct js {
	/* The token at hand. */
	enum js_kind kind;
	size_t from, to;
	unsigned depth; /* how many brackets are open around it; a bracket is inside of itself */

	const char *bytes, *file;
	size_t len, at;
	unsigned open; /* brackets: what closes each */
	char closers[JS_BRACKETS_MAX];
	unsigned templates[JS_TEMPLATES_MAX]; /* how many were open where a `${` began */
	unsigned n_templates;
	bool after_value; /* a '/' would divide */
};

/*
 * Step on; without a next token `*ret_more` is false.
 * Errors: ERR_INVALID "file:line: " a text, comment or bracket without its end
 */
MUST_CHECK bool js_next(struct js *j, bool *ret_more, struct err *err);

/* Is the token at hand this one? */
bool js_is(const struct js *j, const char *token);

#endif
