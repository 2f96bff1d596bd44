/*
 * The text of a cell: from what is written to what is read, and back.
 */
#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "formats/md.h"

/* --- reading */

struct cell {
	const char *at;
	size_t len;
	bool struck, is_code;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void trim(struct cell *c)
{
	while (c->len && is_blank(*c->at)) {
		c->at++;
		c->len--;
	}
	while (c->len && is_blank(c->at[c->len - 1]))
		c->len--;
}

/* Take `mark` off both ends, if it is on both and nowhere between. */
static bool unwrap(struct cell *c, const char *mark)
{
	size_t n = strlen(mark);

	if (c->len <= 2 * n || memcmp(c->at, mark, n) || memcmp(c->at + c->len - n, mark, n) ||
	    c->at[c->len - n - 1] == '\\' || memmem(c->at + n, c->len - 2 * n, mark, n))
		return false;
	c->at += n;
	c->len -= 2 * n;
	return true;
}

/* "[text](where)" and "<where>": the text. */
static bool unwrap_link(struct cell *c)
{
	const char *middle = c->len > 4 && *c->at == '[' && c->at[c->len - 1] == ')'
				     ? memmem(c->at, c->len, "](", 2)
				     : NULL;

	if (middle && middle[-1] != '\\' &&
	    !memmem(middle + 2, (size_t)(c->at + c->len - middle - 2), "](", 2)) {
		c->at++;
		c->len = (size_t)(middle - c->at);
		return true;
	}
	if (c->len < 3 || *c->at != '<' || c->at[c->len - 1] != '>' ||
	    !memmem(c->at, c->len, "://", 3))
		return false;
	c->at++;
	c->len -= 2;
	return true;
}

/* Rationale: there are five kinds of marks, and nobody puts one into itself. */
#define MARKS_MAX 8

static void unwrap_all(struct cell *c)
{
	static const char *const marks[] = { "**", "__", "*", "_" };
	bool more = true;

	for (unsigned n = 0; more && n < MARKS_MAX && !c->is_code; n++) {
		trim(c);
		more = unwrap_link(c);
		for (size_t i = 0; !more && i < ARRAY_LEN(marks); i++)
			more = unwrap(c, marks[i]);
		if (!more && unwrap(c, "~~"))
			more = c->struck = true;
		if (!more)
			c->is_code = unwrap(c, "``") || unwrap(c, "`");
	}
	trim(c);
}

static void add_utf8(struct text *t, uint32_t c)
{
	char bytes[4];
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = n; i-- > 1; c >>= 6)
		bytes[i] = (char)(0x80 | (c & 0x3f));
	bytes[0] = (char)(lead[n] | c);
	text_add_bytes(t, bytes, n);
}

/* "&#124;" or "&#x7c;" behind the "&#": how long it is; 0: it stands for no character. */
static size_t eat_code(const char *at, size_t len, uint32_t *ret)
{
	bool hex = len && (*at == 'x' || *at == 'X');
	uint32_t c = 0;
	size_t i = hex;

	for (; i < len && i < 8 &&
	       (hex ? isxdigit((unsigned char)at[i]) : isdigit((unsigned char)at[i]));
	     i++) {
		unsigned digit = at[i] <= '9' ? (unsigned)(at[i] - '0')
					      : ((unsigned)at[i] | 0x20) - 'a' + 10;

		c = c * (hex ? 16 : 10) + digit;
	}
	if (i == hex || i == len || at[i] != ';' || !c || c > 0x10ffff ||
	    (c >= 0xd800 && c < 0xe000))
		return 0;
	*ret = c;
	return i + 1;
}

/* The entities that people write; all others stay as they are. Returns how long it is. */
static size_t add_entity(const char *at, size_t len, struct text *ret)
{
	static const struct {
		const char *name, *text;
	} entities[] = {
		{ "&amp;", "&" },   { "&lt;", "<" },   { "&gt;", ">" },	   { "&quot;", "\"" },
		{ "&apos;", "'" },  { "&nbsp;", " " }, { "&ndash;", "-" }, { "&vert;", "|" },
		{ "&mdash;", "-" }, { "<br>", "\n" },  { "<br/>", "\n" },  { "<br />", "\n" },
	};
	uint32_t c;
	size_t n;

	for (size_t i = 0; i < ARRAY_LEN(entities); i++) {
		n = strlen(entities[i].name);
		if (len < n || strncasecmp(at, entities[i].name, n))
			continue;
		text_add(ret, entities[i].text);
		return n;
	}
	n = len > 2 && at[0] == '&' && at[1] == '#' ? eat_code(at + 2, len - 2, &c) : 0;
	if (!n)
		return 0;
	add_utf8(ret, c);
	return n + 2;
}

/* One character, or what stands for one. Returns how long it is. */
static size_t add_inline(const struct cell *c, size_t i, struct text *ret)
{
	const char *at = c->at + i;
	size_t n = 0;

	if (*at == '\\' && i + 1 < c->len &&
	    (c->is_code ? at[1] == '|' : ispunct((unsigned char)at[1]))) {
		text_add_bytes(ret, at + 1, 1);
		return 2;
	}
	if (!c->is_code && (*at == '&' || *at == '<'))
		n = add_entity(at, c->len - i, ret);
	if (n)
		return n;
	text_add_bytes(ret, at, 1);
	return 1;
}

void md_plain(const char *cell, size_t len, struct text *ret, bool *ret_struck)
{
	struct cell c = { .at = cell, .len = len };

	unwrap_all(&c);
	for (size_t i = 0; i < c.len;)
		i += add_inline(&c, i, ret);
	*ret_struck = c.struck;
}

/* --- writing */

/* A '_' between letters starts no emphasis: my_app stays readable. */
static bool is_inside_word(const char *text, const char *at)
{
	return at > text && isalnum((unsigned char)at[-1]) && isalnum((unsigned char)at[1]);
}

/* Would a reader trim it, or take it for something else? */
static bool needs_entity(const char *text, const char *at)
{
	bool at_edge = at == text || !at[1];

	return (unsigned char)*at < 0x20 || *at == 0x7f || (*at == ' ' && at_edge);
}

/* "<br>" is what people read; at the start, "<br>http://a<br>" would be a link. */
static bool is_break(const char *text, const char *at)
{
	return *at == '\n' && at > text;
}

/* Dashes alone stand for nothing. */
static bool needs_backslash(const char *text, const char *at)
{
	if (*at == '_')
		return !is_inside_word(text, at);
	if (*at == '-')
		return at == text && !text[strspn(text, "-")];
	return strchr("\\|`*[]<&~", *at);
}

void md_add_cell(struct text *t, const char *text)
{
	if (!strcmp(text, "\u2013") || !strcmp(text, "\u2014")) { /* as '-' above */
		text_add(t, text[2] == '\x93' ? "&#8211;" : "&#8212;");
		return;
	}
	for (const char *p = text; *p; p++) {
		if (is_break(text, p))
			text_add(t, "<br>");
		else if (needs_entity(text, p))
			text_addf(t, "&#%d;", *p);
		else if (needs_backslash(text, p))
			text_addf(t, "\\%c", *p);
		else
			text_add_bytes(t, p, 1);
	}
}
