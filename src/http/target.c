#include "http/target.h"

#include <string.h>

#include "base/utf8.h"

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* "%41" is 65; anything else, and NUL, is -1. */
static int percent_byte(const char *at, const char *end)
{
	int high, low;

	if (end - at < 3)
		return -1;
	high = digit_of(at[1]);
	low = digit_of(at[2]);
	return high < 0 || low < 0 || (high | low) == 0 ? -1 : high * 16 + low;
}

/* A piece of the target without its percent signs; in a query a plus is a blank. */
static bool decode(const char *at, size_t len, bool in_query, struct arena *a, const char **ret,
		   struct err *err)
{
	const char *end = at + len;
	char *text = arena_alloc(a, len + 1), *to = text;

	if (!text)
		return fail_memory(err);
	for (; at < end; at++) {
		int byte = *at != '%' ? (unsigned char)*at : percent_byte(at, end);

		if (byte < 0)
			return fail(err, ERR_INVALID,
				    "'%%' without two digits, or NUL, in the URL");
		*to++ = in_query && *at == '+' ? ' ' : (char)byte;
		at += *at == '%' ? 2 : 0;
	}
	if (!utf8_is_valid(text, (size_t)(to - text)))
		return fail(err, ERR_INVALID, "the URL is not UTF-8");
	*ret = text;
	return true;
}

static bool add_segment(struct target *t, const char *at, size_t len, struct arena *a,
			struct err *err)
{
	if (!len)
		return fail(err, ERR_INVALID, "the URL's path has an empty part");
	if (t->count == TARGET_SEGMENTS)
		return fail(err, ERR_INVALID, "the URL's path has more than %d parts",
			    TARGET_SEGMENTS);
	return decode(at, len, false, a, &t->segments[t->count++], err);
}

/* "/a/b"; "/" alone has none. */
static bool parse_path(const char *at, const char *end, struct arena *a, struct target *t,
		       struct err *err)
{
	if (at == end || *at != '/')
		return fail(err, ERR_INVALID, "the URL's path does not begin with '/'");
	for (at++; at < end || t->count;) {
		size_t len = strcspn(at, "/");

		len = at + len > end ? (size_t)(end - at) : len;
		if (!add_segment(t, at, len, a, err))
			return false;
		if (at + len == end)
			return true;
		at += len + 1;
	}
	return true;
}

static bool add_pair(struct target *t, const char *at, size_t len, struct arena *a, struct err *err)
{
	const char *equals = memchr(at, '=', len), *name, *value = "true";
	size_t name_len = equals ? (size_t)(equals - at) : len;

	if (!decode(at, name_len, true, a, &name, err) ||
	    (equals && !decode(equals + 1, len - name_len - 1, true, a, &value, err)))
		return false;
	if (!*name)
		return fail(err, ERR_INVALID, "the URL's query has a value without a name");
	if (json_object_get(t->query, name))
		return fail(err, ERR_INVALID, "'%.80s' is twice in the URL's query", name);
	return json_put(t->query, name, json_string(value)) || fail_memory(err);
}

static bool parse_query(const char *at, struct arena *a, struct target *t, struct err *err)
{
	while (*at) {
		size_t len = strcspn(at, "&");

		if (len && !add_pair(t, at, len, a, err))
			return false;
		at += len + (at[len] == '&');
	}
	return true;
}

bool target_parse(const char *text, struct arena *a, struct target *ret, struct err *err)
{
	CLEANUP(target_release) struct target t = { .query = json_object() };
	const char *end = text + strcspn(text, "?");

	if (!t.query)
		return fail_memory(err);
	if (strlen(text) > TARGET_MAX)
		return fail(err, ERR_INVALID, "the URL is longer than %d bytes", TARGET_MAX);
	if (!parse_path(text, end, a, &t, err) || (*end && !parse_query(end + 1, a, &t, err)))
		return false;
	*ret = t;
	t.query = NULL;
	return true;
}

void target_release(struct target *t)
{
	json_decref(t->query);
	t->query = NULL;
}
