/*
 * operations/file_formats.h - every format that import reads or export writes, one table.
 */
#ifndef OPERATIONS_FILE_FORMATS_H
#define OPERATIONS_FILE_FORMATS_H

#include "formats/book_file.h"
#include "formats/claim.h"
#include "formats/claim_write.h"

struct file_format {
	const char *name;		/* "ports-md" */
	const char *ending, *beginning; /* of the names of such files: ".md"; NULL: none tells */

	/* The whole book, both ways; or one or both of the others. */
	const struct book_file_format *whole;
	claims_fn *claims;
	bool says_what_listens; /* and not whose it is, nor that it moved */
	/*
	 * What was agreed on where the tables are from: a row that our rules would have elsewhere is
	 * entered where it stands, and that is said; only what two claim is refused.
	 */
	bool is_agreed;
	claims_write_fn *write;

	/* Do the first bytes of a file show that it is one?  NULL: they never do. */
	bool (*is_likely)(const char *bytes, size_t len);
};

/* What shows itself first; the name is NULL at the end. */
extern const struct file_format file_formats[];

/* NULL: there is none. */
const struct file_format *file_format_named(const char *name);

/* By its first bytes, else by its name, else by a table of services; NULL: nothing tells. */
const struct file_format *file_format_guess(const char *bytes, size_t len, const char *file);

/* "json, csv, ..." of those that can be read, or written. */
void file_formats_add(struct text *t, bool readable);

#endif
