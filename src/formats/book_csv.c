/*
 * formats/book_csv.c - a book as comma-separated values (RFC 4180).
 *
 * One header for all kinds of rows; `record` says which kind a row is, and
 * those members that it does not have are empty.  The first row, `book`, has
 * the version of the format, the last one, `end`, how many rows there are: a
 * table that was cut off looks like a whole one else.
 *
 * "If double-quotes are used to enclose fields, then a double-quote appearing
 * inside a field must be escaped by preceding it with another double quote."
 * (RFC 4180, section 2.7.)
 *
 * A spreadsheet executes a field that starts with one of FORMULA; so such a
 * field, and one that starts with the guard itself, gets the guard before it.
 * Reading takes one guard away where one of those follows, and only there, so
 * that every text comes back as it was.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/book_file.h"

/* Source: OWASP, "CSV Injection". */
#define FORMULA "=+-@\t\r\n"
#define GUARD	'\''

/* Writing. */

static void add_field(struct text *t, const char *text)
{
	bool guarded = *text && (*text == GUARD || strchr(FORMULA, *text));

	/* A quoted "" is an empty text as well: nothing is lost where nothing is written. */
	if (!guarded && !strpbrk(text, ",\"\r\n;\t") && *text != ' ') {
		text_add(t, text);
		return;
	}
	text_add(t, guarded ? "\"'" : "\"");
	for (size_t len; (len = strcspn(text, "\"")), text[len]; text += len + 1) {
		text_add_bytes(t, text, len);
		text_add(t, "\"\"");
	}
	text_add(t, text);
	text_add(t, "\"");
}

/* False: no memory. */
static bool add_value(struct text *t, const json_t *value)
{
	CLEANUP(json_text_cleanup) char *text = NULL;

	if (!value || json_is_null(value))
		return true;
	if (json_is_string(value)) {
		add_field(t, json_string_value(value));
		return true;
	}
	if (!json_format(value, &text, NULL))
		return false;
	add_field(t, text);
	return true;
}

static bool add_line(struct book_writer *w, const char *word, const json_t *row)
{
	text_add(&w->waiting, word);
	for (const char *const *c = w->columns; *c; c++) {
		text_add(&w->waiting, ",");
		if (!add_value(&w->waiting, json_object_get(row, *c)))
			return false;
	}
	text_add(&w->waiting, "\r\n");
	return text_ok(&w->waiting);
}

static bool start(struct book_writer *w, const struct book_file_head *head)
{
	CLEANUP(json_cleanup)
	json_t *row = json_pack("{s:s, s:i, s:i, s:s*}", "name", BOOK_FILE_NAME, "value",
				(int)head->version, "seq", (int)head->schema, "projectName",
				head->project[0] ? head->project : NULL);

	text_add(&w->waiting, "record");
	for (const char *const *c = w->columns; *c; c++)
		text_addf(&w->waiting, ",%s", *c);
	text_add(&w->waiting, "\r\n");
	return row && add_line(w, "book", row);
}

static bool add(struct book_writer *w, enum record_kind kind, const json_t *row)
{
	return add_line(w, record_name(kind), row);
}

static bool end(struct book_writer *w)
{
	CLEANUP(json_cleanup) json_t *row = json_pack("{s:I}", "value", (json_int_t)w->rows);

	return row && add_line(w, "end", row);
}

/* Reading: one row. */

/* r->row has the fields one after the other, each with a NUL behind it. */
struct fields {
	size_t at[BOOK_FILE_COLUMNS_MAX], len[BOOK_FILE_COLUMNS_MAX];
	unsigned count;
	unsigned line; /* in which it starts */
};

static bool add_byte(struct book_reader *r, const struct fields *f, int c, struct err *err)
{
	char byte = (char)c;

	text_add_bytes(&r->row, &byte, 1);
	if (r->row.len > BOOK_FILE_ROW_MAX)
		return fail_at(r, f->line, err, "the row that starts here is longer than %zu bytes",
			       BOOK_FILE_ROW_MAX);
	return text_ok(&r->row) || fail_memory(err);
}

static bool fail_cut_off(struct book_reader *r, unsigned line, struct err *err)
{
	if (!fail_at(r, line, err,
		     "the file ends inside of the row that starts here: it was cut off") &&
	    err->code == ERR_INVALID)
		(void)fail_hint(err, "get the whole file, or export it again");
	return false;
}

static bool read_quoted(struct book_reader *r, const struct fields *f, struct err *err)
{
	struct byte_reader *b = &r->bytes;

	byte_skip(b);
	for (;;) {
		int c = byte_peek(b);

		if (c == BYTE_END)
			return fail_cut_off(r, f->line, err);
		byte_skip(b);
		if (c == '"' && byte_peek(b) != '"')
			return true;
		if (c == '"')
			byte_skip(b);
		if (!add_byte(r, f, c, err))
			return false;
	}
}

static bool ends_field(const struct book_reader *r, int c)
{
	return c == r->comma || c == '\r' || c == '\n' || c == BYTE_END;
}

static bool read_plain(struct book_reader *r, const struct fields *f, struct err *err)
{
	for (;;) {
		int c = byte_peek(&r->bytes);

		if (ends_field(r, c))
			return true;
		if (c == '"')
			return fail_at(r, r->bytes.line, err,
				       "a quote in the middle of a field: the field has to be in "
				       "quotes, and the quote be written twice");
		byte_skip(&r->bytes);
		if (!add_byte(r, f, c, err))
			return false;
	}
}

static bool read_field(struct book_reader *r, struct fields *f, struct err *err)
{
	size_t at = r->row.len;

	if (f->count == BOOK_FILE_COLUMNS_MAX)
		return fail_at(r, f->line, err, "the row has more than %d fields",
			       BOOK_FILE_COLUMNS_MAX);
	if (byte_peek(&r->bytes) == '"' ? !read_quoted(r, f, err) : !read_plain(r, f, err))
		return false;
	if (!ends_field(r, byte_peek(&r->bytes)))
		return fail_at(r, r->bytes.line, err, "there is more after a closing quote");
	f->at[f->count] = at;
	f->len[f->count++] = r->row.len - at;
	return add_byte(r, f, '\0', err);
}

/* Step over the end of a row. */
static void skip_line_end(struct byte_reader *b)
{
	if (byte_peek(b) == '\r')
		byte_skip(b);
	if (byte_peek(b) == '\n')
		byte_skip(b);
}

/* `*ret_any` false: there are no more rows. */
static bool read_row(struct book_reader *r, struct fields *f, bool *ret_any, struct err *err)
{
	f->count = 0;
	f->line = r->bytes.line;
	r->row.len = 0;
	*ret_any = byte_peek(&r->bytes) != BYTE_END;
	if (r->bytes.failed)
		return fail_at(r, f->line, err, " ");
	while (*ret_any) {
		if (!read_field(r, f, err))
			return false;
		if (r->bytes.failed || byte_peek(&r->bytes) != r->comma)
			break;
		byte_skip(&r->bytes);
	}
	if (*ret_any)
		skip_line_end(&r->bytes);
	return !r->bytes.failed || fail_at(r, f->line, err, " ");
}

static const char *field_of(const struct book_reader *r, const struct fields *f, unsigned i)
{
	return text_str(&r->row) + f->at[i];
}

static bool is_empty_row(const struct fields *f)
{
	for (unsigned i = 0; i < f->count; i++)
		if (f->len[i])
			return false;
	return true;
}

/* The row's members: what is not empty. */
static json_t *row_json(struct book_reader *r, const struct fields *f, struct err *err)
{
	json_t *o = json_object();

	for (unsigned i = 0; o && i < f->count; i++) {
		const char *text = field_of(r, f, i);
		size_t len = f->len[i];

		if (!len || !strcmp(r->columns[i], "record"))
			continue;
		if (len > 1 && *text == GUARD && (text[1] == GUARD || strchr(FORMULA, text[1])))
			text++, len--;
		if (!memchr(text, '\0', len) && json_put(o, r->columns[i], json_stringn(text, len)))
			continue;
		fail_at(r, f->line, err, "'%s' is not UTF-8 text", r->columns[i]);
		json_decref(o);
		return NULL;
	}
	if (!o)
		fail_memory(err);
	return o;
}

/* The header. */

static bool is_column(const struct book_reader *r, const char *name)
{
	for (unsigned i = 0; i < r->n_columns; i++)
		if (!strcmp(r->columns[i], name))
			return true;
	return false;
}

static bool read_header(struct book_reader *r, struct err *err)
{
	struct fields f;
	bool any;

	if (!read_row(r, &f, &any, err))
		return false;
	for (unsigned i = 0; i < f.count; i++) {
		const char *name = field_of(r, &f, i);

		if (f.len[i] >= sizeof(r->columns[i]) || strlen(name) != f.len[i] || !f.len[i])
			return fail_at(r, f.line, err, "this is not the header of a book's table");
		if (is_column(r, name))
			return fail_at(r, f.line, err, "the column '%s' is there twice", name);
		memcpy(r->columns[r->n_columns++], name, f.len[i] + 1);
	}
	return is_column(r, "record") ||
	       fail_at(r, f.line, err,
		       "this is not the header of a book's table: there is no column 'record'");
}

/* A spreadsheet writes what its language has for a comma. */
static char comma_of(struct byte_reader *b)
{
	size_t i = 0;

	(void)byte_peek(b);
	while (b->at + i < b->len && !strchr(",;\t\r\n", b->buffer[b->at + i]))
		i++;
	if (b->at + i < b->len && (b->buffer[b->at + i] == ';' || b->buffer[b->at + i] == '\t'))
		return b->buffer[b->at + i];
	return ',';
}

static void skip_mark(struct byte_reader *b)
{
	if (byte_peek(b) == 0xef && b->len >= 3 && !memcmp(b->buffer, "\xef\xbb\xbf", 3))
		b->at = 3;
}

/* The first way through. */

struct indexing {
	struct book_reader *r;
	uint64_t rows, said; /* rows that were met, and that the file says it has */
	bool has_head, has_end;
};

static unsigned record_column(const struct book_reader *r)
{
	unsigned i = 0;

	while (strcmp(r->columns[i], "record") != 0)
		i++;
	return i;
}

static uint64_t number_in(const json_t *row, const char *name)
{
	const char *text = json_text_of(row, name);

	return text ? strtoull(text, NULL, 10) : 0;
}

/* The rows that are none of the book: what the file says of itself. */
static bool take_own_row(struct indexing *x, const char *word, const struct fields *f,
			 struct err *err)
{
	struct book_reader *r = x->r;
	CLEANUP(json_cleanup) json_t *row = row_json(r, f, err);
	const char *project = json_text_of(row, "projectName");
	const char *name = json_text_of(row, "name");

	if (!row)
		return false;
	if (!strcmp(word, "end")) {
		x->has_end = true;
		x->said = number_in(row, "value");
		return true;
	}
	if (strcmp(word, "book") != 0 || !name || strcmp(name, BOOK_FILE_NAME) != 0)
		return fail_at(r, f->line, err, "'%.24s' is no kind of row", word);
	x->has_head = true;
	r->head.version = (unsigned)number_in(row, "value");
	r->head.schema = (unsigned)number_in(row, "seq");
	if (project && strlen(project) < sizeof(r->head.project))
		memcpy(r->head.project, project, strlen(project) + 1);
	return true;
}

static bool index_row(struct indexing *x, const struct fields *f, uint64_t from, struct err *err)
{
	struct book_reader *r = x->r;
	const char *word = field_of(r, f, record_column(r));
	enum record_kind kind;

	if (!record_from_name(word, &kind))
		return take_own_row(x, word, f, err);
	x->rows++;
	if (!r->sections[kind].is_there) {
		r->sections[kind].is_there = true;
		r->sections[kind].from = from;
		r->sections[kind].line = f->line;
	}
	r->sections[kind].to = byte_reader_place(&r->bytes);
	return true;
}

static bool has_all_fields(struct book_reader *r, const struct fields *f, struct err *err)
{
	if (f->count == r->n_columns)
		return true;
	if (byte_peek(&r->bytes) == BYTE_END)
		return fail_cut_off(r, f->line, err);
	return fail_at(r, f->line, err, "the row has %u fields, and the header %u", f->count,
		       r->n_columns);
}

static bool is_complete(const struct indexing *x, struct err *err)
{
	struct book_reader *r = x->r;

	if (!x->has_head)
		return fail_at(r, 2, err, "the row 'book' is missing, which says what this is");
	if (!book_head_is_known(r, err))
		return false;
	if (x->has_end && x->said == x->rows)
		return true;
	if (x->has_end)
		fail_at(r, r->bytes.line, err,
			"the row 'end' says that there are %llu rows, and there are %llu",
			(unsigned long long)x->said, (unsigned long long)x->rows);
	else
		fail_at(r, r->bytes.line, err, "the row 'end' is missing: the file was cut off");
	if (err->code != ERR_INVALID)
		return false;
	return fail_hint(err,
			 "get the whole file; if you left rows out yourself, write '%llu' into "
			 "the column 'value' of the row 'end'",
			 (unsigned long long)x->rows);
}

static bool index_file(struct book_reader *r, struct err *err)
{
	struct indexing x = { .r = r };
	struct fields f;
	bool any = true;

	skip_mark(&r->bytes);
	r->comma = comma_of(&r->bytes);
	if (!read_header(r, err))
		return false;
	while (any) {
		uint64_t from = byte_reader_place(&r->bytes);

		if (!read_row(r, &f, &any, err))
			return false;
		if (!any || is_empty_row(&f))
			continue;
		if (!has_all_fields(r, &f, err) || !index_row(&x, &f, from, err))
			return false;
	}
	return is_complete(&x, err);
}

/* The rows. */

static bool give_row(struct book_reader *r, const struct fields *f, book_row_fn *fn, void *arg,
		     struct err *err)
{
	CLEANUP(json_cleanup) json_t *row = row_json(r, f, err);

	return row && fn(row, f->line, arg, err);
}

static bool rows(struct book_reader *r, enum record_kind kind, book_row_fn *fn, void *arg,
		 struct err *err)
{
	const char *name = record_name(kind);
	unsigned column = record_column(r);
	struct fields f;
	bool any = true;

	while (any && byte_reader_place(&r->bytes) < r->sections[kind].to) {
		if (!read_row(r, &f, &any, err))
			return false;
		if (any && !is_empty_row(&f) && !strcmp(field_of(r, &f, column), name) &&
		    !give_row(r, &f, fn, arg, err))
			return false;
	}
	return true;
}

const struct book_file_format book_csv = {
	.name = "csv",
	.start = start,
	.add = add,
	.end = end,
	.index = index_file,
	.rows = rows,
};

bool book_csv_is_likely(const char *bytes, size_t len)
{
	const char *end = memchr(bytes, '\n', len);
	size_t line = end ? (size_t)(end - bytes) : len;

	return memmem(bytes, line, "record", 6) && memmem(bytes, line, "serviceName", 11) &&
	       (memchr(bytes, ',', line) || memchr(bytes, ';', line) || memchr(bytes, '\t', line));
}
