/*
 * cli/output.h - what is said: stdout at the end, in one piece; notes and errors on stderr.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/colour.h"

struct output {
	struct text text;  /* stdout, not yet written */
	struct text notes; /* stderr, not yet written */
	bool json;	   /* stdout gets one JSON object, stderr nothing */
	bool quiet;	   /* no notes */
	enum colour_when colour;
};

/* Add to stdout, made safe as by screen_add, in a style if stdout shows it. */
void output_styled(struct output *o, enum style style, const char *text);

/* Whether stdout shows colours. */
bool output_has_colour(const struct output *o);

/* "portbook: note: ..." on stderr; nothing with --quiet or --json. */
void output_note(struct output *o, const char *format, ...) PRINTF_LIKE(2, 3);

/* The whole of stdout is this object, indented on a terminal. */
MUST_CHECK bool output_json(struct output *o, const json_t *json, struct err *err);

/* Say why it failed: with --json as the object on stdout, else on stderr. */
void output_error(struct output *o, const struct err *err);

/*
 * Write what is waiting: stdout, then the notes, which may be a question about it.
 * Errors: ERR_IO  stdout cannot be written to; the text is "" where nobody reads any more (EPIPE)
 */
MUST_CHECK bool output_flush(struct output *o, struct err *err);

/* Write the notes that are waiting, before a question is asked or another program speaks. */
void output_flush_notes(struct output *o);

/* Frees what it holds; what was not written is lost. */
void output_release(struct output *o);

#endif
