/*
 * The parts of supabase/config.toml stand in sections, each with `port` and
 * `enabled`.  A reader that goes by lines is enough to find them: it knows
 * sections, keys, comments, and values that go over lines.
 * Source: toml.io, version 1.0.0; facts of the file: supabase's own template.
 */
#include <string.h>

#include "formats/scan.h"

static const struct part {
	const char *section, *service;
} parts[] = {
	{ "api", "supabase-api" },    { "db", "db" },
	{ "db.pooler", "pooler" },    { "studio", "supabase-studio" },
	{ "inbucket", "inbucket" },   { "local_smtp", "inbucket" }, /* older and newer word */
	{ "analytics", "analytics" },
};

/* Rationale: longer than any section or value that is looked for; a longer one is none. */
#define WORD_SIZE 64

struct toml {
	struct lines lines;
	const char *file;
	const char *closing; /* of a text over lines that is open; NULL: none */
	int brackets;	     /* of lists that are open */
	struct finding part; /* the section at hand; service "" if it is none of ours */
	bool disabled;
};

static const char *skip_blanks(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	return at;
}

/* Without blanks and quotes, as in [ "db" . pooler ]; "" if it is too long. */
static void copy_word(const char *at, const char *end, char ret[static WORD_SIZE])
{
	size_t len = 0;

	for (; at < end && len < WORD_SIZE; at++)
		if (!strchr(" \t\"'", *at))
			ret[len++] = *at;
	ret[len < WORD_SIZE ? len : 0] = '\0';
}

static bool fail_line(const struct toml *t, struct err *err, const char *what)
{
	return fail(err, ERR_INVALID, "%.200s:%u: %s", t->file, t->lines.number, what);
}

static void end_section(struct toml *t, struct findings *ret)
{
	if (t->part.service[0] && !t->disabled)
		findings_put(ret, &t->part);
}

static void start_section(struct toml *t, const char *name)
{
	t->disabled = false;
	t->part = (struct finding){ .nth = 1, .protocol = PROTO_TCP, .line = t->lines.number };
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (!strcmp(parts[i].section, name))
			memcpy(t->part.service, parts[i].service, strlen(parts[i].service) + 1);
}

static bool read_header(struct toml *t, const char *at, const char *end, struct findings *ret,
			struct err *err)
{
	const char *close = memchr(at, ']', (size_t)(end - at));
	char name[WORD_SIZE];

	if (!close)
		return fail_line(t, err, "a '[' without its ']'");
	end_section(t, ret);
	copy_word(at + 1, close, name);
	start_section(t, name);
	return true;
}

/* "54321", "54_321"; 0: something else, such as env(PORT). */
static uint16_t port_of(const char *at, const char *end)
{
	unsigned port = 0;

	for (; at < end && ((*at >= '0' && *at <= '9') || *at == '_'); at++) {
		if (*at != '_')
			port = port * 10 + (unsigned)(*at - '0');
		if (port > UINT16_MAX)
			return 0;
	}
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

static bool read_key(struct toml *t, const char *at, const char *end, struct err *err)
{
	const char *equals = memchr(at, '=', (size_t)(end - at)), *value;
	char key[WORD_SIZE];

	if (!equals)
		return fail_line(t, err, "neither '[section]' nor 'key = value'");
	copy_word(at, equals, key);
	value = skip_blanks(equals + 1, end);
	if (!strcmp(key, "port")) {
		t->part.port = port_of(value, end);
		t->part.line = t->lines.number;
	} else if (!strcmp(key, "enabled")) {
		t->disabled = end - value >= 5 && !memcmp(value, "false", 5);
	}
	follow(t, value, end);
	return true;
}

static bool read_line(struct toml *t, struct findings *ret, struct err *err)
{
	const char *end = t->lines.line + t->lines.len;
	const char *at = skip_blanks(t->lines.line, end);

	if (t->closing || t->brackets) {
		go_on(t, at, end);
		return true;
	}
	if (at == end || *at == '#')
		return true;
	return *at == '[' ? read_header(t, at, end, ret, err) : read_key(t, at, end, err);
}

bool scan_supabase(const char *bytes, size_t len, const char *file, struct findings *ret,
		   struct err *err)
{
	struct toml t = { .lines = { .rest = bytes, .left = len }, .file = file };

	if (!scan_is_text(bytes, len, file, err))
		return false;
	while (lines_next(&t.lines))
		if (!read_line(&t, ret, err))
			return false;
	end_section(&t, ret);
	return true;
}
