/*
 * formats/book_file.h - a whole book as a file: json and csv.
 *
 * Both are written from front to back, row by row, and read in two steps: once
 * through, to see that the file is whole and where each kind of row is; then
 * the rows, a kind at a time, in whatever order the file has them.  Neither
 * needs memory by the length of the file.
 */
#ifndef FORMATS_BOOK_FILE_H
#define FORMATS_BOOK_FILE_H

#include "base/json.h"
#include "base/text.h"
#include "formats/byte_reader.h"
#include "ports/record.h"

#define BOOK_FILE_NAME "portbook-book"

/* Rationale: grows when a file of today could be misread by a portbook of yesterday. */
#define BOOK_FILE_VERSION 1

/*
 * Rationale: a row is an entry or an event with the entry before and after; a
 * policy, the longest, takes some KiB.
 */
#define BOOK_FILE_ROW_MAX ((size_t)1 << 20)

/* Rationale: twice as many as record_columns() has. */
#define BOOK_FILE_COLUMNS_MAX 128

/* What a file says of itself. */
struct book_file_head {
	unsigned version; /* BOOK_FILE_VERSION */
	unsigned schema;  /* of the book it was written from; 0: not said */
	char project[64]; /* only that project's rows; "": all of the book */
};

struct book_writer {
	const struct book_file_format *format;
	struct sink *sink;
	const char *const *columns; /* of csv, NULL-terminated */
	struct text waiting;	    /* not yet given to the sink */
	int section;		    /* of json: the kind that is open; -1: none */
	bool has_rows;		    /* of json: that kind has some */
	uint64_t rows;
};

/* Start a file. `columns`: see record_columns. Errors: the sink's; ERR_MEMORY. */
MUST_CHECK bool book_writer_open(struct book_writer *w, const struct book_file_format *format,
				 struct sink *sink, const char *const *columns,
				 const struct book_file_head *head, struct err *err);
/* One row more; kinds come in the order of enum record_kind. */
MUST_CHECK bool book_writer_row(struct book_writer *w, enum record_kind kind, const json_t *row,
				struct err *err);
/* The end, without which no reader takes the file. */
MUST_CHECK bool book_writer_end(struct book_writer *w, struct err *err);
/* Frees what it holds. */
void book_writer_release(struct book_writer *w);

struct book_reader {
	const struct book_file_format *format;
	struct book_file_head head;
	struct {
		bool is_there;
		uint64_t from, to; /* where its rows are; csv: others may lie between */
		unsigned line;
	} sections[RECORD_KIND_COUNT];
	char columns[BOOK_FILE_COLUMNS_MAX][24]; /* of csv: its header */
	unsigned n_columns;
	char comma;	 /* of csv */
	struct text row; /* the one that is being read */
	struct byte_reader bytes;
};

/* A row, and the line it starts in. False stops the walk, which then fails; err is filled. */
typedef bool book_row_fn(const json_t *row, unsigned line, void *arg, struct err *err);

/*
 * See that the file is whole, and what it has.  `r` is large: not for the stack
 * of a function that calls others like it.
 * Errors: ERR_INVALID  it is not such a file, cut off, or written by a newer
 *                      portbook; the text starts with "file:line: "
 *         the source's, ERR_INTERRUPTED, ERR_MEMORY
 */
MUST_CHECK bool book_reader_open(struct book_reader *r, const struct book_file_format *format,
				 struct source *source, struct progress *progress, struct err *err);
/* Each row of a kind, in the order of the file. Errors: as book_reader_open, and fn's. */
MUST_CHECK bool book_reader_rows(struct book_reader *r, enum record_kind kind, book_row_fn *fn,
				 void *arg, struct err *err);
void book_reader_release(struct book_reader *r);

struct book_file_format {
	const char *name; /* "json" */
	bool (*start)(struct book_writer *w, const struct book_file_head *head);
	bool (*add)(struct book_writer *w, enum record_kind kind, const json_t *row);
	bool (*end)(struct book_writer *w);
	bool (*index)(struct book_reader *r, struct err *err);
	bool (*rows)(struct book_reader *r, enum record_kind kind, book_row_fn *fn, void *arg,
		     struct err *err);
};
extern const struct book_file_format book_json, book_csv;

/* Could these first bytes of a file be such a one's? */
bool book_json_is_likely(const char *bytes, size_t len);
bool book_csv_is_likely(const char *bytes, size_t len);

/* For both readers: "file:line: ..."; where the source failed, why. Returns false. */
bool fail_at(struct book_reader *r, unsigned line, struct err *err, const char *format, ...)
	PRINTF_LIKE(4, 5);

/* For both readers: is it a version that this portbook knows? */
MUST_CHECK bool book_head_is_known(struct book_reader *r, struct err *err);

#endif
