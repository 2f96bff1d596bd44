/*
 * What is the same at the start and at the end is set aside.  Between them the
 * longest common subsequence is kept, found by its table of lengths; where that
 * would be too large, all of it goes and comes.
 */
#include "cli/line_diff.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"

/* Rationale: diff's own; enough to see where one is. */
#define CONTEXT 3

/* Rationale: 16 MB; two thousand lines of which each has changed. */
#define TABLE_MAX ((size_t)4 << 20)

struct line {
	const char *at;
	size_t len; /* with its '\n' */
};

struct side {
	struct line *lines;
	size_t count;
};

/* A step through both texts. */
struct step {
	char sign; /* ' ', '-' or '+' */
	const struct line *line;
};

struct diff {
	struct arena arena;
	struct side old, now;
	size_t start, end; /* so many lines are the same */
	struct step *steps;
	size_t count;
};

static size_t line_length(const char *at, size_t left)
{
	const char *end = memchr(at, '\n', left);

	return end ? (size_t)(end + 1 - at) : left;
}

static bool split(struct arena *a, const char *bytes, size_t len, struct side *ret)
{
	size_t count = 0, at = 0;

	for (size_t i = 0; i < len; i += line_length(bytes + i, len - i))
		count++;
	ret->lines = arena_alloc(a, (count + 1) * sizeof(*ret->lines));
	if (!ret->lines)
		return false;
	for (; at < len; at += ret->lines[ret->count++].len)
		ret->lines[ret->count] = (struct line){ bytes + at,
							line_length(bytes + at, len - at) };
	return true;
}

static bool is_same(const struct line *a, const struct line *b)
{
	return a->len == b->len && !memcmp(a->at, b->at, a->len);
}

static void set_ends_aside(struct diff *d)
{
	size_t least = d->old.count < d->now.count ? d->old.count : d->now.count;

	while (d->start < least && is_same(&d->old.lines[d->start], &d->now.lines[d->start]))
		d->start++;
	while (d->end < least - d->start && is_same(&d->old.lines[d->old.count - 1 - d->end],
						    &d->now.lines[d->now.count - 1 - d->end]))
		d->end++;
}

static void add_step(struct diff *d, char sign, const struct line *line)
{
	d->steps[d->count++] = (struct step){ sign, line };
}

/* lengths[i][j]: the longest common subsequence of what is left from old line i, new line j. */
static void fill_table(uint32_t *lengths, const struct line *old, size_t n, const struct line *now,
		       size_t m)
{
	for (size_t i = n; i-- > 0;)
		for (size_t j = m; j-- > 0;) {
			const uint32_t *below = &lengths[(i + 1) * (m + 1) + j];
			uint32_t right = lengths[i * (m + 1) + j + 1];

			if (is_same(&old[i], &now[j]))
				lengths[i * (m + 1) + j] = below[1] + 1;
			else
				lengths[i * (m + 1) + j] = *below > right ? *below : right;
		}
}

static void walk_table(struct diff *d, const uint32_t *lengths, size_t n, size_t m)
{
	const struct line *old = d->old.lines + d->start, *now = d->now.lines + d->start;
	size_t i = 0, j = 0;

	while (i < n || j < m) {
		bool both = i < n && j < m;

		if (both && is_same(&old[i], &now[j])) {
			add_step(d, ' ', &old[i++]);
			j++;
		} else if (j == m || (both && lengths[(i + 1) * (m + 1) + j] >=
						      lengths[i * (m + 1) + j + 1])) {
			add_step(d, '-', &old[i++]);
		} else {
			add_step(d, '+', &now[j++]);
		}
	}
}

static bool compare_middle(struct diff *d)
{
	size_t n = d->old.count - d->start - d->end, m = d->now.count - d->start - d->end;
	uint32_t *lengths;

	if (n + 1 > TABLE_MAX / (m + 1)) {
		for (size_t i = 0; i < n; i++)
			add_step(d, '-', &d->old.lines[d->start + i]);
		for (size_t j = 0; j < m; j++)
			add_step(d, '+', &d->now.lines[d->start + j]);
		return true;
	}
	lengths = arena_alloc(&d->arena, (n + 1) * (m + 1) * sizeof(*lengths));
	if (!lengths)
		return false;
	fill_table(lengths, d->old.lines + d->start, n, d->now.lines + d->start, m);
	walk_table(d, lengths, n, m);
	return true;
}

static bool compare(struct diff *d)
{
	d->steps = arena_alloc(&d->arena, (d->old.count + d->now.count + 1) * sizeof(*d->steps));
	if (!d->steps)
		return false;
	set_ends_aside(d);
	for (size_t i = 0; i < d->start; i++)
		add_step(d, ' ', &d->old.lines[i]);
	if (!compare_middle(d))
		return false;
	for (size_t i = d->end; i > 0; i--)
		add_step(d, ' ', &d->old.lines[d->old.count - i]);
	return true;
}

/* --- telling */

struct telling {
	diff_line_fn *fn;
	void *arg;
	struct text line;
};

static void tell_step(struct telling *t, const struct step *s)
{
	bool is_open = s->line->at[s->line->len - 1] != '\n';

	text_clear(&t->line);
	text_add_bytes(&t->line, &s->sign, 1);
	text_add_bytes(&t->line, s->line->at, s->line->len - !is_open);
	t->fn(text_str(&t->line), t->line.len, t->arg);
	if (is_open)
		t->fn("\\ No newline at end of file", 27, t->arg);
}

/* Of a part that has no lines, the line before it is named: POSIX, diff -u. */
static size_t first_of(size_t before, size_t count)
{
	return count ? before + 1 : before;
}

static void tell_hunk(struct telling *t, const struct diff *d, size_t from, size_t to,
		      const size_t before[static 2])
{
	size_t old = 0, now = 0;
	char head[128];

	for (size_t i = from; i < to; i++) {
		old += d->steps[i].sign != '+';
		now += d->steps[i].sign != '-';
	}
	snprintf(head, sizeof(head), "@@ -%zu,%zu +%zu,%zu @@", first_of(before[0], old), old,
		 first_of(before[1], now), now);
	t->fn(head, strlen(head), t->arg);
	for (size_t i = from; i < to; i++)
		tell_step(t, &d->steps[i]);
}

/* Where the hunk ends that has a change at `at`: so many unchanged lines come after it. */
static size_t end_of_hunk(const struct diff *d, size_t at)
{
	size_t last = at;

	for (; at < d->count && at - last <= 2 * CONTEXT + 1; at++)
		if (d->steps[at].sign != ' ')
			last = at;
	return last + 1 + CONTEXT < d->count ? last + 1 + CONTEXT : d->count;
}

static void tell_hunks(struct telling *t, const struct diff *d)
{
	size_t before[2] = { 0, 0 }, counted = 0, at = 0;

	while (at < d->count) {
		size_t from = at > CONTEXT ? at - CONTEXT : 0;

		if (d->steps[at].sign == ' ') {
			at++;
			continue;
		}
		for (; counted < from; counted++) {
			before[0] += d->steps[counted].sign != '+';
			before[1] += d->steps[counted].sign != '-';
		}
		at = end_of_hunk(d, at);
		tell_hunk(t, d, from, at, before);
	}
}

bool line_diff(const char *old, size_t old_len, const char *now, size_t now_len, diff_line_fn *fn,
	       void *arg, struct err *err)
{
	struct diff d = { .count = 0 };
	struct telling t = { fn, arg, { 0 } };
	bool ok = split(&d.arena, old, old_len, &d.old) && split(&d.arena, now, now_len, &d.now) &&
		  compare(&d);

	if (ok)
		tell_hunks(&t, &d);
	ok = ok && text_ok(&t.line);
	text_release(&t.line);
	arena_release(&d.arena);
	return ok || fail_memory(err);
}
