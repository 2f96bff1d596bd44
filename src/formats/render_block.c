/*
 * A block of our lines in a file of somebody's.  Its marks are whole lines of
 * comment; the one that starts it also says whose it is, and what makes it anew:
 *
 *	# >>> portbook shop@1 dev (portbook config --format nginx --write) >>>
 *	# <<< portbook shop@1 dev <<<
 */
#include <stdio.h>
#include <string.h>

#include "formats/render.h"

/* Rationale: a mark's comment, and whose it is. */
#define MARK_SIZE 256

struct block {
	char start[MARK_SIZE], end[MARK_SIZE]; /* how the two lines begin */
	size_t from, to;		       /* the bytes between; from == to: there is none */
	unsigned start_line;		       /* 0: there is none */
	bool is_open;
};

static void make_marks(const struct block_marks *m, const char *key, struct block *b)
{
	*b = (struct block){ .from = 0 };
	snprintf(b->start, sizeof(b->start), "%s>>> portbook%s (", m->open, key);
	snprintf(b->end, sizeof(b->end), "%s<<< portbook%s <<<", m->open, key);
}

/* Blanks before it do not count: somebody's editor may have indented it. */
static bool begins_with(const struct lines *l, const char *mark)
{
	size_t len = strlen(mark), at = 0;

	while (at < l->len && (l->line[at] == ' ' || l->line[at] == '\t'))
		at++;
	return l->len - at >= len && !memcmp(l->line + at, mark, len);
}

static bool take_line(const struct lines *l, const struct file_bytes *old, struct block *b,
		      struct err *err)
{
	bool starts = begins_with(l, b->start), ends = begins_with(l, b->end);

	if (starts && b->start_line)
		return render_fail(err, old->name, l->number,
				   "our lines start here, as they do in line %u already",
				   b->start_line);
	if (ends && !b->is_open)
		return render_fail(err, old->name, l->number,
				   "our lines end here, and do not start before");
	if (starts) {
		b->start_line = l->number;
		b->from = (size_t)(l->line - old->bytes);
	}
	if (ends)
		b->to = (size_t)(l->rest - old->bytes);
	b->is_open = starts || (b->is_open && !ends);
	return true;
}

static bool find_block(const struct file_bytes *old, struct block *b, struct err *err)
{
	size_t marked = old->len >= 3 && !memcmp(old->bytes, "\xef\xbb\xbf", 3) ? 3 : 0;
	struct lines l = { .rest = old->bytes + marked, .left = old->len - marked };

	while (lines_next(&l))
		if (!take_line(&l, old, b, err))
			return false;
	return !b->is_open ||
	       render_fail(err, old->name, b->start_line, "our lines start here, and do not end");
}

void block_add(const struct block_marks *m, const char *key, const char *command,
	       const struct text *body, struct text *ret)
{
	text_addf(ret, "%s>>> portbook%s (%s) >>>%s\n", m->open, key, command, m->close);
	text_add_bytes(ret, text_str(body), body->len);
	text_addf(ret, "%s<<< portbook%s <<<%s\n", m->open, key, m->close);
}

/* With the line ends of the file. */
static void add_lines(const char *text, size_t len, const char *end, struct text *ret)
{
	struct lines l = { .rest = text, .left = len };

	while (lines_next(&l)) {
		text_add_bytes(ret, l.line, l.len);
		text_add(ret, end);
	}
}

/* Behind what is there, with an empty line between. */
static void add_gap(const struct file_bytes *old, const char *end, struct text *ret)
{
	size_t len = strlen(end);

	if (!old->len)
		return;
	if (old->bytes[old->len - 1] != '\n')
		text_add(ret, end);
	if (old->len < 2 * len || memcmp(old->bytes + old->len - len, end, len) ||
	    old->bytes[old->len - len - 1] != '\n')
		text_add(ret, end);
}

bool block_splice(const struct block_marks *m, const char *key, const char *command,
		  const struct text *body, const struct file_bytes *old, struct text *ret,
		  struct err *err)
{
	CLEANUP(text_release) struct text ours = { 0 };
	const char *end = line_end_of(old->bytes, old->len);
	struct block b;

	make_marks(m, key, &b);
	if (!find_block(old, &b, err))
		return false;
	if (!b.start_line)
		b.from = b.to = old->len;
	block_add(m, key, command, body, &ours);
	text_add_bytes(ret, old->bytes, b.from);
	if (!b.start_line)
		add_gap(old, end, ret);
	add_lines(text_str(&ours), ours.len, end, ret);
	text_add_bytes(ret, old->bytes + b.to, old->len - b.to);
	return (text_ok(&ours) && text_ok(ret)) || fail_memory(err);
}
