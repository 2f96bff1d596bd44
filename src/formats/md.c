/*
 * Which lines make a table.  Source: GitHub Flavored Markdown Spec 0.29, 4.10
 * "Tables": "The header row must match the delimiter row in the number of
 * cells. If not, a table will not be recognized"; "The table is broken at the
 * first empty line, or beginning of another block-level structure".
 *
 * Every line is looked at once, a line before a delimiter row twice.
 */
#include "formats/md.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void trim(const char **at, size_t *len)
{
	while (*len && is_blank(**at)) {
		(*at)++;
		(*len)--;
	}
	while (*len && is_blank((*at)[*len - 1]))
		(*len)--;
}

/* --- cells */

struct md_cells md_cells_of(const struct md_line *line)
{
	struct md_cells c = { .at = line->at };
	size_t len = line->len;

	trim(&c.at, &len);
	c.end = c.at + len;
	if (len && *c.at == '|')
		c.at++;
	c.done = c.at == c.end;
	return c;
}

bool md_cell_next(struct md_cells *c, const char **ret, size_t *ret_len)
{
	const char *p = c->at;

	if (c->done)
		return false;
	while (p < c->end && *p != '|')
		p += *p == '\\' && p + 1 < c->end ? 2 : 1;
	*ret = c->at;
	*ret_len = (size_t)(p - c->at);
	trim(ret, ret_len);
	c->done = p >= c->end || p + 1 == c->end; /* a pipe at the end starts no cell */
	c->at = p + 1;
	return true;
}

static size_t count_cells(const struct md_line *line)
{
	struct md_cells c = md_cells_of(line);
	const char *cell;
	size_t count = 0, len;

	while (md_cell_next(&c, &cell, &len))
		count++;
	return count;
}

static bool is_delimiter_cell(const char *cell, size_t len)
{
	size_t i = 0, dashes = 0;

	i += len && cell[0] == ':';
	for (; i < len && cell[i] == '-'; i++)
		dashes++;
	i += i < len && cell[i] == ':';
	return dashes && i == len;
}

/* The cells of a row like |:--|--:|; 0: it is none. */
static size_t count_delimiters(const struct md_line *line)
{
	struct md_cells c = md_cells_of(line);
	const char *cell;
	size_t count = 0, len;

	while (md_cell_next(&c, &cell, &len)) {
		if (!is_delimiter_cell(cell, len))
			return 0;
		count++;
	}
	return count;
}

/* --- blocks */

/* Without the marks of quotes and the indentation; `*ret_indent` is how wide that is. */
static struct md_line line_of(const struct lines *l, unsigned *ret_indent)
{
	struct md_line line = { l->line, l->len, l->number, 0 };
	unsigned indent = 0;

	while (line.len && (is_blank(*line.at) || (*line.at == '>' && indent < 4))) {
		indent = *line.at == '>' ? 0 : indent + (*line.at == '\t' ? 4 - indent % 4 : 1);
		line.quotes += *line.at == '>';
		line.at++;
		line.len--;
	}
	if (line.quotes && indent) /* the blank after '>' belongs to it */
		indent--;
	*ret_indent = indent;
	return line;
}

static size_t run_length(const struct md_line *line, char c)
{
	size_t n = 0;

	while (n < line->len && line->at[n] == c)
		n++;
	return n;
}

static bool starts_fence(struct md *m, const struct md_line *line)
{
	char c = line->len ? *line->at : '\0';
	size_t n = run_length(line, c);

	if ((c != '`' && c != '~') || n < 3 || (c == '`' && memchr(line->at + n, c, line->len - n)))
		return false;
	m->fence = c;
	m->fence_len = n;
	m->fence_quotes = line->quotes;
	return true;
}

static void step_fence(struct md *m, const struct md_line *line, unsigned indent)
{
	size_t n = run_length(line, m->fence);
	const char *rest = line->at + n;
	size_t len = line->len - n;

	trim(&rest, &len);
	if (n >= m->fence_len && !len && indent < 4)
		m->fence = '\0';
}

static bool ends_html(const struct md *m, const struct md_line *line)
{
	return memmem(line->at, line->len, m->html_end, strlen(m->html_end));
}

/* Of the kinds of HTML those that go on over empty lines: they may hide a table. */
static bool starts_html(struct md *m, const struct md_line *line)
{
	static const struct {
		const char *start, *end;
	} kinds[] = {
		{ "<!--", "-->" },
		{ "<pre", "</pre>" },
		{ "<script", "</script>" },
		{ "<style", "</style>" },
	};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		size_t len = strlen(kinds[i].start);

		if (line->len < len || strncasecmp(line->at, kinds[i].start, len))
			continue;
		m->html_end = kinds[i].end;
		if (ends_html(m, line))
			m->html_end = NULL;
		return true;
	}
	return false;
}

/* "## text ##" */
static bool takes_heading(struct md *m, struct md_line line)
{
	size_t level = run_length(&line, '#'), n;

	if (level < 1 || level > 6 || (level < line.len && !is_blank(line.at[level])))
		return false;
	line.at += level;
	line.len -= level;
	trim(&line.at, &line.len);
	for (n = line.len; n && line.at[n - 1] == '#'; n--)
		;
	if (!n || is_blank(line.at[n - 1]))
		line.len = n;
	trim(&line.at, &line.len);
	m->kind = MD_HEADING;
	m->line = line;
	m->level = (unsigned)level;
	return true;
}

static bool starts_list(const struct md_line *line)
{
	return line->len >= 2 && strchr("-*+", *line->at) && is_blank(line->at[1]);
}

/* A line that is part of a table or may become one. */
static bool takes_table(struct md *m, const struct md_line *line)
{
	bool same_quote = m->previous.quotes == line->quotes;

	m->line = *line;
	if (m->in_table && same_quote && !starts_list(line)) {
		m->kind = MD_ROW;
		return true;
	}
	m->in_table = m->previous.len && same_quote && count_delimiters(line) &&
		      count_delimiters(line) == count_cells(&m->previous);
	if (m->in_table) {
		m->line = m->previous;
		m->kind = MD_HEAD;
	}
	m->previous = *line;
	return m->in_table;
}

static void leave_table(struct md *m)
{
	m->previous.len = 0;
	m->in_table = false;
}

/* In code or HTML; code in a quote ends with the quote. */
static bool is_hidden(struct md *m, const struct md_line *line, unsigned indent)
{
	if (m->fence && line->quotes < m->fence_quotes)
		m->fence = '\0';
	if (m->fence) {
		step_fence(m, line, indent);
		return true;
	}
	if (!m->html_end)
		return false;
	if (ends_html(m, line))
		m->html_end = NULL;
	return true;
}

/* An empty line, or one that starts what is no table; indented by 4 it is code. */
static bool breaks_table(struct md *m, const struct md_line *line, unsigned indent)
{
	if (indent >= 4)
		return !line->len || !m->previous.len;
	return !line->len || starts_fence(m, line) || starts_html(m, line);
}

/* Is the line at hand one that our caller sees? */
static bool takes(struct md *m)
{
	unsigned indent;
	struct md_line line = line_of(&m->lines, &indent);

	if (is_hidden(m, &line, indent))
		return false;
	if (breaks_table(m, &line, indent)) {
		leave_table(m);
		return false;
	}
	if (indent < 4 && takes_heading(m, line)) {
		leave_table(m);
		return true;
	}
	return takes_table(m, &line);
}

bool md_next(struct md *m)
{
	while (lines_next(&m->lines))
		if (takes(m))
			return true;
	return false;
}
