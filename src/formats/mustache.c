/*
 * The template is taken apart into pieces first, each section knowing its end; then
 * the pieces are walked.  A tag that stands alone on its line takes the line with it.
 */
#include "formats/mustache.h"

#include <string.h>

#include "base/arena.h"
#include "formats/render.h"

/* Rationale: the longest delimiters of the specification's cases have two letters. */
#define DELIMITER_SIZE 16

enum piece_kind {
	PIECE_TEXT,
	PIECE_ESCAPED,
	PIECE_RAW,
	PIECE_SECTION,
	PIECE_INVERTED,
	PIECE_END,
};

struct piece {
	enum piece_kind kind;
	const char *at; /* the text, or the name */
	size_t len;
	unsigned line;
	unsigned end; /* of a section: which piece ends it */
};

struct template
{
	const char *bytes, *file;
	size_t len;
	struct arena arena;
	struct piece *pieces;
	unsigned count, room;
};

static void template_release(struct template *t)
{
	arena_release(&t->arena);
}

/* --- taking apart */

struct parsing {
	struct template *t;
	size_t at;	/* behind what has become pieces */
	size_t counted; /* up to here lines have been counted ... */
	unsigned line;	/* ... and this is the one there */
	char open[DELIMITER_SIZE], close[DELIMITER_SIZE];
	unsigned sections[MUSTACHE_MAX_DEPTH]; /* those that are open */
	unsigned depth;
};

/* What stands between the delimiters, with where the tag starts and ends. */
struct tag {
	char sigil; /* '#', '^', '/', '&', '!', '=', '>', '{'; 0: a name */
	const char *name;
	size_t len;
	size_t start, end;
	unsigned line;
};

static bool add_piece(struct template *t, struct piece piece, struct err *err)
{
	struct piece *pieces = arena_grow(&t->arena, t->pieces, t->count, &t->room,
					  sizeof(*pieces));

	if (!pieces)
		return fail_memory(err);
	t->pieces = pieces;
	t->pieces[t->count++] = piece;
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_space(char c)
{
	return is_blank(c) || c == '\n' || c == '\r';
}

static void trim(const char **at, size_t *len)
{
	while (*len && is_space(**at)) {
		(*at)++;
		(*len)--;
	}
	while (*len && is_space((*at)[*len - 1]))
		(*len)--;
}

/* The sigils that may close with more than the delimiter: {{{name}}}, {{=<% %>=}}. */
static void closing_of(const struct parsing *p, char sigil, char ret[static DELIMITER_SIZE + 1])
{
	const char *more = sigil == '=' ? "=" : sigil == '{' ? "}" : "";
	size_t len = strlen(p->close);

	ret[0] = more[0];
	memcpy(ret + (more[0] != '\0'), p->close, len + 1);
}

/* Each byte is looked at once for the lines of all tags. */
static unsigned line_of(struct parsing *p, size_t at)
{
	for (; p->counted < at; p->counted++)
		p->line += p->t->bytes[p->counted] == '\n';
	return p->line;
}

static bool read_tag(struct parsing *p, size_t start, struct tag *ret, struct err *err)
{
	const struct template *t = p->t;
	const char *at = t->bytes + start + strlen(p->open), *end = t->bytes + t->len, *stop;
	char closing[DELIMITER_SIZE + 1];
	struct tag tag = { .start = start, .line = line_of(p, start) };

	if (at < end && *at && strchr("#^/&!=>", *at))
		tag.sigil = *at++;
	else if (at < end && *at == '{' && !strcmp(p->open, "{{"))
		tag.sigil = *at++;
	closing_of(p, tag.sigil, closing);
	stop = memmem(at, (size_t)(end - at), closing, strlen(closing));
	if (!stop)
		return render_fail(err, t->file, tag.line, "a tag without its '%s'", closing);
	tag.name = at;
	tag.len = (size_t)(stop - at);
	tag.end = (size_t)(stop - t->bytes) + strlen(closing);
	trim(&tag.name, &tag.len);
	if (!tag.len && tag.sigil != '!')
		return render_fail(err, t->file, tag.line, "a tag without a name");
	*ret = tag;
	return true;
}

/*
 * Is the tag alone on its line?  Then the line is `*ret_start` to `*ret_end`.
 * Source: the specification's "Standalone" cases.
 */
static bool is_alone(const struct template *t, const struct tag *tag, size_t *ret_start,
		     size_t *ret_end)
{
	size_t start = tag->start, end = tag->end;

	if (!tag->sigil || !strchr("#^/!=", tag->sigil))
		return false;
	while (start && is_blank(t->bytes[start - 1]))
		start--;
	while (end < t->len && is_blank(t->bytes[end]))
		end++;
	if (start && t->bytes[start - 1] != '\n')
		return false;
	if (t->len - end >= 2 && !memcmp(t->bytes + end, "\r\n", 2))
		end++;
	if (end < t->len && t->bytes[end] != '\n')
		return false;
	*ret_start = start;
	*ret_end = end + (end < t->len);
	return true;
}

static bool take_delimiter(const char *at, size_t len, char ret[static DELIMITER_SIZE])
{
	if (!len || len >= DELIMITER_SIZE || memchr(at, '=', len))
		return false;
	memcpy(ret, at, len);
	ret[len] = '\0';
	return true;
}

/* "<% %>" */
static bool set_delimiters(struct parsing *p, const struct tag *tag, struct err *err)
{
	size_t first = 0, second;

	while (first < tag->len && !is_space(tag->name[first]))
		first++;
	for (second = first; second < tag->len && is_space(tag->name[second]);)
		second++;
	return (take_delimiter(tag->name, first, p->open) &&
		take_delimiter(tag->name + second, tag->len - second, p->close)) ||
	       render_fail(err, p->t->file, tag->line, "no two delimiters, as in {{=<%% %%>=}}");
}

static bool open_section(struct parsing *p, const struct tag *tag, struct err *err)
{
	if (p->depth == MUSTACHE_MAX_DEPTH)
		return render_fail(err, p->t->file, tag->line,
				   "more than %d sections in each other", MUSTACHE_MAX_DEPTH);
	p->sections[p->depth++] = p->t->count;
	return true;
}

static bool close_section(struct parsing *p, const struct tag *tag, struct err *err)
{
	struct piece *open = p->depth ? &p->t->pieces[p->sections[p->depth - 1]] : NULL;

	if (!open || open->len != tag->len || memcmp(open->at, tag->name, tag->len) != 0)
		return render_fail(err, p->t->file, tag->line,
				   "the section '%.*s' ends here, and is not the one that is open",
				   (int)tag->len, tag->name);
	open->end = p->t->count;
	p->depth--;
	return true;
}

static bool take_tag(struct parsing *p, const struct tag *tag, struct err *err)
{
	struct piece piece = { PIECE_ESCAPED, tag->name, tag->len, tag->line, 0 };

	switch (tag->sigil) {
	case '!': return true;
	case '=': return set_delimiters(p, tag, err);
	case '>':
		return render_fail(err, p->t->file, tag->line,
				   "a partial: a template is one file here");
	case '#':
	case '^':
		piece.kind = tag->sigil == '#' ? PIECE_SECTION : PIECE_INVERTED;
		return open_section(p, tag, err) && add_piece(p->t, piece, err);
	case '/':
		piece.kind = PIECE_END;
		return close_section(p, tag, err) && add_piece(p->t, piece, err);
	case '&':
	case '{': piece.kind = PIECE_RAW; break;
	default: break;
	}
	return add_piece(p->t, piece, err);
}

static bool add_text_piece(struct parsing *p, size_t end, struct err *err)
{
	struct piece piece = { PIECE_TEXT, p->t->bytes + p->at, end - p->at, 0, 0 };

	return end == p->at || add_piece(p->t, piece, err);
}

static bool take_apart(struct template *t, struct err *err)
{
	struct parsing p = { .t = t, .line = 1, .open = "{{", .close = "}}" };

	while (p.at < t->len) {
		const char *open = memmem(t->bytes + p.at, t->len - p.at, p.open, strlen(p.open));
		size_t start, end;
		struct tag tag;

		if (!open)
			break;
		if (!read_tag(&p, (size_t)(open - t->bytes), &tag, err))
			return false;
		if (!is_alone(t, &tag, &start, &end)) {
			start = tag.start;
			end = tag.end;
		}
		if (!add_text_piece(&p, start, err) || !take_tag(&p, &tag, err))
			return false;
		p.at = end;
	}
	if (p.depth)
		return render_fail(err, t->file, t->pieces[p.sections[p.depth - 1]].line,
				   "a section starts here, and does not end");
	return add_text_piece(&p, t->len, err);
}

/* --- putting together */

struct rendering {
	const struct template *t;
	const json_t *stack[MUSTACHE_MAX_DEPTH + 1];
	unsigned depth;
	unsigned steps;
	struct text *ret;
};

/* The member with a name that is no string of its own. */
static const json_t *member(const json_t *object, const char *name, size_t len)
{
	const char *key;
	json_t *value;

	json_object_foreach(json_walked(object), key, value)
		if (strlen(key) == len && !memcmp(key, name, len))
			return value;
	return NULL;
}

/* "a.b": `a` of the innermost that has one, and `b` of that alone; NULL: there is none. */
static const json_t *look_up(const struct rendering *r, const char *name, size_t len)
{
	const char *dot = memchr(name, '.', len), *end = name + len;
	const json_t *value = NULL;

	if (len == 1 && dot)
		return r->stack[r->depth - 1];
	for (unsigned i = r->depth; i > 0 && !value; i--)
		value = member(r->stack[i - 1], name, dot ? (size_t)(dot - name) : len);
	while (value && dot) {
		name = dot + 1;
		dot = memchr(name, '.', (size_t)(end - name));
		value = member(value, name, (size_t)((dot ? dot : end) - name));
	}
	return value;
}

static void add_escaped(struct text *t, const char *text)
{
	static const char special[] = "&<>\"";
	static const char *const entities[] = { "&amp;", "&lt;", "&gt;", "&quot;" };

	while (*text) {
		size_t plain = strcspn(text, special);

		text_add_bytes(t, text, plain);
		text += plain;
		if (*text)
			text_add(t, entities[strchr(special, *text++) - special]);
	}
}

static void add_value(struct rendering *r, const struct piece *piece)
{
	const json_t *value = look_up(r, piece->at, piece->len);

	if (json_is_string(value) && piece->kind == PIECE_ESCAPED)
		add_escaped(r->ret, json_string_value(value));
	else if (json_is_string(value))
		text_add(r->ret, json_string_value(value));
	else if (json_is_number(value) || json_is_boolean(value))
		text_add_json(r->ret, value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
}

static bool is_nothing(const json_t *value)
{
	return !value || json_is_null(value) || json_is_false(value) ||
	       (json_is_array(value) && !json_array_size(value));
}

static bool put_together(struct rendering *r, unsigned from, unsigned to, struct err *err);

static bool with_value(struct rendering *r, unsigned section, const json_t *value, struct err *err)
{
	bool ok;

	r->stack[r->depth++] = value;
	ok = put_together(r, section + 1, r->t->pieces[section].end, err);
	r->depth--;
	return ok;
}

static bool add_section(struct rendering *r, unsigned at, struct err *err)
{
	const struct piece *piece = &r->t->pieces[at];
	const json_t *value = look_up(r, piece->at, piece->len), *one;
	size_t i;

	if (is_nothing(value) != (piece->kind == PIECE_INVERTED))
		return true;
	if (piece->kind == PIECE_INVERTED)
		return put_together(r, at + 1, piece->end, err);
	if (!json_is_array(value))
		return with_value(r, at, value, err);
	json_array_foreach(value, i, one)
		if (!with_value(r, at, one, err))
			return false;
	return true;
}

static bool put_together(struct rendering *r, unsigned from, unsigned to, struct err *err)
{
	for (unsigned i = from; i < to; i++) {
		const struct piece *piece = &r->t->pieces[i];

		if (++r->steps > MUSTACHE_MAX_STEPS)
			return render_fail(err, r->t->file, piece->line,
					   "its sections are repeated too often");
		switch (piece->kind) {
		case PIECE_TEXT: text_add_bytes(r->ret, piece->at, piece->len); break;
		case PIECE_ESCAPED:
		case PIECE_RAW: add_value(r, piece); break;
		case PIECE_SECTION:
		case PIECE_INVERTED:
			if (!add_section(r, i, err))
				return false;
			i = piece->end;
			break;
		case PIECE_END: break;
		}
	}
	return true;
}

bool mustache_render(const char *bytes, size_t len, const char *file, const json_t *values,
		     struct text *ret, struct err *err)
{
	CLEANUP(template_release) struct template t = { .bytes = bytes, .file = file, .len = len };
	struct rendering r = { .t = &t, .stack = { values }, .depth = 1, .ret = ret };

	return take_apart(&t, err) && put_together(&r, 0, t.count, err) &&
	       (text_ok(ret) || fail_memory(err));
}
