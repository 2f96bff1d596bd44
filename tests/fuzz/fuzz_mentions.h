/*
 * fuzz/fuzz_mentions.h - what must be true of every reader of mentions.
 *
 * A mention is a port, on a line of the file, and the number that may be replaced is that
 * port's; what is refused is refused with its line.
 */
#ifndef FUZZ_FUZZ_MENTIONS_H
#define FUZZ_FUZZ_MENTIONS_H

#include "base/utf8.h"
#include "formats/mention.h"
#include "formats/scan.h"
#include "fuzz.h"

struct fuzz_mentions {
	const char *text;
	size_t size;
	unsigned lines;
};

/* "3000", or "3_000" as TOML has it. */
static inline bool fuzz_is_number(const char *text, size_t len, uint16_t port)
{
	unsigned n = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '_')
			continue;
		if (text[i] < '0' || text[i] > '9')
			return false;
		n = n * 10 + (unsigned)(text[i] - '0');
	}
	return n == port;
}

static inline bool fuzz_mention(const struct mention *m, void *arg)
{
	const struct fuzz_mentions *f = arg;
	unsigned line = 1;

	MUST(m->port && m->line >= 1 && m->line <= f->lines && m->column >= 1 && m->nth >= 1);
	MUST(m->at <= f->size && m->len <= f->size - m->at);
	MUST(m->protocol == PROTO_TCP || m->protocol == PROTO_UDP);
	MUST(utf8_is_valid(m->words, strlen(m->words)));
	MUST(m->is_fixed || (m->len && fuzz_is_number(f->text + m->at, m->len, m->port)));
	for (size_t i = 0; i < m->at; i++)
		line += f->text[i] == '\n';
	MUST(m->line == line);
	return true;
}

static inline void fuzz_mentions(mentions_fn *read, const char *text, size_t size)
{
	struct fuzz_mentions f = { .text = text, .size = size, .lines = 1 };
	struct mentions m = {
		.bytes = text, .len = size, .file = "f", .fn = fuzz_mention, .arg = &f
	};
	struct err err = { 0 };

	/* Lines are counted for each mention. */
	if (size > 4096 || !scan_is_text(text, size, "f", NULL))
		return;
	for (size_t i = 0; i < size; i++)
		f.lines += text[i] == '\n';
	if (!read(&m, &err))
		MUST(err.code == ERR_INVALID && !strncmp(err.text, "f:", 2));
}

#endif
