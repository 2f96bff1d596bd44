/*
 * cli/screen.h - text on a terminal: how wide it is, and that it does no harm.
 */
#ifndef CLI_SCREEN_H
#define CLI_SCREEN_H

#include "base/text.h"

/* The columns of the terminal behind `fd`; 0: it is none. 80 where it does not say. */
unsigned screen_columns(int fd);

/*
 * Add `text` as one line's part: what would move the cursor or change the
 * terminal becomes a blank or '?', what is not UTF-8 becomes U+FFFD.
 * `most`: so many columns, the last one is U+2026 if that cuts it; 0: any.
 * Returns how many columns were added.
 */
unsigned screen_add(struct text *t, const char *text, unsigned most);

/*
 * Add the text of a file: as it is, or, where it is shown on a terminal, each of its
 * lines as by screen_add.
 */
void screen_add_file(struct text *t, const char *text, bool to_terminal);

/* The same, but what is cut out is in the middle: of "shop/web" both names tell something. */
unsigned screen_add_ends(struct text *t, const char *text, unsigned most);

/*
 * Add `text`, broken between words into lines of at most `width` columns; every
 * line but the first starts with `indent` blanks.  A line break and an empty
 * line in it stay.
 */
void screen_wrap(struct text *t, const char *text, unsigned indent, unsigned width);

#endif
