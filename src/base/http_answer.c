#include "base/http_answer.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/cursor.h"

/* Rationale: the longest line we make sense of is Content-Length; others are passed over. */
#define LINE_SIZE 256

/* The rest of the bytes that are not read yet. */
struct rest {
	const char *at;
	size_t len;
};

/* A line without its end, "\r\n" or "\n"; false: there is no whole line. */
static bool eat_line(struct rest *rest, struct rest *ret)
{
	const char *end = rest->len ? memchr(rest->at, '\n', rest->len) : NULL;
	size_t len;

	if (!end)
		return false;
	len = (size_t)(end - rest->at);
	*ret = (struct rest){ rest->at, len && rest->at[len - 1] == '\r' ? len - 1 : len };
	rest->at += len + 1;
	rest->len -= len + 1;
	return true;
}

/* As a string, cut where it is long. */
static const char *line_text(struct rest line, char ret[static LINE_SIZE])
{
	size_t len = line.len < LINE_SIZE ? line.len : LINE_SIZE - 1;

	memcpy(ret, line.at, len);
	ret[len] = '\0';
	return ret;
}

/* "HTTP/1.0 200 OK" */
static bool eat_status(struct rest *rest, unsigned *ret)
{
	char text[LINE_SIZE] = { 0 };
	const char *at = text;
	struct rest line;
	uint64_t minor, status;

	if (!eat_line(rest, &line))
		return false;
	line_text(line, text);
	if (!eat_word(&at, "HTTP/1.") || !eat_number(&at, 9, &minor) || !eat_char(&at, ' ') ||
	    !eat_number(&at, 999, &status) || status < 100 || (*at && *at != ' '))
		return false;
	*ret = (unsigned)status;
	return true;
}

/* The value of a header of that name; NULL: it is another. */
static const char *value_of(const char *line, const char *name)
{
	size_t len = strlen(name);

	if (strncasecmp(line, name, len) != 0 || line[len] != ':')
		return NULL;
	return line + len + 1 + strspn(line + len + 1, " \t");
}

static bool fail_answer(struct err *err, const char *why)
{
	return fail(err, ERR_INVALID, "the answer %s", why);
}

/* Up to the empty line that ends them. */
static bool eat_headers(struct rest *rest, uint64_t *ret_length, struct err *err)
{
	char text[LINE_SIZE];
	struct rest line;
	const char *value;

	while (eat_line(rest, &line)) {
		if (line.len == 0)
			return true;
		value = value_of(line_text(line, text), "Content-Length");
		if (value &&
		    (!eat_number(&value, SIZE_MAX, ret_length) || !eat_blanks(&value) || *value))
			return fail_answer(err, "does not say how long it is");
		if (value_of(text, "Transfer-Encoding"))
			return fail_answer(err, "is in pieces, which was not asked for");
	}
	return fail_answer(err, "ends before its contents");
}

bool http_answer_parse(const char *bytes, size_t len, struct http_answer *ret, struct err *err)
{
	struct rest rest = { bytes, len };
	uint64_t length = UINT64_MAX;
	unsigned status;

	if (!eat_status(&rest, &status))
		return fail_answer(err, "is none of HTTP");
	if (!eat_headers(&rest, &length, err))
		return false;
	if (length != UINT64_MAX && length > rest.len)
		return fail_answer(err, "was cut short");
	*ret = (struct http_answer){ status, rest.at, length < rest.len ? length : rest.len };
	return true;
}
