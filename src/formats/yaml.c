/*
 * The text of scalars is taken from the bytes between libfyaml's marks and
 * decoded here.  libfyaml 0.7.12 itself loses memory in fy_token_get_text() on
 * a text of many pieces, such as one with ten quotes in it, and its iterator
 * gives wrong pieces for it.
 */
#include "formats/yaml.h"

#include <ctype.h>
#include <errno.h>
#include <libfyaml.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

static bool fail_at(struct err *err, const char *file, unsigned line, unsigned column,
		    const char *what)
{
	return fail(err, ERR_INVALID, "%.200s:%u:%u: %s", file, line, column, what);
}

bool yaml_fail(const struct yaml *y, struct err *err, const char *format, ...)
{
	char what[ERR_TEXT_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	return fail_at(err, y->file, y->line, y->column, what);
}

/*
 * libfyaml says what is wrong in the diagnostics it collected; the first is the
 * cause.  Some faults have none, such as the block "|0": of these it is only
 * known that memory, too, was not what was missing.
 */
static bool fail_syntax(const struct yaml *y, struct err *err)
{
	void *at = NULL;
	const struct fy_diag_error *e = fy_diag_errors_iterate(y->diag, &at);

	if (!e && errno == ENOMEM)
		return fail_memory(err);
	if (!e)
		return yaml_fail(y, err, "not YAML");
	return fail_at(err, y->file, e->line > 0 ? (unsigned)e->line : y->line,
		       e->column > 0 ? (unsigned)e->column : y->column, e->msg);
}

/* The line of the first byte that is not text. */
static bool fail_encoding(struct yaml *y, const char *bytes, size_t len, struct err *err)
{
	y->line = 1;
	y->column = 1;
	for (const char *end = memchr(bytes, '\n', len);
	     end && utf8_is_valid(bytes, (size_t)(end - bytes)); end = memchr(bytes, '\n', len)) {
		len -= (size_t)(end + 1 - bytes);
		bytes = end + 1;
		y->line++;
	}
	return yaml_fail(y, err, "bytes that are not UTF-8 text");
}

static struct fy_diag *diag_quiet(void)
{
	struct fy_diag_cfg cfg;
	struct fy_diag *diag;

	fy_diag_cfg_default(&cfg);
	cfg.fp = NULL; /* nothing is printed: cli/ speaks */
	diag = fy_diag_create(&cfg);
	if (diag)
		fy_diag_set_collect_errors(diag, true);
	return diag;
}

/* Rationale: setting libfyaml up takes 6 KB; more than 128 KB would not stay in the heap. */
#define ROOM_SIZE 65536

/*
 * libfyaml 0.7.12 writes through NULL when there is no memory for its input.
 * So the heap is made to have some.
 */
static bool has_room(void)
{
	void *volatile room = malloc(ROOM_SIZE); /* volatile: or it is optimised away */

	free(room);
	return room != NULL;
}

bool yaml_open(struct yaml *y, const char *bytes, size_t len, const char *file, struct err *err)
{
	struct fy_parse_cfg cfg = { .flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_JSON_NONE };

	y->bytes = bytes;
	y->file = file;
	if (len > YAML_MAX_BYTES)
		return fail(err, ERR_INVALID, "'%.200s' is longer than %d bytes", file,
			    YAML_MAX_BYTES);
	if (!utf8_is_valid(bytes, len))
		return fail_encoding(y, bytes, len, err);
	y->line = 1;
	y->column = 1;
	y->kind = YAML_END;
	y->ended = len == 0;
	if (y->ended)
		return true;
	if (has_room())
		y->diag = cfg.diag = diag_quiet();
	if (!y->diag)
		return fail_memory(err);
	y->parser = fy_parser_create(&cfg);
	if (!y->parser || fy_parser_set_string(y->parser, bytes, len) != 0)
		return fail_memory(err);
	return yaml_next(y, err);
}

static void take_place(struct yaml *y, struct fy_token *token)
{
	const struct fy_mark *mark = token ? fy_token_start_mark(token) : NULL;

	if (!mark)
		return;
	y->line = (unsigned)mark->line + 1;
	y->column = (unsigned)mark->column + 1;
	y->from = y->to = mark->input_pos;
}

static void take_name(struct yaml *y, struct fy_token *token)
{
	const struct fy_mark *start = token ? fy_token_start_mark(token) : NULL;
	const struct fy_mark *end = token ? fy_token_end_mark(token) : NULL;

	if (!start || !end)
		return;
	y->name_from = start->input_pos;
	y->name_to = end->input_pos;
}

static void add_character(struct text *t, uint32_t c)
{
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	unsigned len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	char bytes[4];

	for (unsigned i = len - 1; i > 0; i--) {
		bytes[i] = (char)(0x80 | (c & 0x3f));
		c >>= 6;
	}
	bytes[0] = (char)(lead[len] | c);
	text_add_bytes(t, bytes, len);
}

/* So many hexadecimal digits; 0, which is no character here, if they are not there. */
static uint32_t hex(const char *at, const char *end, unsigned digits)
{
	uint32_t n = 0;

	for (; digits && at < end && isxdigit((unsigned char)*at); digits--, at++)
		n = n << 4 | (uint32_t)(*at <= '9' ? *at - '0' : (*at | 0x20) - 'a' + 10);
	return digits ? 0 : n;
}

/*
 * What stands behind the '\'; returns where the text goes on, NULL: it is no
 * escape.  Source: YAML 1.2.2, 5.7 "Escaped Characters"; \0 is none of ours.
 */
static const char *add_escape(struct text *t, const char *at, const char *end)
{
	static const struct {
		char letter;
		unsigned digits;
		uint32_t c;
	} escapes[] = {
		{ 'a', 0, 0x07 },   { 'b', 0, 0x08 }, { 't', 0, 0x09 }, { '\t', 0, 0x09 },
		{ 'n', 0, 0x0a },   { 'v', 0, 0x0b }, { 'f', 0, 0x0c }, { 'r', 0, 0x0d },
		{ 'e', 0, 0x1b },   { ' ', 0, 0x20 }, { '"', 0, 0x22 }, { '/', 0, 0x2f },
		{ '\\', 0, 0x5c },  { 'N', 0, 0x85 }, { '_', 0, 0xa0 }, { 'L', 0, 0x2028 },
		{ 'P', 0, 0x2029 }, { 'x', 2, 0 },    { 'u', 4, 0 },	{ 'U', 8, 0 },
	};

	for (size_t i = 0; at < end && i < ARRAY_LEN(escapes); i++) {
		unsigned digits = escapes[i].digits;
		uint32_t c = digits ? hex(at + 1, end, digits) : escapes[i].c;

		if (escapes[i].letter != *at)
			continue;
		if (c == 0 || c > 0x10ffff)
			return NULL;
		add_character(t, c);
		return at + 1 + digits;
	}
	return NULL;
}

/* False: an escape in it is none. */
static bool decode(struct text *t, enum fy_scalar_style style, const char *at, const char *end)
{
	char special = style == FYSS_SINGLE_QUOTED ? '\'' : '\\';

	if (style == FYSS_PLAIN) {
		text_add_bytes(t, at, (size_t)(end - at));
		return true;
	}
	while (at && at < end) {
		const char *stop = memchr(at, special, (size_t)(end - at));

		text_add_bytes(t, at, (size_t)((stop ? stop : end) - at));
		if (!stop)
			return true;
		if (style == FYSS_DOUBLE_QUOTED) {
			at = add_escape(t, stop + 1, end);
		} else { /* two quotes mean one */
			text_add(t, "'");
			at = stop + 2;
		}
	}
	return at != NULL;
}

static bool take_text(struct yaml *y, struct fy_token *token, enum fy_scalar_style style,
		      struct err *err)
{
	const struct fy_mark *from = fy_token_start_mark(token), *to = fy_token_end_mark(token);
	const char *at, *end;

	if (!from || !to) /* nothing was written */
		return true;
	at = y->bytes + from->input_pos;
	end = y->bytes + to->input_pos;
	y->to = to->input_pos;
	y->is_long = style == FYSS_LITERAL || style == FYSS_FOLDED ||
		     memchr(at, '\n', (size_t)(end - at)) || memchr(at, '\r', (size_t)(end - at));
	y->behind = y->to + (style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED);
	if (y->is_long)
		return true;
	if (!decode(&y->text, style, at, end) || !utf8_is_valid(text_str(&y->text), y->text.len))
		return yaml_fail(y, err, "a '\\' that stands for no character");
	return text_ok(&y->text) || fail_memory(err);
}

static bool take_scalar(struct yaml *y, const struct fy_event *event, struct err *err)
{
	struct fy_token *token = event->scalar.value;
	enum fy_scalar_style style = token ? fy_token_scalar_style(token) : FYSS_PLAIN;

	y->kind = YAML_SCALAR;
	take_place(y, token);
	y->has_anchor = event->scalar.anchor != NULL;
	take_name(y, event->scalar.anchor);
	y->has_tag = event->scalar.tag != NULL;
	y->is_quoted = style != FYSS_PLAIN;
	if (style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED)
		y->column--; /* libfyaml's marks stand inside the quotes */
	return !token || take_text(y, token, style, err);
}

static void take_start(struct yaml *y, enum yaml_kind kind, struct fy_token *start,
		       struct fy_token *anchor, struct fy_token *tag)
{
	y->kind = kind;
	take_place(y, start);
	y->has_anchor = anchor != NULL;
	take_name(y, anchor);
	y->has_tag = tag != NULL;
}

/* False in `*ret_shown` for the events between documents, which callers do not see. */
static bool take(struct yaml *y, const struct fy_event *event, bool *ret_shown, struct err *err)
{
	*ret_shown = true;
	switch (event->type) {
	case FYET_SCALAR: return take_scalar(y, event, err);
	case FYET_SEQUENCE_START:
		take_start(y, YAML_LIST, event->sequence_start.sequence_start,
			   event->sequence_start.anchor, event->sequence_start.tag);
		return true;
	case FYET_MAPPING_START:
		take_start(y, YAML_MAP, event->mapping_start.mapping_start,
			   event->mapping_start.anchor, event->mapping_start.tag);
		return true;
	case FYET_SEQUENCE_END: y->kind = YAML_LIST_END; return true;
	case FYET_MAPPING_END: y->kind = YAML_MAP_END; return true;
	case FYET_ALIAS:
		take_start(y, YAML_ALIAS, event->alias.anchor, NULL, NULL);
		take_name(y, event->alias.anchor);
		y->column--; /* the mark stands behind the '*' */
		return true;
	case FYET_STREAM_END: y->kind = YAML_END; return true;
	case FYET_DOCUMENT_END:
		y->had_document = true;
		*ret_shown = false;
		return true;
	case FYET_DOCUMENT_START:
		*ret_shown = false;
		return !y->had_document || yaml_fail(y, err, "a second document starts after this");
	case FYET_NONE:
	case FYET_STREAM_START: *ret_shown = false; return true;
	}
	return yaml_fail(y, err, "not YAML");
}

/* What stands at the end of a map is known when all of its keys are. */
static bool close_level(struct yaml *y, struct err *err)
{
	const struct yaml_key *twice = yaml_keys_close(&y->keys);
	char what[ERR_TEXT_SIZE];

	if (!twice)
		return true;
	snprintf(what, sizeof(what), "'%.100s' stands twice in a map", twice->name);
	return fail_at(err, y->file, twice->line, twice->column, what);
}

static bool check_keys(struct yaml *y, struct err *err)
{
	const bool is_text = y->kind == YAML_SCALAR && !y->is_long;
	const bool starts = y->kind == YAML_MAP || y->kind == YAML_LIST;

	if (y->kind == YAML_MAP_END || y->kind == YAML_LIST_END)
		return close_level(y, err);
	return y->kind == YAML_END ||
	       (yaml_keys_value(&y->keys, is_text ? text_str(&y->text) : NULL, y->line, y->column,
				err) &&
		(!starts || yaml_keys_open(&y->keys, y->kind == YAML_MAP, err)));
}

/* One event; NULL at the end and on an error, which the parser remembers. */
static bool step(struct yaml *y, bool *ret_shown, struct err *err)
{
	struct fy_event *event;
	bool ok;

	errno = 0;
	event = fy_parser_parse(y->parser);
	if (!event)
		return fail_syntax(y, err);
	ok = take(y, event, ret_shown, err) && (!*ret_shown || check_keys(y, err));
	fy_parser_event_free(y->parser, event);
	return ok;
}

bool yaml_next(struct yaml *y, struct err *err)
{
	bool shown = false;

	if (y->ended)
		return true;
	text_clear(&y->text);
	y->name_from = y->name_to = 0;
	y->is_long = y->is_quoted = y->has_anchor = y->has_tag = false;
	while (!shown)
		if (!step(y, &shown, err))
			return false;
	y->ended = y->kind == YAML_END;
	return true;
}

bool yaml_skip(struct yaml *y, struct err *err)
{
	unsigned depth = 0;

	do {
		if (y->kind == YAML_LIST || y->kind == YAML_MAP)
			depth++;
		else if (y->kind == YAML_LIST_END || y->kind == YAML_MAP_END)
			depth--;
		if (!yaml_next(y, err))
			return false;
	} while (depth && y->kind != YAML_END);
	return true;
}

void yaml_release(struct yaml *y)
{
	text_release(&y->text);
	yaml_keys_release(&y->keys);
	fy_parser_destroy(y->parser);
	fy_diag_destroy(y->diag);
}
