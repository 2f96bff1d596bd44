#include "cli/output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/piece.h"
#include "cli/screen.h"
#include "operations/operation.h"

#define PROGRAM "portbook"

bool output_has_colour(const struct output *o)
{
	return colour_is_on(o->colour, STDOUT_FILENO);
}

void output_styled(struct output *o, enum style style, const char *text)
{
	CLEANUP(piece_cleanup) struct piece safe = { .of = &o->text };

	screen_add(&safe.text, text, 0);
	colour_add(&o->text, style != STYLE_PLAIN && output_has_colour(o), style,
		   text_str(&safe.text));
}

void output_note(struct output *o, const char *format, ...)
{
	CLEANUP(piece_cleanup) struct piece note = { .of = &o->notes };
	char buffer[ERR_TEXT_SIZE + ERR_HINT_SIZE];
	va_list args;

	if (o->quiet || o->json)
		return;
	va_start(args, format);
	vsnprintf(buffer, sizeof(buffer), format, args);
	va_end(args);
	screen_add(&note.text, buffer, 0);
	text_addf(&o->notes, PROGRAM ": note: %s\n", text_str(&note.text));
}

bool output_json(struct output *o, const json_t *json, struct err *err)
{
	size_t flags = isatty(STDOUT_FILENO) ? JSON_INDENT(2) : JSON_COMPACT;

	text_clear(&o->text);
	text_add_json(&o->text, json, flags);
	text_add(&o->text, "\n");
	return text_ok(&o->text) || fail_memory(err);
}

/* The lines of a hint are indented; the first word of an error stands out. */
static void add_error(struct output *o, const struct err *err)
{
	bool colour = colour_is_on(o->colour, STDERR_FILENO);
	char hint[ERR_HINT_SIZE], *rest = hint;

	colour_add(&o->notes, colour, STYLE_BAD, PROGRAM ":");
	text_add(&o->notes, " ");
	screen_add(&o->notes, err->text, 0);
	text_add(&o->notes, "\n");
	memcpy(hint, err->hint, sizeof(hint));
	while (rest && *rest) {
		text_add(&o->notes, "  ");
		screen_add(&o->notes, strsep(&rest, "\n"), 0);
		text_add(&o->notes, "\n");
	}
}

void output_error(struct output *o, const struct err *err)
{
	CLEANUP(json_cleanup) json_t *json = NULL;

	if (!err->text[0])
		return;
	if (!o->json) {
		add_error(o, err);
		return;
	}
	json = operation_error(err);
	if (!json || !output_json(o, json, NULL))
		add_error(o, err);
}

/* False with errno when not all could be written. */
static bool write_all(int fd, struct text *t)
{
	size_t done = 0;

	while (done < t->len) {
		ssize_t n = write(fd, t->s + done, t->len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		done += (size_t)n;
	}
	text_clear(t);
	return true;
}

void output_flush_notes(struct output *o)
{
	/* There is nobody to tell that stderr cannot be written to. */
	if (!write_all(STDERR_FILENO, &o->notes))
		text_clear(&o->notes);
}

/* What is wrong with stdout is said by the caller; where nobody reads any more, by nobody. */
static bool fail_stdout(int why, struct err *err)
{
	if (why == EPIPE)
		return fail(err, ERR_IO, "%s", "");
	fail(err, ERR_IO, "the answer cannot be written: %s", strerror(why));
	return fail_hint(err, "what was asked is done; ask again to see it");
}

bool output_flush(struct output *o, struct err *err)
{
	bool ok = (text_ok(&o->text) && text_ok(&o->notes)) || fail_memory(err);

	if (ok && !write_all(STDOUT_FILENO, &o->text))
		ok = fail_stdout(errno, err);
	output_flush_notes(o);
	return ok;
}

void output_release(struct output *o)
{
	text_release(&o->text);
	text_release(&o->notes);
}
