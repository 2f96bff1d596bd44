#include "formats/mention.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

static const char *const kind_names[] = {
	[MENTION_BINDS] = "binds",	 [MENTION_SETTING] = "setting", [MENTION_PASSES] = "passes",
	[MENTION_TEMPLATE] = "template", [MENTION_CODE] = "code",	[MENTION_INSIDE] = "inside",
};
static_assert(ARRAY_LEN(kind_names) == MENTION_KIND_COUNT, "a kind of mention has no name");

const char *mention_kind_name(enum mention_kind kind)
{
	return kind_names[kind];
}

bool mention_kind_from_name(const char *name, enum mention_kind *ret)
{
	for (unsigned i = 0; i < MENTION_KIND_COUNT; i++)
		if (!strcmp(kind_names[i], name)) {
			*ret = (enum mention_kind)i;
			return true;
		}
	return false;
}

void mention_set_words(struct mention *x, const char *words, size_t len)
{
	len = len < sizeof(x->words) ? len : sizeof(x->words) - 1;
	while (len && ((unsigned char)words[len] & 0xc0) == 0x80)
		len--;
	memcpy(x->words, words, len);
	x->words[len] = '\0';
}

uint16_t mention_port(const char *bytes, size_t len)
{
	unsigned port = 0;

	if (!len || len > 5)
		return 0;
	for (size_t i = 0; i < len; i++) {
		if (!isdigit((unsigned char)bytes[i]))
			return 0;
		port = port * 10 + (unsigned)(bytes[i] - '0');
	}
	return port <= UINT16_MAX ? (uint16_t)port : 0;
}

static void step_to(struct mentions *m, size_t at)
{
	const char *end;

	if (at < m->line_start) {
		m->line_start = 0;
		m->lines_before = 0;
		m->column = 0;
	}
	while ((end = memchr(m->bytes + m->line_start, '\n', at - m->line_start))) {
		m->line_start = (size_t)(end - m->bytes) + 1;
		m->lines_before++;
		m->column = 0;
	}
}

/* Characters are counted, as editors and SARIF's unicodeCodePoints do. */
static unsigned column_of(struct mentions *m, size_t at)
{
	if (!m->column || m->column_at > at) {
		m->column_at = m->line_start;
		m->column = 1;
	}
	for (; m->column_at < at; m->column_at++)
		m->column += ((unsigned char)m->bytes[m->column_at] & 0xc0) != 0x80;
	return m->column;
}

bool mentions_tell(struct mentions *m, struct mention x)
{
	step_to(m, x.at);
	x.line = m->lines_before + 1;
	x.column = column_of(m, x.at);
	if (!x.nth)
		x.nth = 1;
	return m->fn(&x, m->arg);
}
