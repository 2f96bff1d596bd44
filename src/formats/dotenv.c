#include "formats/dotenv.h"

#include <ctype.h>
#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '-';
}

static size_t skip_blanks(const struct dotenv *d, size_t at, size_t end)
{
	while (at < end && is_blank(d->bytes[at]))
		at++;
	return at;
}

/* Where the line at `at` ends: at its '\n', or at the end of all. */
static size_t line_end(const struct dotenv *d, size_t at)
{
	const char *end = memchr(d->bytes + at, '\n', d->len - at);

	return end ? (size_t)(end - d->bytes) : d->len;
}

/* The name and the '=' after it; `*at` is then behind the '='. */
static bool eat_name(const struct dotenv *d, size_t *at, size_t end, struct dotenv_item *ret)
{
	size_t i = *at;

	ret->name = i;
	while (i < end && is_word(d->bytes[i]))
		i++;
	ret->name_len = i - ret->name;
	i = skip_blanks(d, i, end);
	if (!ret->name_len || i == end || d->bytes[i] != '=')
		return false;
	*at = i + 1;
	return true;
}

static size_t skip_export(const struct dotenv *d, size_t at, size_t end)
{
	if (end - at > 6 && !memcmp(d->bytes + at, "export", 6) && is_blank(d->bytes[at + 6]))
		return skip_blanks(d, at + 6, end);
	return at;
}

/* The quote that closes the one at `at`, on whatever line; len: there is none. */
static size_t closing_quote(const struct dotenv *d, size_t at)
{
	char quote = d->bytes[at];

	for (at++; at < d->len && d->bytes[at] != quote; at++)
		if (quote == '"' && d->bytes[at] == '\\' && at + 1 < d->len)
			at++;
	return at;
}

/* Where a value without quotes ends that goes on at `at`: a blank and a '#', or the line's end. */
static size_t plain_end(const struct dotenv *d, size_t at, size_t end)
{
	size_t start = at;

	while (at < end && !(d->bytes[at] == '#' && is_blank(d->bytes[at - 1])))
		at++;
	while (at > start && is_blank(d->bytes[at - 1]))
		at--;
	return at;
}

/*
 * A value in quotes.  A quote that opens is closed by the next one, whatever
 * stands between them: so no value can be changed that another one's quotes
 * hold, and changing one never changes where another ends.
 */
static bool eat_quoted(const struct dotenv *d, size_t at, struct dotenv_item *ret, size_t *ret_end)
{
	size_t close, end, after;

	if (at == d->len || !d->bytes[at] || !strchr("\"'`", d->bytes[at]))
		return false;
	close = closing_quote(d, at);
	ret->is_open = close >= d->len;
	if (ret->is_open)
		return false;
	*ret_end = end = line_end(d, close);
	after = skip_blanks(d, close + 1, end);
	if (after == end || d->bytes[after] == '#' || d->bytes[after] == ';') {
		ret->quote = d->bytes[at];
		ret->value = at + 1;
		ret->value_len = close - ret->value;
	} else { /* 'a'b: the quotes are a part of it */
		ret->value = at;
		ret->value_len = plain_end(d, close + 1, end) - at;
	}
	return true;
}

/*
 * Digits that something other than a word follows are a value by themselves:
 * of "WEB_PORT=3000; export X=1" no more than the number is replaced.
 */
static size_t digits_length(const struct dotenv *d, size_t at, size_t end)
{
	size_t i = at;

	while (i < end && isdigit((unsigned char)d->bytes[i]))
		i++;
	if (i == end || !(is_blank(d->bytes[i]) || d->bytes[i] == ';' || d->bytes[i] == '&' ||
			  d->bytes[i] == '#'))
		return 0;
	return i - at;
}

static void eat_plain(const struct dotenv *d, size_t at, size_t end, struct dotenv_item *ret)
{
	size_t start = skip_blanks(d, at, end);

	ret->value = start;
	ret->value_len = digits_length(d, start, end);
	if (!ret->value_len)
		ret->value_len = plain_end(d, start, end) - start;
	if (!ret->value_len)
		ret->value = at; /* nothing yet: it goes right behind the '=' */
}

static void step_past(struct dotenv *d, size_t end)
{
	for (; d->at <= end && d->at < d->len; d->at++)
		d->line += d->bytes[d->at] == '\n';
}

bool dotenv_next(struct dotenv *d, struct dotenv_item *ret)
{
	while (d->at < d->len) {
		bool marked = d->at == 0 && d->len >= 3 && !memcmp(d->bytes, "\xef\xbb\xbf", 3);
		size_t end = line_end(d, d->at);
		size_t at = skip_blanks(d, d->at + (marked ? 3 : 0), end);
		struct dotenv_item item = { .line = d->line + 1 };

		at = skip_export(d, at, end);
		if (!eat_name(d, &at, end, &item)) {
			step_past(d, end);
			continue;
		}
		if (!eat_quoted(d, skip_blanks(d, at, end), &item, &end))
			eat_plain(d, at, end, &item);
		step_past(d, end);
		*ret = item;
		return true;
	}
	return false;
}
