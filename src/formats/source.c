#include "formats/source.h"

#include <ctype.h>
#include <string.h>

static bool starts(const struct source *s, const char *what)
{
	size_t len = strlen(what);

	return s->len - s->at >= len && !memcmp(s->bytes + s->at, what, len);
}

static void skip_line(struct source *s)
{
	const char *end = memchr(s->bytes + s->at, '\n', s->len - s->at);

	s->at = end ? (size_t)(end - s->bytes) : s->len;
}

/* Past `what`, which ends something; without it, past all. */
static void skip_to(struct source *s, const char *what)
{
	const char *end = memmem(s->bytes + s->at, s->len - s->at, what, strlen(what));

	s->at = end ? (size_t)(end - s->bytes) + strlen(what) : s->len;
}

static bool skip_comment(struct source *s)
{
	if (s->language == SOURCE_PYTHON) {
		if (!starts(s, "#"))
			return false;
		skip_line(s);
		return true;
	}
	/* "//" of a URL in JSX's text ends the line too early, and no more. */
	if (starts(s, "//")) {
		skip_line(s);
		return true;
	}
	if (!starts(s, "/*"))
		return false;
	s->at += 2;
	skip_to(s, "*/");
	return true;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

/* Texts over lines: templates of JavaScript, raw ones of Go, """ of Python. */
static const char *long_quote(const struct source *s)
{
	static const char *const quotes[] = { "\"\"\"", "'''" };

	for (size_t i = 0; s->language == SOURCE_PYTHON && i < 2; i++)
		if (starts(s, quotes[i]))
			return quotes[i];
	return s->language != SOURCE_PYTHON && starts(s, "`") ? "`" : NULL;
}

static bool take_long_text(struct source *s, struct source_token *ret)
{
	const char *quote = long_quote(s);
	size_t len = quote ? strlen(quote) : 0, start = s->at + len;

	if (!quote)
		return false;
	s->at = start;
	skip_to(s, quote);
	/* A template is computed: what stands in it is told by nobody. */
	*ret = (struct source_token){ SOURCE_TEXT, start, start };
	return true;
}

static bool take_text(struct source *s, struct source_token *ret)
{
	char quote = s->bytes[s->at];
	size_t at = s->at + 1;

	if (quote != '"' && quote != '\'')
		return false;
	for (; at < s->len && s->bytes[at] != '\n' && s->bytes[at] != quote; at++)
		if (s->bytes[at] == '\\' && at + 1 < s->len && s->bytes[at + 1] != '\n')
			at++;
	if (at >= s->len || s->bytes[at] != quote)
		return false;
	*ret = (struct source_token){ SOURCE_TEXT, s->at + 1, at };
	s->at = at + 1;
	return true;
}

static struct source_token take_word(struct source *s)
{
	struct source_token t = { SOURCE_WORD, s->at, s->at };

	if (isdigit((unsigned char)s->bytes[s->at]))
		t.kind = SOURCE_NUMBER;
	while (s->at < s->len &&
	       (is_word(s->bytes[s->at]) || (t.kind == SOURCE_NUMBER && s->bytes[s->at] == '.')))
		s->at++;
	t.to = s->at;
	return t;
}

struct source_token source_next(struct source *s)
{
	struct source_token t;

	while (s->at < s->len && (isspace((unsigned char)s->bytes[s->at]) || skip_comment(s)))
		if (s->at < s->len && isspace((unsigned char)s->bytes[s->at]))
			s->at++;
	if (s->at >= s->len)
		return (struct source_token){ SOURCE_END, s->len, s->len };
	if (is_word(s->bytes[s->at]))
		return take_word(s);
	if (take_long_text(s, &t) || take_text(s, &t))
		return t;
	t = (struct source_token){ SOURCE_MARK, s->at, s->at + 1 };
	s->at++;
	return t;
}
