/*
 * A cell is made twice, once for its width and once to be written: that costs less than keeping
 * the text of 60,000 rows.
 */
#include "cli/table.h"

#include <stdio.h>
#include <string.h>

#include "base/glyph.h"
#include "cli/piece.h"
#include "cli/screen.h"
#include "cli/table_fit.h"

/* Rationale: issue 2 says from where on a share is flagged. */
#define FULL_PERCENT 80

enum style percent_style(double percent)
{
	return percent > FULL_PERCENT ? STYLE_WARN : STYLE_PLAIN;
}

void time_add_short(struct text *t, const char *time)
{
	if (strlen(time) < 16 || time[10] != 'T') {
		text_add(t, time);
		return;
	}
	text_add_bytes(t, time, 10);
	text_add(t, " ");
	text_add_bytes(t, time + 11, 5);
}

static void empty(struct text *t)
{
	t->len = 0;
	if (t->s)
		t->s[0] = '\0';
}

/* A member as text; null and what is absent is "". */
static void add_member(struct text *t, const json_t *value)
{
	switch (value ? json_typeof(value) : JSON_NULL) {
	case JSON_NULL: return;
	case JSON_TRUE: text_add(t, "true"); return;
	case JSON_FALSE: text_add(t, "false"); return;
	case JSON_STRING: text_add(t, json_string_value(value)); return;
	case JSON_INTEGER: text_addf(t, "%lld", (long long)json_integer_value(value)); return;
	case JSON_REAL: text_addf(t, "%.10g", json_real_value(value)); return;
	case JSON_OBJECT:
	case JSON_ARRAY: text_add_json(t, value, JSON_COMPACT); return;
	}
}

static bool is_for_people(enum table_format format)
{
	return format == FORMAT_TABLE || format == FORMAT_MD;
}

/* The cell, before anything is escaped or cut. */
static const char *cell(struct text *t, const struct column *c, const json_t *row,
			enum table_format format)
{
	const json_t *value = json_object_get(row, c->field);

	empty(t);
	if (is_for_people(format) && c->show)
		c->show(row, t);
	else if (is_for_people(format) && c->kind == COLUMN_TIME && json_is_string(value))
		time_add_short(t, json_string_value(value));
	else if (is_for_people(format) && c->kind == COLUMN_PERCENT && json_is_number(value))
		text_addf(t, "%.4g%%", json_number_value(value));
	else
		add_member(t, value);
	return text_str(t);
}

/* --- the table */

static unsigned count_columns(const struct column *c)
{
	unsigned n = 0;

	while (n < TABLE_MAX_COLUMNS && c[n].title)
		n++;
	return n;
}

/* What the column takes uncut; 0 where all of its rows say only the usual. */
static unsigned natural_width(struct text *t, const struct table *table, const struct column *c)
{
	CLEANUP(piece_cleanup) struct piece value = { .of = t };
	unsigned width = text_columns(c->title);
	bool says_something = !c->usual;
	const json_t *row;
	size_t i;

	json_array_foreach(table->rows, i, row) {
		const char *text = cell(&value.text, c, row, table->format);

		width = text_columns(text) > width ? text_columns(text) : width;
		says_something = says_something || (*text && strcmp(text, c->usual));
	}
	return says_something && !c->for_programs ? width : 0;
}

static void pad(struct text *t, unsigned blanks)
{
	text_addf(t, "%*s", (int)blanks, "");
}

static bool is_right(const struct column *c)
{
	return c->kind == COLUMN_NUMBER || c->kind == COLUMN_PERCENT;
}

static enum style style_of(const struct column *c, const json_t *row)
{
	if (c->kind != COLUMN_PERCENT)
		return STYLE_PLAIN;
	return percent_style(json_number_value(json_object_get(row, c->field)));
}

/* One cell of a line; `pending` are blanks that are only written if something follows. */
static void add_cell(struct text *line, const struct table *table, const struct column *c,
		     unsigned width, const char *text, enum style style, unsigned *pending)
{
	CLEANUP(piece_cleanup) struct piece shown = { .of = line };
	unsigned used = (c->keeps_ends ? screen_add_ends : screen_add)(&shown.text, text, width);
	unsigned rest = used < width ? width - used : 0;

	if (!used) {
		*pending += width + TABLE_GAP;
		return;
	}
	pad(line, *pending + (is_right(c) ? rest : 0));
	colour_add(line, table->colour, style, text_str(&shown.text));
	*pending = (is_right(c) ? 0 : rest) + TABLE_GAP;
}

/* Of a word that is too long: what fits, to behind a '/' if that is most of it. */
static size_t part_of_word(const char *word, size_t len, unsigned width)
{
	const unsigned char *at = (const unsigned char *)word;
	size_t fits = 0, slash = 0;

	for (unsigned columns = 0; fits < len;) {
		uint32_t c = glyph_eat(&at);

		columns += glyph_width(c);
		if (columns > width && fits)
			break;
		fits = (size_t)((const char *)at - word);
		slash = c == '/' ? fits : slash;
	}
	return fits < len && slash > fits / 2 ? slash : fits;
}

/* As many whole words as fit, or a part of the first one; what follows them. */
static const char *add_words(struct text *t, const char *text, unsigned width)
{
	size_t end = 0, next = strcspn(text, " ");

	next = part_of_word(text, next, width);
	do {
		text_add_bytes(t, text + end, next - end);
		end = next;
		next += strspn(text + next, " ");
		if (next == end)
			break;
		next += strcspn(text + next, " ");
	} while (text_columns(text_str(t)) + next - end <= width);
	return text + end + strspn(text + end, " ");
}

/* What did not fit into a cell that wraps, in lines of its own from the column `at` on. */
static void add_rest(struct text *t, const char *rest, unsigned at, unsigned width)
{
	while (*rest) {
		CLEANUP(piece_cleanup) struct piece words = { .of = t };

		text_add(t, "\n");
		pad(t, at);
		rest = add_words(&words.text, rest, width);
		screen_add(t, text_str(&words.text), width);
	}
}

/* A long one's first words, which fit; the rest of it is kept. */
static const char *first_line(const struct column *c, const char *text, unsigned width,
			      struct text *words, struct text *rest)
{
	if (!c->wraps || width < c->least || text_columns(text) <= width)
		return text;
	text_add(rest, add_words(words, text, width));
	return text_str(words);
}

/* `row` NULL: the titles. */
static void add_line(struct text *t, const struct table *table, const struct table_layout *l,
		     const json_t *row)
{
	CLEANUP(piece_cleanup) struct piece value = { .of = t };
	CLEANUP(piece_cleanup) struct piece words = { .of = t };
	CLEANUP(piece_cleanup) struct piece rest = { .of = t };
	unsigned pending = 0, at = 0, rest_at = 0, rest_width = 0;

	for (unsigned i = 0; i < l->n; i++) {
		const struct column *c = &table->columns[i];
		const char *text = row ? cell(&value.text, c, row, table->format) : c->title;

		if (!l->width[i])
			continue;
		if (c->wraps)
			rest_at = at, rest_width = l->width[i];
		text = first_line(c, text, l->width[i], &words.text, &rest.text);
		add_cell(t, table, c, l->width[i], text, row ? style_of(c, row) : STYLE_BOLD,
			 &pending);
		at += l->width[i] + TABLE_GAP;
	}
	add_rest(t, text_str(&rest.text), rest_at, rest_width);
	text_add(t, "\n");
}

static void add_table(struct text *t, const struct table *table)
{
	struct table_layout l = { .n = count_columns(table->columns) };
	const json_t *row;
	size_t i;

	for (unsigned c = 0; c < l.n; c++)
		l.width[c] = natural_width(t, table, &table->columns[c]);
	table_fit(table->columns, table->width, &l);
	add_line(t, table, &l, NULL);
	json_array_foreach(table->rows, i, row)
		add_line(t, table, &l, row);
}

/* --- Markdown */

/* A pipe would end the cell, '<' would start HTML. */
static void add_markdown(struct text *t, const char *text)
{
	CLEANUP(piece_cleanup) struct piece shown = { .of = t };

	screen_add(&shown.text, text, 0);
	for (const char *p = text_str(&shown.text); *p; p++) {
		if (strchr("|\\<", *p))
			text_add(t, "\\");
		text_add_bytes(t, p, 1);
	}
}

static void add_markdown_line(struct text *t, const struct table *table,
			      const struct table_layout *l, const json_t *row)
{
	CLEANUP(piece_cleanup) struct piece value = { .of = t };

	for (unsigned i = 0; i < l->n; i++) {
		const struct column *c = &table->columns[i];

		if (!l->width[i])
			continue;
		text_add(t, "| ");
		add_markdown(t, row ? cell(&value.text, c, row, table->format) : c->title);
		text_add(t, " ");
	}
	text_add(t, "|\n");
}

static void add_md(struct text *t, const struct table *table)
{
	struct table_layout l = { .n = count_columns(table->columns) };
	const json_t *row;
	size_t i;

	for (unsigned c = 0; c < l.n; c++)
		l.width[c] = natural_width(t, table, &table->columns[c]);
	add_markdown_line(t, table, &l, NULL);
	for (unsigned c = 0; c < l.n; c++)
		if (l.width[c])
			text_add(t, is_right(&table->columns[c]) ? "| ---: " : "| --- ");
	text_add(t, "|\n");
	json_array_foreach(table->rows, i, row)
		add_markdown_line(t, table, &l, row);
}

/* --- for programs */

/*
 * Source: RFC 4180 section 2: "Fields containing line breaks (CRLF), double quotes, and commas
 * should be enclosed in double-quotes"; "a double-quote appearing inside a field must be escaped
 * by preceding it with another double quote".
 */
static void add_csv(struct text *t, const char *text)
{
	if (!text[strcspn(text, "\",\r\n")]) {
		text_add(t, text);
		return;
	}
	text_add(t, "\"");
	for (const char *p = text; *p; p++) {
		if (*p == '"')
			text_add(t, "\"");
		text_add_bytes(t, p, 1);
	}
	text_add(t, "\"");
}

/* Source: IANA text/tab-separated-values has no quotes; the escapes are those of PostgreSQL. */
static void add_tsv(struct text *t, const char *text)
{
	static const char special[] = "\t\n\r\\", letters[] = "tnr\\";

	for (const char *p = text; *p; p++) {
		const char *at = strchr(special, *p);

		if (at)
			text_addf(t, "\\%c", letters[at - special]);
		else
			text_add_bytes(t, p, 1);
	}
}

static void add_record(struct text *t, const struct table *table, const json_t *row)
{
	CLEANUP(piece_cleanup) struct piece value = { .of = t };
	bool csv = table->format == FORMAT_CSV;
	unsigned n = count_columns(table->columns);

	for (unsigned i = 0; i < n; i++) {
		const struct column *c = &table->columns[i];

		if (i)
			text_add(t, csv ? "," : "\t");
		(csv ? add_csv : add_tsv)(t, row ? cell(&value.text, c, row, table->format)
						 : c->field);
	}
	text_add(t, csv ? "\r\n" : "\n");
}

static void add_records(struct text *t, const struct table *table)
{
	const json_t *row;
	size_t i;

	add_record(t, table, NULL);
	json_array_foreach(table->rows, i, row)
		add_record(t, table, row);
}

void table_add(struct text *t, const struct table *table)
{
	switch (table->format) {
	case FORMAT_CSV:
	case FORMAT_TSV: add_records(t, table); return;
	case FORMAT_MD: add_md(t, table); return;
	case FORMAT_TABLE: break;
	}
	if (json_array_size(table->rows))
		add_table(t, table);
}
