/*
 * operations/file_formats.h - every format that import reads or export writes, one table.
 */
#ifndef OPERATIONS_FILE_FORMATS_H
#define OPERATIONS_FILE_FORMATS_H

#include "formats/book_file.h"
#include "formats/claim.h"

struct file_format {
	const char *name;   /* "ports-md" */
	const char *ending; /* of files that are likely such ones: ".md"; NULL: none tells */

	/* The whole book, both ways; or one or both of the others. */
	const struct book_file_format *whole;
	claims_fn *claims;
	bool (*write)(const struct claim *claims, size_t count, int64_t now_ms, struct text *ret,
		      struct err *err);

	/* Do the first bytes of a file show that it is one?  NULL: they never do. */
	bool (*is_likely)(const char *bytes, size_t len);
};

/* What shows itself first; the name is NULL at the end. */
extern const struct file_format file_formats[];

/* NULL: there is none. */
const struct file_format *file_format_named(const char *name);

/* By its first bytes, else by the end of its name; NULL: neither tells. */
const struct file_format *file_format_guess(const char *bytes, size_t len, const char *file);

/* "json, csv, ..." of those that can be read, or written. */
void file_formats_add(struct text *t, bool readable);

#endif
