/*
 * operations/import_report.h - what an import did with each row, or refused.
 */
#ifndef OPERATIONS_IMPORT_REPORT_H
#define OPERATIONS_IMPORT_REPORT_H

#include "base/json.h"
#include "registry/whole.h"

/*
 * Rationale: so many rows nobody reads to the end; a file in which more is
 * wrong is not the file that was meant.
 */
#define IMPORT_REFUSED_MAX 1000
#define IMPORT_ROWS_MAX	   10000

/* Start from { 0 }. */
struct import_report {
	unsigned ports[ROW_FATE_COUNT];	     /* entries, by what became of them */
	unsigned records[RECORD_KIND_COUNT]; /* rows that were entered, moved or updated */
	unsigned refused, omitted;	     /* rows; `omitted` are not listed */
	json_t *rows;			     /* those that are worth a line */
	struct err first;		     /* why the first row was refused */
	unsigned first_line;
	char first_place[64]; /* "": it is found by its line */
	bool any_taken;
};

/* What a row is about; texts NULL where it says nothing. */
struct report_row {
	enum record_kind kind;
	enum row_fate fate;
	unsigned line;
	const char *place; /* see claim.h */
	const char *project, *service, *environment, *host;
	unsigned instance;	 /* 0: none */
	struct port_range ports; /* 0-0: none */
	uint16_t previous;	 /* of what was moved */
	const char *message;	 /* what else is to be said */
};

/* Is it this row that is refused?  Else (no memory, the book, an interruption) the import ends. */
bool is_about_the_row(enum err_code code);

/* Count the row, and list it if `lists`. Errors: ERR_MEMORY. */
MUST_CHECK bool report_add(struct import_report *r, const struct report_row *row, bool lists,
			   struct err *err);

/*
 * The row was refused, for that reason: true, and the import goes on, to name
 * them all.  False where `why` is about more than the row (no memory, the book,
 * an interruption), or too many are refused; `err` then says so.
 */
MUST_CHECK bool report_refuse(struct import_report *r, const struct report_row *row,
			      const struct err *why, struct err *err);

/* The rows in the order of the file. Errors: ERR_MEMORY. */
MUST_CHECK bool report_sort(struct import_report *r, struct err *err);

/* The members of the answer, or of the refusal. Errors: ERR_MEMORY. */
MUST_CHECK bool report_put(const struct import_report *r, json_t *answer, struct err *err);

/* "FILE:7: ... (and 3 more rows)". Returns false. */
bool report_fail(const struct import_report *r, const char *file, struct err *err);

void report_release(struct import_report *r);

#endif
