#include "cli/screen.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

#define REPLACEMENT 0xfffdu

/* Rationale: what a terminal has that does not say (a serial line, a pty without a size). */
#define USUAL_COLUMNS 80

struct span {
	uint32_t first, last;
};

/*
 * Source: Unicode 14.0, EastAsianWidth.txt, W and F, neighbours joined.  Not wcwidth(), which
 * knows nothing before setlocale() has read a locale from disk.
 */
static const struct span wide[] = {
	{ 0x1100, 0x115f },   { 0x231a, 0x231b },   { 0x2329, 0x232a },	  { 0x23e9, 0x23ec },
	{ 0x23f0, 0x23f0 },   { 0x23f3, 0x23f3 },   { 0x25fd, 0x25fe },	  { 0x2614, 0x2615 },
	{ 0x2648, 0x2653 },   { 0x267f, 0x267f },   { 0x2693, 0x2693 },	  { 0x26a1, 0x26a1 },
	{ 0x26aa, 0x26ab },   { 0x26bd, 0x26be },   { 0x26c4, 0x26c5 },	  { 0x26ce, 0x26ce },
	{ 0x26d4, 0x26d4 },   { 0x26ea, 0x26ea },   { 0x26f2, 0x26f3 },	  { 0x26f5, 0x26f5 },
	{ 0x26fa, 0x26fa },   { 0x26fd, 0x26fd },   { 0x2705, 0x2705 },	  { 0x270a, 0x270b },
	{ 0x2728, 0x2728 },   { 0x274c, 0x274c },   { 0x274e, 0x274e },	  { 0x2753, 0x2755 },
	{ 0x2757, 0x2757 },   { 0x2795, 0x2797 },   { 0x27b0, 0x27b0 },	  { 0x27bf, 0x27bf },
	{ 0x2b1b, 0x2b1c },   { 0x2b50, 0x2b50 },   { 0x2b55, 0x2b55 },	  { 0x2e80, 0x3029 },
	{ 0x302e, 0x303e },   { 0x3041, 0x3098 },   { 0x309b, 0x4dbf },	  { 0x4e00, 0xa4c6 },
	{ 0xa960, 0xa97c },   { 0xac00, 0xd7a3 },   { 0xf900, 0xfaff },	  { 0xfe10, 0xfe19 },
	{ 0xfe30, 0xfe6b },   { 0xff01, 0xff60 },   { 0xffe0, 0xffe6 },	  { 0x16fe0, 0x18cff },
	{ 0x1aff0, 0x1b2fb }, { 0x1f004, 0x1f004 }, { 0x1f0cf, 0x1f0cf }, { 0x1f18e, 0x1f18e },
	{ 0x1f191, 0x1f19a }, { 0x1f200, 0x1f320 }, { 0x1f32d, 0x1f335 }, { 0x1f337, 0x1f37c },
	{ 0x1f37e, 0x1f393 }, { 0x1f3a0, 0x1f3ca }, { 0x1f3cf, 0x1f3d3 }, { 0x1f3e0, 0x1f3f0 },
	{ 0x1f3f4, 0x1f3f4 }, { 0x1f3f8, 0x1f43e }, { 0x1f440, 0x1f440 }, { 0x1f442, 0x1f4fc },
	{ 0x1f4ff, 0x1f53d }, { 0x1f54b, 0x1f54e }, { 0x1f550, 0x1f567 }, { 0x1f57a, 0x1f57a },
	{ 0x1f595, 0x1f596 }, { 0x1f5a4, 0x1f5a4 }, { 0x1f5fb, 0x1f64f }, { 0x1f680, 0x1f6c5 },
	{ 0x1f6cc, 0x1f6cc }, { 0x1f6d0, 0x1f6d2 }, { 0x1f6d5, 0x1f6df }, { 0x1f6eb, 0x1f6ec },
	{ 0x1f6f4, 0x1f6fc }, { 0x1f7e0, 0x1f7f0 }, { 0x1f90c, 0x1f93a }, { 0x1f93c, 0x1f945 },
	{ 0x1f947, 0x1f9ff }, { 0x1fa70, 0x1faff }, { 0x20000, 0x3fffd },
};

/* Source: the same, DerivedGeneralCategory.txt, Mn and Me: those of the scripts in daily use. */
static const struct span no_width[] = {
	{ 0x0300, 0x036f },   { 0x0483, 0x0489 }, { 0x0591, 0x05bd }, { 0x05bf, 0x05bf },
	{ 0x05c1, 0x05c2 },   { 0x05c4, 0x05c5 }, { 0x0610, 0x061a }, { 0x064b, 0x065f },
	{ 0x0670, 0x0670 },   { 0x06d6, 0x06dc }, { 0x06df, 0x06e4 }, { 0x06e7, 0x06e8 },
	{ 0x06ea, 0x06ed },   { 0x0900, 0x0902 }, { 0x093a, 0x093a }, { 0x093c, 0x093c },
	{ 0x0941, 0x0948 },   { 0x094d, 0x094d }, { 0x0951, 0x0957 }, { 0x0e31, 0x0e31 },
	{ 0x0e34, 0x0e3a },   { 0x0e47, 0x0e4e }, { 0x1ab0, 0x1ace }, { 0x1dc0, 0x1dff },
	{ 0x200b, 0x200d },   { 0x2060, 0x2060 }, { 0x20d0, 0x20f0 }, { 0x302a, 0x302d },
	{ 0x3099, 0x309a },   { 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f }, { 0xfeff, 0xfeff },
	{ 0xe0100, 0xe01ef },
};

/* They change the terminal, or the order in which the line is read (UAX 9, section 2). */
static const struct span harmful[] = {
	{ 0x0000, 0x001f }, { 0x007f, 0x009f }, { 0x200e, 0x200f },
	{ 0x2028, 0x202e }, { 0x2066, 0x2069 }, { 0xe0001, 0xe007f },
};

static bool is_in(uint32_t c, const struct span *spans, size_t n)
{
	size_t low = 0;

	while (low < n) {
		size_t middle = low + (n - low) / 2;

		if (spans[middle].last < c)
			low = middle + 1;
		else if (spans[middle].first > c)
			n = middle;
		else
			return true;
	}
	return false;
}

/*
 * Eat one character, or one byte that starts none.
 * Source: RFC 3629 section 3; overlong forms and surrogates are refused.
 */
static uint32_t eat_character(const unsigned char **at)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = *at;
	unsigned len = *p < 0x80 ? 1 : *p >> 5 == 6 ? 2 : *p >> 4 == 14 ? 3 : *p >> 3 == 30 ? 4 : 0;
	uint32_t c;

	*at = p + 1;
	if (len <= 1)
		return len ? *p : REPLACEMENT;
	c = *p & (0x7fu >> len);
	for (unsigned i = 1; i < len; i++) {
		if (p[i] >> 6 != 2)
			return REPLACEMENT;
		c = c << 6 | (p[i] & 0x3fu);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return REPLACEMENT;
	*at = p + len;
	return c;
}

static bool is_blank(uint32_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static unsigned width_of(uint32_t c)
{
	if (c >= ' ' && c < 0x7f)
		return 1;
	if (is_in(c, harmful, ARRAY_LEN(harmful)))
		return 1;
	if (is_in(c, no_width, ARRAY_LEN(no_width)))
		return 0;
	return is_in(c, wide, ARRAY_LEN(wide)) ? 2 : 1;
}

/* The character, whose bytes are those from `from` to `to`, as it may be shown. */
static void add_character(struct text *t, uint32_t c, const unsigned char *from,
			  const unsigned char *to)
{
	if (is_blank(c))
		text_add(t, " ");
	else if (is_in(c, harmful, ARRAY_LEN(harmful)))
		text_add(t, "?");
	else if (c == REPLACEMENT)
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

unsigned screen_width(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	unsigned width = 0;

	while (*at)
		width += width_of(eat_character(&at));
	return width;
}

unsigned screen_add(struct text *t, const char *text, unsigned most)
{
	bool cut = most && screen_width(text) > most;
	unsigned room = cut ? most - 1 : 0, width = 0;
	const unsigned char *at = (const unsigned char *)text;

	while (*at) {
		const unsigned char *from = at;
		uint32_t c = eat_character(&at);

		if (cut && width + width_of(c) > room)
			break;
		width += width_of(c);
		add_character(t, c, from, at);
	}
	if (cut)
		text_add(t, "\xe2\x80\xa6");
	return width + cut;
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
