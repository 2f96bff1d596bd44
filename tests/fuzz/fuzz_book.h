/*
 * fuzz/fuzz_book.h - what must be true of both readers of a whole book.
 *
 * What is read can be written, and what is written is read as the same rows;
 * what is refused is refused with its place.
 */
#ifndef FUZZ_FUZZ_BOOK_H
#define FUZZ_FUZZ_BOOK_H

#include "formats/book_file.h"
#include "fuzz.h"
#include "registry/record.h"

struct fuzz_book {
	struct book_writer *writer; /* NULL: the rows are only counted */
	enum record_kind kind;
	unsigned lines, rows;
};

static inline bool fuzz_row(const json_t *json, unsigned line, void *arg, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct fuzz_book *f = arg;
	struct err why = { 0 };
	struct record r;
	json_t *row;

	MUST(line >= 1 && line <= f->lines);
	if (!record_read(f->kind, json, &arena, &r, &why)) {
		MUST(why.code == ERR_INVALID && why.text[0]);
		return true;
	}
	row = record_json(&r);
	MUST(row);
	f->rows++;
	if (f->writer)
		MUST(book_writer_row(f->writer, f->kind, row, err));
	json_decref(row);
	return true;
}

/* False: it is no such file. */
static inline bool fuzz_read(const struct book_file_format *format, const char *text, size_t size,
			     struct fuzz_book *f)
{
	static struct book_reader reader;
	struct bytes_source source = bytes_source(text, size, "f");
	struct err err = { 0 };
	bool ok;

	f->lines = 1;
	for (size_t i = 0; i < size; i++)
		f->lines += text[i] == '\n';
	ok = book_reader_open(&reader, format, &source.source, NULL, &err);
	for (unsigned kind = 0; ok && kind < RECORD_KIND_COUNT; kind++) {
		f->kind = (enum record_kind)kind;
		ok = book_reader_rows(&reader, f->kind, fuzz_row, f, &err);
	}
	book_reader_release(&reader);
	if (!ok)
		MUST(err.code == ERR_INVALID && !strncmp(err.text, "f", 1));
	return ok;
}

static inline void fuzz_book(const struct book_file_format *format, const char *text, size_t size)
{
	CLEANUP(text_release) struct text out = { 0 };
	struct text_sink sink = text_sink(&out);
	struct book_file_head head = { .version = BOOK_FILE_VERSION };
	struct book_writer writer;
	struct fuzz_book first = { .writer = &writer }, again = { 0 };
	struct err err = { 0 };
	bool ok;

	MUST(book_writer_open(&writer, format, &sink.sink, record_columns(), &head, &err));
	ok = fuzz_read(format, text, size, &first);
	MUST(book_writer_end(&writer, &err));
	book_writer_release(&writer);
	if (!ok)
		return;
	MUST(fuzz_read(format, text_str(&out), out.len, &again));
	MUST(again.rows == first.rows);
}

#endif
