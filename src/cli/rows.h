/*
 * cli/rows.h - the --format of answers that are lists.
 */
#ifndef CLI_ROWS_H
#define CLI_ROWS_H

#include <stdbool.h>

#include "base/err.h"
#include "cli/run.h"
#include "cli/table.h"

extern const char *const format_choices[];

/* A row of an options table; "json" is the same as --json. */
#define OPTION_FORMAT                                                                          \
	{                                                                                      \
		.name = "format", .letter = 'f', .kind = VALUE_TEXT, .arg = "FORMAT",          \
		.choices = format_choices, .help = "table (the default), json, csv, tsv or md" \
	}

/* run_plain for a list: --format json is --json. */
MUST_CHECK bool rows_run(struct run *r, struct err *err);

/* run_show for one, where the command has made the answer itself. */
MUST_CHECK bool rows_answer(struct run *r, const json_t *answer, struct err *err);

/* Add the rows as --format says; with no rows, a table is a note that says `none`. */
MUST_CHECK bool rows_show(struct run *r, const json_t *rows, const struct column *columns,
			  const char *none, struct err *err);

#endif
