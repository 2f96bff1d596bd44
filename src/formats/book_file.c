#include "formats/book_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Rationale: few writes, and little that waits. */
#define FLUSH_AT 65536

static bool flush(struct book_writer *w, struct err *err)
{
	if (!text_ok(&w->waiting))
		return fail_memory(err);
	if (w->waiting.len && !w->sink->write(w->sink, text_str(&w->waiting), w->waiting.len, err))
		return false;
	w->waiting.len = 0;
	return true;
}

bool book_writer_open(struct book_writer *w, const struct book_file_format *format,
		      struct sink *sink, const char *const *columns,
		      const struct book_file_head *head, struct err *err)
{
	*w = (struct book_writer){
		.format = format, .sink = sink, .columns = columns, .section = -1
	};
	return format->start(w, head) || fail_memory(err);
}

bool book_writer_row(struct book_writer *w, enum record_kind kind, const json_t *row,
		     struct err *err)
{
	if (!w->format->add(w, kind, row))
		return fail_memory(err);
	w->rows++;
	return w->waiting.len < FLUSH_AT || flush(w, err);
}

bool book_writer_end(struct book_writer *w, struct err *err)
{
	return (w->format->end(w) || fail_memory(err)) && flush(w, err);
}

void book_writer_release(struct book_writer *w)
{
	text_release(&w->waiting);
}

bool book_reader_open(struct book_reader *r, const struct book_file_format *format,
		      struct source *source, struct progress *progress, struct err *err)
{
	r->format = format;
	r->head = (struct book_file_head){ 0 };
	memset(r->sections, 0, sizeof(r->sections));
	r->n_columns = 0;
	r->row = (struct text){ 0 };
	r->bytes.source = source;
	r->bytes.progress = progress;
	r->bytes.doing = "reading";
	r->bytes.failed = false;
	byte_reader_seek(&r->bytes, 0, 1);
	return format->index(r, err);
}

bool book_reader_rows(struct book_reader *r, enum record_kind kind, book_row_fn *fn, void *arg,
		      struct err *err)
{
	if (!r->sections[kind].is_there)
		return true;
	byte_reader_seek(&r->bytes, r->sections[kind].from, r->sections[kind].line);
	return r->format->rows(r, kind, fn, arg, err);
}

void book_reader_release(struct book_reader *r)
{
	text_release(&r->row);
}

bool(fail_at)(struct book_reader *r, unsigned line, struct err *err, const char *format, ...)
{
	char what[ERR_TEXT_SIZE];
	va_list args;

	if (r->bytes.failed) {
		*err = r->bytes.why;
		return false;
	}
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	return fail(err, ERR_INVALID, "%s:%u: %s", r->bytes.source->name, line, what);
}

bool book_head_is_known(struct book_reader *r, struct err *err)
{
	if (r->head.version == BOOK_FILE_VERSION)
		return true;
	if (r->head.version < BOOK_FILE_VERSION)
		return fail(err, ERR_INVALID, "%s: it does not say which version of '%s' it is",
			    r->bytes.source->name, BOOK_FILE_NAME);
	fail(err, ERR_INVALID,
	     "%s was written by a newer portbook: it has version %u of '%s', and "
	     "this one knows %d",
	     r->bytes.source->name, r->head.version, BOOK_FILE_NAME, BOOK_FILE_VERSION);
	return fail_hint(err, "read it with that portbook, or a newer one");
}
