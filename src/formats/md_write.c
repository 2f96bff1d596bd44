#include "formats/md_write.h"

#include <stdio.h>
#include <string.h>

#include "base/glyph.h"
#include "formats/md.h"

/* Rationale: a longer text pushes its own row apart, not all of them. */
#define WIDTH_MAX 40

struct table {
	const struct md_column *columns;
	bool (*is_row)(const struct claim *c);
	const struct claim *claims;
	size_t count;
	unsigned width[MD_COLUMNS_MAX]; /* 0: left out */
};

static const char *cell_text(const struct md_column *column, const struct claim *c,
			     char scratch[static CELL_SIZE])
{
	const char *text = column->cell(c, scratch);

	return text ? text : "";
}

static void measure_cell(struct table *t, const struct claim *c, unsigned at, bool *says,
			 struct text *all)
{
	CLEANUP(text_release) struct text cell = { 0 };
	char scratch[CELL_SIZE];
	const struct md_column *column = &t->columns[at];
	const char *text = cell_text(column, c, scratch);
	unsigned width;

	*says = *says || (*text && (!column->usual || strcmp(text, column->usual)));
	md_add_cell(&cell, text);
	all->out_of_memory = all->out_of_memory || !text_ok(&cell);
	width = text_columns(text_str(&cell));
	if (width > t->width[at])
		t->width[at] = width < WIDTH_MAX ? width : WIDTH_MAX;
}

static void measure(struct table *t, unsigned at, struct text *all)
{
	bool says = !t->columns[at].may_go;

	t->width[at] = text_columns(t->columns[at].title);
	for (size_t i = 0; i < t->count; i++)
		if (t->is_row(&t->claims[i]))
			measure_cell(t, &t->claims[i], at, &says, all);
	if (!says)
		t->width[at] = 0;
}

/* " text   |", or with the blanks before it. */
static void add_padded(struct text *to, const char *text, unsigned width, bool right)
{
	CLEANUP(text_release) struct text cell = { 0 };
	unsigned n;

	md_add_cell(&cell, text);
	to->out_of_memory = to->out_of_memory || !text_ok(&cell);
	n = text_columns(text_str(&cell));
	n = n < width ? width - n : 0;
	text_addf(to, " %*s%s%*s |", right ? (int)n : 0, "", text_str(&cell), right ? 0 : (int)n,
		  "");
}

static void add_rule(struct text *to, unsigned width, bool right)
{
	text_add(to, " ");
	for (unsigned i = right; i < width; i++)
		text_add(to, "-");
	text_add(to, right ? ": |" : " |");
}

/* A row; the titles for NULL. */
static void add_row(struct text *to, const struct table *t, const struct claim *c)
{
	char scratch[CELL_SIZE];

	text_add(to, "|");
	for (unsigned i = 0; t->columns[i].title; i++)
		if (t->width[i])
			add_padded(to,
				   c ? cell_text(&t->columns[i], c, scratch) : t->columns[i].title,
				   t->width[i], t->columns[i].is_number);
	text_add(to, "\n");
}

void md_add_table(struct text *to, const struct md_column *columns,
		  bool (*is_row)(const struct claim *c), const struct claim *claims, size_t count)
{
	struct table t = { columns, is_row, claims, count, { 0 } };

	for (unsigned i = 0; columns[i].title; i++)
		measure(&t, i, to);
	add_row(to, &t, NULL);
	text_add(to, "|");
	for (unsigned i = 0; columns[i].title; i++)
		if (t.width[i])
			add_rule(to, t.width[i], columns[i].is_number);
	text_add(to, "\n");
	for (size_t i = 0; i < count; i++)
		if (is_row(&claims[i]))
			add_row(to, &t, &claims[i]);
}

/* --- cells */

const char *md_cell_project(const struct claim *c, char scratch[static CELL_SIZE])
{
	return c->project;
}

const char *md_cell_instance(const struct claim *c, char scratch[static CELL_SIZE])
{
	snprintf(scratch, CELL_SIZE, "%u", c->instance ? c->instance : 1);
	return scratch;
}

const char *md_cell_ports(const struct claim *c, char scratch[static CELL_SIZE])
{
	if (!c->ports.first)
		return NULL;
	if (c->ports.first == c->ports.last)
		snprintf(scratch, CELL_SIZE, "%u", c->ports.first);
	else
		snprintf(scratch, CELL_SIZE, "%u-%u", c->ports.first, c->ports.last);
	return scratch;
}
