#include "formats/scan.h"

#include <string.h>

#include "base/utf8.h"

void findings_put(struct findings *f, const struct finding *finding)
{
	if (f->count < FINDINGS_MAX)
		f->items[f->count++] = *finding;
	else
		f->too_many = true;
}

void findings_add(struct findings *f, const char *words, uint16_t port, unsigned line)
{
	struct finding finding = { .nth = 1, .protocol = PROTO_TCP, .port = port, .line = line };

	if (name_from_words(words, finding.service))
		findings_put(f, &finding);
}

bool scan_is_text(const char *bytes, size_t len, const char *file, struct err *err)
{
	struct lines l = { .rest = bytes, .left = len };

	if (utf8_is_valid(bytes, len))
		return true;
	while (lines_next(&l))
		if (!utf8_is_valid(l.line, l.len))
			break;
	return fail(err, ERR_INVALID, "%.200s:%u: bytes that are not text", file, l.number);
}

/* Where the line ends: at "\n", "\r" or the end of all. */
static size_t line_length(const char *bytes, size_t len)
{
	size_t i = 0;

	while (i < len && bytes[i] != '\n' && bytes[i] != '\r')
		i++;
	return i;
}

bool lines_next(struct lines *l)
{
	if (!l->left)
		return false;
	l->line = l->rest;
	l->len = line_length(l->rest, l->left);
	l->end_len = l->len < l->left;
	if (l->left - l->len >= 2 && !memcmp(l->rest + l->len, "\r\n", 2))
		l->end_len = 2;
	l->rest += l->len + l->end_len;
	l->left -= l->len + l->end_len;
	l->number++;
	return true;
}
