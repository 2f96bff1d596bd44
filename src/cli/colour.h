/*
 * cli/colour.h - when to use colours, and which there are.
 */
#ifndef CLI_COLOUR_H
#define CLI_COLOUR_H

#include <stdbool.h>

#include "base/text.h"

enum colour_when {
	COLOUR_AUTO, /* on a terminal that is not dumb, unless NO_COLOR is set */
	COLOUR_ALWAYS,
	COLOUR_NEVER,
};

enum style {
	STYLE_PLAIN,
	STYLE_BOLD,
	STYLE_DIM,
	STYLE_GOOD,
	STYLE_WARN,
	STYLE_BAD,
};
#define STYLE_COUNT 6

/*
 * Whether what is written to `fd` gets colours.
 * Source: https://no-color.org: NO_COLOR, when present and not empty.
 */
bool colour_is_on(enum colour_when when, int fd);

/* Add the text, between the style's escape sequences if `on`. */
void colour_add(struct text *t, bool on, enum style style, const char *text);

#endif
