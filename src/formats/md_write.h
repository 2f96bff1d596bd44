/*
 * formats/md_write.h - claims as a table of Markdown, its columns aligned.
 */
#ifndef FORMATS_MD_WRITE_H
#define FORMATS_MD_WRITE_H

#include "base/text.h"
#include "formats/claim.h"

/* For what a cell has to make up. */
#define CELL_SIZE 64

/* The text of a claim in a column, perhaps made up in `scratch`; NULL: nothing. */
typedef const char *md_cell_fn(const struct claim *c, char scratch[static CELL_SIZE]);

struct md_column {
	const char *title; /* NULL ends a table */
	md_cell_fn *cell;
	bool is_number;	   /* aligned right */
	bool may_go;	   /* is left out when it says nothing in all rows ... */
	const char *usual; /* ... or nothing but this; NULL: nothing only */
};

/* Rationale: the columns of a service. */
#define MD_COLUMNS_MAX 16

/* Append a table with a row for each claim that `is_row` has. */
void md_add_table(struct text *t, const struct md_column *columns,
		  bool (*is_row)(const struct claim *c), const struct claim *claims, size_t count);

/* Cells that several tables have. */
md_cell_fn md_cell_project, md_cell_instance, md_cell_ports;

#endif
