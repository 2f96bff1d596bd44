/*
 * formats/md.h - the tables and headings of a Markdown text.
 *
 * Tables are those of GitHub Flavored Markdown, which are what every editor
 * and site shows as one.  Code, HTML and prose are stepped over.
 * May include: ports, base.
 */
#ifndef FORMATS_MD_H
#define FORMATS_MD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "formats/scan.h"

enum md_kind {
	MD_HEADING, /* "## text" */
	MD_HEAD,    /* the first line of a table, with its titles */
	MD_ROW,
};

/* One line, borrowed from the text. */
struct md_line {
	const char *at;
	size_t len;
	unsigned number; /* from 1 */
	unsigned quotes; /* how many '>' stood before it */
};

/* Start from { .lines = { .rest = bytes, .left = len } }; the text is valid UTF-8. */
struct md {
	/* The piece at hand. */
	enum md_kind kind;
	struct md_line line; /* of a heading without its '#'s */
	unsigned level;	     /* of a heading, 1 to 6 */

	struct lines lines;
	struct md_line previous; /* a line that may be a table's head; len 0: none */
	bool in_table;
	char fence; /* '`' or '~': in a code block; 0: not in one */
	size_t fence_len;
	unsigned fence_quotes;
	const char *html_end; /* what ends the HTML that we are in; NULL: in none */
};

/* Step on to the next heading or line of a table; false when there are no more. */
bool md_next(struct md *m);

/* The cells of a head or a row: start from md_cells_of. */
struct md_cells {
	const char *at, *end;
	bool done;
};
struct md_cells md_cells_of(const struct md_line *line);

/* The next cell as it is written, without blanks around it; false when there are no more. */
bool md_cell_next(struct md_cells *c, const char **ret, size_t *ret_len);

/*
 * What a reader sees of inline Markdown, added to `ret`: no backslashes before
 * punctuation, no **bold**, `code` or [links](to) around all of it, no &amp;
 * entities; <br> is a newline.  `*ret_struck`: all of it is ~~struck out~~.
 */
void md_plain(const char *cell, size_t len, struct text *ret, bool *ret_struck);

/* Add `text` so that a cell of a table shows it, and md_plain of the cell is it. */
void md_add_cell(struct text *t, const char *text);

#endif
