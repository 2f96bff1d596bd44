/* Words: quoting, and what the shell would put in place of something else. */
#include <ctype.h>
#include <string.h>

#include "base/macros.h"
#include "formats/shell_reader.h"

/* A word that grows. */
struct growing {
	char *text;
	struct shell_spot *spots;
	unsigned len, text_room, spot_room;
	bool is_quoted;
};

bool shell_is_stopped(const struct shell_reader *r)
{
	return r->is_stopped || r->at >= r->text->len;
}

char shell_peek(const struct shell_reader *r, size_t ahead)
{
	return r->at + ahead < r->text->len ? r->text->s[r->at + ahead] : '\0';
}

bool shell_eat(struct shell_reader *r, const char *what)
{
	size_t len = strlen(what);

	if (r->at > r->text->len || r->text->len - r->at < len ||
	    memcmp(r->text->s + r->at, what, len))
		return false;
	r->at += len;
	return true;
}

static bool is_name_letter(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static const struct shell_spot nowhere = { SHELL_NOWHERE, false };

struct shell_spot shell_spot(const struct shell_text *text, size_t offset)
{
	if (!text->spots)
		return (struct shell_spot){ offset, false };
	return offset < text->len ? text->spots[offset] : nowhere;
}

size_t shell_place(const struct shell_text *text, size_t offset)
{
	return shell_spot(text, offset).place;
}

size_t shell_place_behind(const struct shell_text *text, size_t offset)
{
	size_t last = offset ? shell_place(text, offset - 1) : SHELL_NOWHERE;

	return last == SHELL_NOWHERE ? last : last + 1;
}

/* --- words */

static void add_from(struct shell_reader *r, struct growing *w, char c, struct shell_spot spot)
{
	char *text = arena_grow(r->arena, w->text, w->len, &w->text_room, 1);
	struct shell_spot *spots = arena_grow(r->arena, w->spots, w->len, &w->spot_room,
					      sizeof(*spots));

	if (!text || !spots) {
		r->is_stopped = true;
		return;
	}
	w->text = text;
	w->spots = spots;
	w->text[w->len] = c;
	w->spots[w->len++] = spot;
}

/* The letter at the cursor. */
static void add(struct shell_reader *r, struct growing *w)
{
	char c = shell_peek(r, 0);

	add_from(r, w, c ? c : SHELL_UNKNOWN, shell_spot(r->text, r->at));
	r->at++;
}

static void add_unknown(struct shell_reader *r, struct growing *w)
{
	add_from(r, w, SHELL_UNKNOWN, nowhere);
}

static void add_known(struct shell_reader *r, struct growing *w, const struct shell_word *value)
{
	for (size_t i = 0; i < value->len && !r->is_stopped; i++)
		add_from(r, w, value->text[i], value->spots[i]);
}

static void add_variable(struct shell_reader *r, struct growing *w, const char *name, size_t len)
{
	const struct shell_word *value = r->on->variable(r->on->arg, name, len);

	if (value)
		add_known(r, w, value);
	else
		add_unknown(r, w);
}

void shell_skip_nested(struct shell_reader *r, char open, char close)
{
	for (unsigned depth = 1; depth && !shell_is_stopped(r); r->at++) {
		char c = shell_peek(r, 0);

		depth += c == open;
		depth -= c == close;
		r->at += c == '\\';
	}
}

/* What is between here and `end`, if it is a number alone. */
static bool is_number(const struct shell_reader *r, size_t from, size_t end)
{
	for (size_t i = from; i < end; i++)
		if (!isdigit((unsigned char)r->text->s[i]))
			return false;
	return end > from;
}

/* The number of a variable's default, which := also sets. */
static void add_number(struct shell_reader *r, struct growing *w, size_t from, size_t end,
		       const char *name, size_t len)
{
	const bool sets = r->text->s[from - 1] == '=';
	const unsigned before = w->len;
	struct shell_word value = { .begin = from, .end = end, .len = end - from };

	for (size_t i = from; i < end; i++)
		add_from(r, w, r->text->s[i], (struct shell_spot){ shell_place(r->text, i), true });
	if (!sets || r->is_stopped)
		return;
	value.text = arena_printf(r->arena, "%.*s", (int)value.len, w->text + before);
	value.spots = arena_alloc(r->arena, value.len * sizeof(*value.spots));
	r->is_stopped = !value.text || !value.spots;
	if (r->is_stopped)
		return;
	memcpy(value.spots, w->spots + before, value.len * sizeof(*value.spots));
	r->on->set(r->on->arg, name, len, &value);
}

/* Behind "${NAME": the number of ":-3000}", if it is one. */
static void add_fallback(struct shell_reader *r, struct growing *w, const char *name, size_t len)
{
	size_t from = r->at + (shell_peek(r, 0) == ':') + 1, end;
	bool has_fallback = strchr("-=", shell_peek(r, shell_peek(r, 0) == ':')) != NULL;

	shell_skip_nested(r, '{', '}');
	end = r->at - (r->at > from);
	/* Without its brace the text ends in the middle of the number. */
	if (!has_fallback || end >= r->text->len || r->text->s[end] != '}' ||
	    !is_number(r, from, end))
		add_unknown(r, w);
	else
		add_number(r, w, from, end, name, len);
}

static void read_braces(struct shell_reader *r, struct growing *w)
{
	const char *name = r->text->s + r->at;
	size_t len = 0;

	while (is_name_letter(shell_peek(r, len)))
		len++;
	r->at += len;
	if (len && shell_eat(r, "}"))
		add_variable(r, w, name, len);
	else if (len && strchr(":-=", shell_peek(r, 0)) && !r->on->variable(r->on->arg, name, len))
		add_fallback(r, w, name, len);
	else {
		shell_skip_nested(r, '{', '}');
		if (len && r->on->variable(r->on->arg, name, len))
			add_variable(r, w, name, len);
		else
			add_unknown(r, w);
	}
}

/* Behind `$'`. */
static void read_ansi(struct shell_reader *r, struct growing *w)
{
	while (!shell_is_stopped(r) && shell_peek(r, 0) != '\'') {
		r->at += shell_peek(r, 0) == '\\' && r->at + 1 < r->text->len;
		add(r, w);
	}
	r->at++;
}

static void read_name(struct shell_reader *r, struct growing *w)
{
	const char *name = r->text->s + r->at;
	size_t len = 0;

	while (is_name_letter(shell_peek(r, len)))
		len++;
	r->at += len;
	add_variable(r, w, name, len);
}

static void read_dollar(struct shell_reader *r, struct growing *w, bool in_quotes)
{
	char next = shell_peek(r, 1);

	if (shell_eat(r, "$((")) {
		shell_skip_nested(r, '(', ')');
		r->at += shell_peek(r, 0) == ')';
		add_unknown(r, w);
	} else if (shell_eat(r, "$(")) {
		shell_read_inside(r, ')');
		add_unknown(r, w);
	} else if (shell_eat(r, "${")) {
		read_braces(r, w);
	} else if (!in_quotes && shell_eat(r, "$'")) {
		read_ansi(r, w);
	} else if (isalpha((unsigned char)next) || next == '_') {
		r->at++;
		read_name(r, w);
	} else if (next && strchr("0123456789@*#?$!-", next)) {
		r->at += 2;
		add_unknown(r, w);
	} else {
		add(r, w);
	}
}

static void read_quoted(struct shell_reader *r, struct growing *w)
{
	while (!shell_is_stopped(r) && shell_peek(r, 0) != '"') {
		char c = shell_peek(r, 0), next = shell_peek(r, 1);

		if (c == '$') {
			read_dollar(r, w, true);
		} else if (c == '`') {
			r->at++;
			shell_read_inside(r, '`');
			add_unknown(r, w);
		} else if (c == '\\' && next == '\n') {
			r->at += 2;
		} else {
			r->at += c == '\\' && next && strchr("$`\"\\", next);
			add(r, w);
		}
	}
	r->at++;
}

static void read_single(struct shell_reader *r, struct growing *w)
{
	while (!shell_is_stopped(r) && shell_peek(r, 0) != '\'')
		add(r, w);
	r->at++;
}

/* A backslash, and what it stands before. */
static void read_escaped(struct shell_reader *r, struct growing *w)
{
	r->at++;
	if (shell_peek(r, 0) == '\n')
		r->at++;
	else if (!shell_is_stopped(r))
		add(r, w);
}

/* a=(1 2 3) */
static bool is_array(const struct shell_reader *r, const struct growing *w)
{
	return shell_peek(r, 0) == '(' && w->len && w->text[w->len - 1] == '=';
}

static bool ends_word(const struct shell_reader *r, const struct growing *w)
{
	char c = shell_peek(r, 0);

	if ((c == '<' || c == '>') && shell_peek(r, 1) == '(')
		return false;
	return strchr(" \t\r\n;&|()<>", c) != NULL && !is_array(r, w);
}

static void read_piece(struct shell_reader *r, struct growing *w, char end)
{
	char c = shell_peek(r, 0);

	w->is_quoted = w->is_quoted || strchr("'\"\\", c);
	if (c == '\\') {
		read_escaped(r, w);
	} else if (shell_eat(r, "'")) {
		read_single(r, w);
	} else if (shell_eat(r, "\"")) {
		read_quoted(r, w);
	} else if (shell_eat(r, "$\"")) {
		read_quoted(r, w);
	} else if (c == '$') {
		read_dollar(r, w, false);
	} else if (c == '`' && end != '`') {
		r->at++;
		shell_read_inside(r, '`');
		add_unknown(r, w);
	} else if (shell_eat(r, "<(") || shell_eat(r, ">(")) {
		shell_read_inside(r, ')');
		add_unknown(r, w);
	} else if (shell_eat(r, "(")) {
		shell_skip_nested(r, '(', ')');
		add_unknown(r, w);
	} else {
		add(r, w);
	}
}

bool shell_read_word(struct shell_reader *r, char end, struct shell_word *ret, bool *ret_quoted)
{
	struct growing w = { 0 };
	size_t begin = r->at;

	while (!shell_is_stopped(r) && !ends_word(r, &w) &&
	       !(end == '`' && shell_peek(r, 0) == '`'))
		read_piece(r, &w, end);
	if (r->at > r->text->len)
		r->at = r->text->len;
	add_from(r, &w, '\0', nowhere);
	if (r->is_stopped || r->at == begin)
		return false;
	*ret = (struct shell_word){
		w.text, w.spots, w.len - 1, begin, r->at,
	};
	*ret_quoted = w.is_quoted;
	return true;
}

size_t shell_assigned(const struct shell_word *w)
{
	size_t len = 0;

	while (is_name_letter(w->text[len]))
		len++;
	return len && !isdigit((unsigned char)*w->text) && w->text[len] == '=' ? len : 0;
}
