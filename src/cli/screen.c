#include "cli/screen.h"

#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/glyph.h"
#include "cli/piece.h"

/* Rationale: what a terminal has that does not say (a serial line, a pty without a size). */
#define USUAL_COLUMNS 80

/* The character, whose bytes are those from `from` to `to`, as it may be shown. */
static void add_character(struct text *t, uint32_t c, const unsigned char *from,
			  const unsigned char *to)
{
	if (glyph_is_blank(c))
		text_add(t, " ");
	else if (glyph_is_harmful(c))
		text_add(t, "?");
	else if (c == GLYPH_REPLACEMENT)
		text_add(t, "\xef\xbf\xbd");
	else
		text_add_bytes(t, (const char *)from, (size_t)(to - from));
}

unsigned screen_columns(int fd)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) < 0)
		return 0;
	return size.ws_col ? size.ws_col : USUAL_COLUMNS;
}

unsigned screen_add(struct text *t, const char *text, unsigned most)
{
	bool cut = most && text_columns(text) > most;
	unsigned room = cut ? most - 1 : 0, width = 0;
	const unsigned char *at = (const unsigned char *)text;

	while (*at) {
		const unsigned char *from = at;
		uint32_t c = glyph_eat(&at);

		if (cut && width + glyph_width(c) > room)
			break;
		width += glyph_width(c);
		add_character(t, c, from, at);
	}
	if (cut)
		text_add(t, "\xe2\x80\xa6");
	return width + cut;
}

void screen_add_file(struct text *t, const char *text, bool to_terminal)
{
	while (to_terminal && *text) {
		CLEANUP(piece_cleanup) struct piece line = { .of = t };
		size_t len = strcspn(text, "\n");

		text_add_bytes(&line.text, text, len);
		screen_add(t, text_str(&line.text), 0);
		if (text[len])
			text_add(t, "\n");
		text += len + (text[len] == '\n');
	}
	text_add(t, text);
}

/* What is left of the text when it takes no more than `most` columns. */
static const char *last_columns(const char *text, unsigned most)
{
	unsigned total = text_columns(text);
	const unsigned char *at = (const unsigned char *)text;

	while (total > most)
		total -= glyph_width(glyph_eat(&at));
	return (const char *)at;
}

unsigned screen_add_ends(struct text *t, const char *text, unsigned most)
{
	unsigned tail = most / 2;

	if (!tail || text_columns(text) <= most)
		return screen_add(t, text, most);
	return screen_add(t, text, most - tail) + screen_add(t, last_columns(text, tail), 0);
}

/* The word's length in bytes; 0 at a blank or the end. */
static size_t word_length(const char *at)
{
	return strcspn(at, " \n");
}

void screen_wrap(struct text *t, const char *text, unsigned indent, unsigned width)
{
	unsigned column = indent;
	bool first = true;

	for (const char *at = text; *at; first = false) {
		size_t len = word_length(at);
		unsigned breaks = 0;

		if (!first && column > indent && column + 1 + len > width) {
			text_addf(t, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent && len) {
			text_add(t, " ");
			column++;
		}
		text_add_bytes(t, at, len);
		column += (unsigned)len;
		for (at += len; *at == ' ' || *at == '\n'; at++)
			breaks += *at == '\n';
		if (breaks) {
			text_add(t, breaks > 1 ? "\n\n" : "\n");
			text_addf(t, "%*s", *at ? (int)indent : 0, "");
			column = indent;
		}
	}
}
