#include "formats/toml.h"

#include <string.h>

static const char *skip_blanks(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	return at;
}

/* Without blanks and quotes, as in [ "db" . pooler ]; "" if it is too long. */
static void copy_word(const char *at, const char *end, char ret[static TOML_WORD_SIZE])
{
	size_t len = 0;

	for (; at < end && len < TOML_WORD_SIZE; at++)
		if (!strchr(" \t\"'", *at))
			ret[len++] = *at;
	ret[len < TOML_WORD_SIZE ? len : 0] = '\0';
}

static bool fail_line(const struct toml *t, struct err *err, const char *what)
{
	return fail(err, ERR_INVALID, "%.200s:%u: %s", t->file, t->lines.number, what);
}

uint16_t toml_port(const char *at, const char *end, const char **ret_end)
{
	unsigned port = 0;

	for (; at < end && ((*at >= '0' && *at <= '9') || *at == '_'); at++) {
		if (*at != '_')
			port = port * 10 + (unsigned)(*at - '0');
		if (port > UINT16_MAX)
			return 0;
	}
	*ret_end = at;
	at = skip_blanks(at, end);
	return at == end || *at == '#' ? (uint16_t)port : 0;
}

/* Past the text in quotes at `at`; a text in one line that does not end, ends with it. */
static const char *skip_quoted(const char *at, const char *end)
{
	char quote = *at++;

	for (; at < end && *at != quote; at++)
		if (quote == '"' && *at == '\\' && at + 1 < end)
			at++;
	return at < end ? at + 1 : end;
}

static const char *find(const char *at, const char *end, const char *what)
{
	return memmem(at, (size_t)(end - at), what, strlen(what));
}

/* Look at a value, or more of it, for what goes on in the next line. */
static void follow(struct toml *t, const char *at, const char *end)
{
	while (at < end && *at != '#') {
		if (end - at >= 3 && (!memcmp(at, "\"\"\"", 3) || !memcmp(at, "'''", 3))) {
			const char *quotes = *at == '"' ? "\"\"\"" : "'''";
			const char *close = find(at + 3, end, quotes);

			t->closing = close ? NULL : quotes;
			at = close ? close + 3 : end;
		} else if (*at == '"' || *at == '\'') {
			at = skip_quoted(at, end);
		} else {
			t->brackets += (*at == '[' || *at == '{') - (*at == ']' || *at == '}');
			at++;
		}
	}
	if (t->brackets < 0)
		t->brackets = 0;
}

/* More of a value that was open when the line began. */
static void go_on(struct toml *t, const char *at, const char *end)
{
	if (t->closing) {
		const char *close = find(at, end, t->closing);

		if (!close)
			return;
		at = close + 3;
		t->closing = NULL;
	}
	follow(t, at, end);
}

static bool read_header(struct toml *t, const char *at, const char *end, struct err *err)
{
	const char *close = memchr(at, ']', (size_t)(end - at));

	if (!close)
		return fail_line(t, err, "a '[' without its ']'");
	copy_word(at + 1, close, t->section);
	t->is_section = true;
	return true;
}

static bool read_key(struct toml *t, const char *at, const char *end, struct err *err)
{
	const char *equals = memchr(at, '=', (size_t)(end - at));

	if (!equals)
		return fail_line(t, err, "neither '[section]' nor 'key = value'");
	copy_word(at, equals, t->key);
	t->is_section = false;
	t->value = skip_blanks(equals + 1, end);
	t->end = end;
	follow(t, t->value, end);
	return true;
}

/* False in `*ret_shown` for lines of which callers see nothing. */
static bool read_line(struct toml *t, bool *ret_shown, struct err *err)
{
	const char *end = t->lines.line + t->lines.len;
	const char *at = skip_blanks(t->lines.line, end);

	*ret_shown = false;
	if (t->closing || t->brackets) {
		go_on(t, at, end);
		return true;
	}
	if (at == end || *at == '#')
		return true;
	*ret_shown = true;
	return *at == '[' ? read_header(t, at, end, err) : read_key(t, at, end, err);
}

bool toml_next(struct toml *t, bool *ret_more, struct err *err)
{
	bool shown = false;

	while (!shown) {
		*ret_more = lines_next(&t->lines);
		if (!*ret_more)
			return true;
		if (!read_line(t, &shown, err))
			return false;
	}
	return true;
}
