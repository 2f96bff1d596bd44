/*
 * formats/book_json.c - a book as one JSON object.
 *
 * {
 * "format": "portbook-book",
 * "version": 1,
 * "schemaVersion": 1,
 * "settings": [
 * {...},
 * {...}
 * ],
 * ...
 * }
 *
 * The whole is never parsed at once: the reader cuts the rows out of the
 * sections, and only those go through the parser.  So a file is as long as it
 * likes, and a row is not.  What another program wrote with the same members,
 * in another order and with other blanks, is as good.
 */
#include <string.h>

#include "formats/book_file.h"

/* Writing. */

static bool start(struct book_writer *w, const struct book_file_head *head)
{
	text_addf(&w->waiting, "{\n\"format\": \"%s\",\n\"version\": %u,\n\"schemaVersion\": %u",
		  BOOK_FILE_NAME, head->version, head->schema);
	if (head->project[0])
		text_addf(&w->waiting, ",\n\"project\": \"%s\"", head->project);
	return text_ok(&w->waiting);
}

static void close_section(struct book_writer *w)
{
	if (w->section >= 0)
		text_add(&w->waiting, w->has_rows ? "\n]" : "]");
}

/* Also those that have no rows, up to this one. */
static void open_sections(struct book_writer *w, int upto)
{
	while (w->section < upto) {
		close_section(w);
		w->section++;
		w->has_rows = false;
		text_addf(&w->waiting, ",\n\"%s\": [", record_plural((enum record_kind)w->section));
	}
}

static bool add(struct book_writer *w, enum record_kind kind, const json_t *row)
{
	open_sections(w, (int)kind);
	text_add(&w->waiting, w->has_rows ? ",\n" : "\n");
	w->has_rows = true;
	text_add_json(&w->waiting, row, JSON_COMPACT);
	return text_ok(&w->waiting);
}

static bool end(struct book_writer *w)
{
	open_sections(w, RECORD_KIND_COUNT - 1);
	close_section(w);
	text_add(&w->waiting, "\n}\n");
	return text_ok(&w->waiting);
}

/* Cutting. */

static bool is_blank(int c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static int next_of(struct byte_reader *b)
{
	while (is_blank(byte_peek(b)))
		byte_skip(b);
	return byte_peek(b);
}

/* The place in a value: how deep, and what a quote or a brace means there. */
struct cut {
	unsigned depth;
	bool in_text, escaped, is_scalar, done;
};

/* How many of these bytes belong to the value; `c->done` when it has ended. */
static size_t cut_span(struct cut *c, const char *bytes, size_t len, unsigned *line)
{
	for (size_t i = 0; i < len; i++) {
		char byte = bytes[i];

		*line += byte == '\n';
		if (c->escaped) {
			c->escaped = false;
		} else if (c->in_text) {
			c->escaped = byte == '\\';
			c->in_text = byte != '"';
			c->done = !c->in_text && c->depth == 0;
		} else if (byte == '"') {
			c->in_text = true;
		} else if (byte == '{' || byte == '[') {
			c->depth++;
		} else if (c->depth && (byte == '}' || byte == ']')) {
			c->done = --c->depth == 0;
		} else if (c->depth == 0 && (is_blank(byte) || strchr(",:}]", byte))) {
			/* It ends a number or a word, and is not part of it. */
			*line -= byte == '\n';
			c->done = true;
			return i;
		}
		if (c->done)
			return i + 1;
	}
	return len;
}

static bool fail_cut_off(struct book_reader *r, struct err *err)
{
	if (!fail_at(r, r->bytes.line, err, "the file ends in the middle: it was cut off") &&
	    err->code == ERR_INVALID)
		(void)fail_hint(err, "get the whole file, or export it again");
	return false;
}

/* The next value's text into r->row, or, with `skip`, over it. */
static bool cut_value(struct book_reader *r, bool skip, struct err *err)
{
	struct byte_reader *b = &r->bytes;
	struct cut c = { 0 };
	unsigned line;
	size_t total = 0;

	r->row.len = 0;
	(void)next_of(b);
	line = b->line;
	while (!c.done && byte_peek(b) != BYTE_END) {
		size_t n = cut_span(&c, b->buffer + b->at, b->len - b->at, &b->line);

		if (!skip)
			text_add_bytes(&r->row, b->buffer + b->at, n);
		b->at += n;
		total += n;
		if (total > BOOK_FILE_ROW_MAX)
			return fail_at(r, line, err, "what starts here is longer than %zu bytes",
				       BOOK_FILE_ROW_MAX);
	}
	if (!total && byte_peek(b) != BYTE_END)
		return fail_at(r, line, err, "a value is missing");
	if (!c.done)
		return fail_cut_off(r, err);
	return text_ok(&r->row) || fail_memory(err);
}

static bool parse_value(struct book_reader *r, json_t **ret, struct err *err)
{
	unsigned line;
	struct err why = { 0 };

	(void)next_of(&r->bytes);
	line = r->bytes.line;
	if (!cut_value(r, false, err))
		return false;
	if (json_parse(text_str(&r->row), r->row.len, ret, &why))
		return true;
	if (why.code != ERR_INVALID) {
		*err = why;
		return false;
	}
	return fail_at(r, line, err, "%.400s", why.text);
}

static bool expect(struct book_reader *r, char want, struct err *err)
{
	int c = next_of(&r->bytes);

	if (c == BYTE_END)
		return fail_cut_off(r, err);
	if (c != want)
		return fail_at(r, r->bytes.line, err, "'%c' is missing", want);
	byte_skip(&r->bytes);
	return true;
}

/* Behind a value: is there another? The end is eaten. */
static bool another(struct book_reader *r, char closing, bool *ret, struct err *err)
{
	int c = next_of(&r->bytes);

	*ret = c == ',';
	if (c == ',' || c == closing) {
		byte_skip(&r->bytes);
		return true;
	}
	return c == BYTE_END ? fail_cut_off(r, err)
			     : fail_at(r, r->bytes.line, err, "',' or '%c' is missing", closing);
}

/* Is the list or object that was opened an empty one? The end is eaten then. */
static bool is_empty(struct book_reader *r, char closing)
{
	if (next_of(&r->bytes) != closing)
		return false;
	byte_skip(&r->bytes);
	return true;
}

/* The first way through. */

static bool index_section(struct book_reader *r, enum record_kind kind, struct err *err)
{
	bool more;

	if (r->sections[kind].is_there)
		return fail_at(r, r->bytes.line, err, "'%s' is there twice", record_plural(kind));
	if (!expect(r, '[', err))
		return false;
	r->sections[kind].is_there = true;
	r->sections[kind].from = byte_reader_place(&r->bytes);
	r->sections[kind].line = r->bytes.line;
	for (more = !is_empty(r, ']'); more;)
		if (!cut_value(r, true, err) || !another(r, ']', &more, err))
			return false;
	return true;
}

static bool take_head(struct book_reader *r, const char *name, const json_t *value, unsigned line,
		      struct err *err)
{
	const char *text = json_string_value(value);

	if (!strcmp(name, "version") && json_is_integer(value) && json_integer_value(value) > 0)
		r->head.version = (unsigned)json_integer_value(value);
	else if (!strcmp(name, "schemaVersion") && json_is_integer(value))
		r->head.schema = (unsigned)json_integer_value(value);
	else if (!strcmp(name, "project") && text && strlen(text) < sizeof(r->head.project))
		memcpy(r->head.project, text, strlen(text) + 1);
	else if (strcmp(name, "format") != 0 || !text || strcmp(text, BOOK_FILE_NAME) != 0)
		return fail_at(r, line, err, "'%.80s' is nothing that a book's file has there",
			       name);
	return true;
}

static bool index_member(struct book_reader *r, struct err *err)
{
	CLEANUP(json_cleanup) json_t *name = NULL;
	CLEANUP(json_cleanup) json_t *value = NULL;
	enum record_kind kind;
	unsigned line;

	if (!parse_value(r, &name, err))
		return false;
	line = r->bytes.line;
	if (!json_is_string(name))
		return fail_at(r, line, err, "a name in quotes is missing");
	if (!expect(r, ':', err))
		return false;
	if (record_from_plural(json_string_value(name), &kind))
		return index_section(r, kind, err);
	return parse_value(r, &value, err) &&
	       take_head(r, json_string_value(name), value, line, err);
}

static void skip_mark(struct byte_reader *b)
{
	static const char mark[] = "\xef\xbb\xbf";

	if (byte_peek(b) == 0xef && b->len >= 3 && !memcmp(b->buffer, mark, 3))
		b->at = 3;
}

static bool index_file(struct book_reader *r, struct err *err)
{
	bool more;

	skip_mark(&r->bytes);
	if (next_of(&r->bytes) != '{')
		return fail_at(r, r->bytes.line, err,
			       "this is not JSON: it does not start with '{'");
	byte_skip(&r->bytes);
	for (more = !is_empty(r, '}'); more;)
		if (!index_member(r, err) || !another(r, '}', &more, err))
			return false;
	if (next_of(&r->bytes) != BYTE_END || r->bytes.failed)
		return fail_at(r, r->bytes.line, err, "there is more after the end of the object");
	return book_head_is_known(r, err);
}

/* The rows. */

static bool rows(struct book_reader *r, enum record_kind kind, book_row_fn *fn, void *arg,
		 struct err *err)
{
	bool more;

	(void)kind;
	for (more = !is_empty(r, ']'); more;) {
		CLEANUP(json_cleanup) json_t *row = NULL;
		unsigned line;

		(void)next_of(&r->bytes);
		line = r->bytes.line;
		if (!parse_value(r, &row, err) || !fn(row, line, arg, err) ||
		    !another(r, ']', &more, err))
			return false;
	}
	return true;
}

const struct book_file_format book_json = {
	.name = "json",
	.start = start,
	.add = add,
	.end = end,
	.index = index_file,
	.rows = rows,
};

bool book_json_is_likely(const char *bytes, size_t len)
{
	/* Rationale: the name is the first member that an export writes. */
	size_t near = len < 4096 ? len : 4096;

	return memmem(bytes, near, "\"" BOOK_FILE_NAME "\"", strlen(BOOK_FILE_NAME) + 2) != NULL;
}
