#include "cli/colour.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Source: ECMA-48, 8.3.117 SGR. */
static const char *const sequences[] = {
	[STYLE_PLAIN] = "",	   [STYLE_BOLD] = "\033[1m",	[STYLE_DIM] = "\033[2m",
	[STYLE_GOOD] = "\033[32m", [STYLE_WARN] = "\033[1;33m", [STYLE_BAD] = "\033[1;31m",
};
static_assert(ARRAY_LEN(sequences) == STYLE_COUNT, "a style has no sequence");

static bool is_set(const char *name)
{
	const char *value = getenv(name);

	return value && *value;
}

bool colour_is_on(enum colour_when when, int fd)
{
	const char *term = getenv("TERM");

	switch (when) {
	case COLOUR_ALWAYS: return true;
	case COLOUR_NEVER: return false;
	case COLOUR_AUTO: break;
	}
	return !is_set("NO_COLOR") && term && *term && strcmp(term, "dumb") && isatty(fd);
}

void colour_add(struct text *t, bool on, enum style style, const char *text)
{
	bool styled = on && style != STYLE_PLAIN && *text;

	if (styled)
		text_add(t, sequences[style]);
	text_add(t, text);
	if (styled)
		text_add(t, "\033[0m");
}
