/*
 * operations/importing.h - an import under way, for the files that it is made of.
 */
#ifndef OPERATIONS_IMPORTING_H
#define OPERATIONS_IMPORTING_H

#include "operations/call.h"
#include "operations/file_formats.h"
#include "operations/import_report.h"

struct importing {
	struct call *call;
	const json_t *input;
	struct source *source;
	const struct file_format *format;
	bool dry_run;
	bool replaced; /* the book was new, and is now the one of the file */
	struct import_report report;
};

/* import_whole.c: rows of a book. Errors: those of book_file.h; about rows: see report_refuse. */
MUST_CHECK bool import_whole(struct importing *x, struct err *err);

/* import_claims.c: what another file says about ports. Errors: those of claims_fn, and the like. */
MUST_CHECK bool import_claims(struct importing *x, struct err *err);

#endif
