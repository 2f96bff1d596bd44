/*
 * formats/source.h - the tokens of a program's source, as far as calls need them.
 *
 * For JavaScript with JSX and types, Python, Go.  It never fails: a quote without
 * its end in the line is a character like others (in JSX it is text), so what
 * comes out is a guess that is mostly right.  js.h is for files that are changed.
 * May include: base.
 */
#ifndef FORMATS_SOURCE_H
#define FORMATS_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

enum source_language {
	SOURCE_JS,
	SOURCE_PYTHON,
	SOURCE_GO,
};

enum source_kind {
	SOURCE_WORD,
	SOURCE_NUMBER,
	SOURCE_TEXT, /* from and to are inside its quotes */
	SOURCE_MARK, /* one character */
	SOURCE_END,
};

struct source_token {
	enum source_kind kind;
	size_t from, to;
};

/* Start from { language, bytes, len }. */
struct source {
	enum source_language language;
	const char *bytes;
	size_t len, at;
};

/* Step on; SOURCE_END at the end, and from then on. */
struct source_token source_next(struct source *s);

#endif
