/*
 * formats/claim_table.h - tables of Markdown whose columns we know by their titles.
 *
 * May include: ports, base.
 */
#ifndef FORMATS_CLAIM_TABLE_H
#define FORMATS_CLAIM_TABLE_H

#include <limits.h>

#include "base/arena.h"
#include "formats/claim.h"
#include "formats/md.h"

#define TITLES_MAX  12
#define COLUMNS_MAX 16

/*
 * The titles of one column, the most telling first: of two columns the one with
 * the earlier title is taken.  Case and punctuation do not count:
 * "Branch/Environment" is "branch environment".
 */
struct table_titles {
	const char *titles[TITLES_MAX];
};

/* Where the columns stand in the table at hand; UINT_MAX: it has none. */
struct table_columns {
	unsigned at[COLUMNS_MAX];
};
#define NO_COLUMN UINT_MAX

/* Errors: ERR_MEMORY. */
MUST_CHECK bool table_find_columns(const struct md_line *head, const struct table_titles *titles,
				   size_t count, struct table_columns *ret, struct err *err);

struct table_cells {
	const char *text[COLUMNS_MAX]; /* NULL: empty, or a dash */
	bool struck[COLUMNS_MAX];
};

/* A row's cells in those columns; the texts belong to `arena`. Errors: ERR_MEMORY. */
MUST_CHECK bool table_read_row(const struct md_line *row, const struct table_columns *columns,
			       size_t count, struct arena *arena, struct table_cells *ret,
			       struct err *err);

/* "2", "#2", "@2", "Instance 2"; false: none of them, or more than INSTANCE_MAX. */
bool table_number(const char *text, unsigned *ret);

/* Is it one of the words, which end with NULL?  Case does not count. */
bool table_is_word(const char *text, const char *const *words);

/* A status that says that nothing is there (any more): "free", "released"; of NULL false. */
bool table_is_given_up(const char *status);

#endif
