/*
 * cli/table.h - rows of an answer as a table, CSV, TSV or Markdown.
 *
 * On a terminal the table fits: columns are cut, then left out, the least
 * important first; of those that stay, long texts are cut before others go that
 * tell rows apart.  In a pipe nothing is lost.  csv and tsv have all columns
 * under the names of the JSON members, for programs; csv is RFC 4180.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/colour.h"

enum table_format {
	FORMAT_TABLE,
	FORMAT_CSV,
	FORMAT_TSV,
	FORMAT_MD,
};

enum column_kind {
	COLUMN_TEXT,
	COLUMN_NUMBER,	/* right-aligned */
	COLUMN_TIME,	/* RFC 3339; for people as "2026-11-21 08:45" */
	COLUMN_PERCENT, /* right-aligned; over 80 it stands out */
};

/* Columns up to this importance tell rows apart: long texts are cut before they go. */
#define TABLE_TELLS_APART 5

struct column {
	const char *title; /* for people; NULL ends a table */
	const char *field; /* the member of the row */
	enum column_kind kind;
	unsigned importance; /* 0 stays; of the others the highest goes first */
	unsigned least;	     /* may be cut to so many columns of the terminal; 0: never cut */
	bool keeps_ends;     /* is cut in the middle */
	bool wraps;	     /* what does not fit goes on in lines below; one of a table's */
	bool for_programs;   /* only in csv and tsv */
	const char *usual;   /* a table leaves it out when it is this, or nothing, everywhere */
	/* What people see instead of the member: adds it to `t`. csv and tsv take the member. */
	void (*show)(const json_t *row, struct text *t);
};

/* Rationale: no answer has half as many; widths are kept on the stack. */
#define TABLE_MAX_COLUMNS 32

struct table {
	const struct column *columns;
	const json_t *rows; /* an array of objects */
	enum table_format format;
	unsigned width; /* of the terminal; 0: any */
	bool colour;
};

/* Add the table; only csv and tsv have a header when there are no rows. */
void table_add(struct text *t, const struct table *table);

/* How a share of more than 80 percent is shown. */
enum style percent_style(double percent);

/* "2026-11-21 08:45" of RFC 3339; what is no such time stays as it is. */
void time_add_short(struct text *t, const char *time);

#endif
