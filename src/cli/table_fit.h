/*
 * cli/table_fit.h - how wide each column of a table is on a terminal.
 */
#ifndef CLI_TABLE_FIT_H
#define CLI_TABLE_FIT_H

#include "cli/table.h"

#define TABLE_GAP 2 /* blanks between two columns */

struct table_layout {
	unsigned n;
	unsigned width[TABLE_MAX_COLUMNS]; /* 0: left out */
};

/* Make the layout, of widths uncut, fit into `width` columns of the terminal; 0: any do. */
void table_fit(const struct column *columns, unsigned width, struct table_layout *l);

#endif
