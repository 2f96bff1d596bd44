#include "base/json_walk.h"

#include <ctype.h>
#include <string.h>

static bool fail_at(const struct json_piece *rest, struct err *err, const char *what)
{
	return fail(err, ERR_INVALID, "%.200s:%u: not JSON: %s", rest->file, rest->line, what);
}

/* "\n", "\r" and "\r\n" end a line each. */
static void step(struct json_piece *rest)
{
	char c = *rest->at;

	rest->at++;
	rest->len--;
	if (c == '\n' || (c == '\r' && !(rest->len && *rest->at == '\n')))
		rest->line++;
}

static char peek(const struct json_piece *rest)
{
	return rest->len ? *rest->at : '\0';
}

static bool is_one_of(char c, const char *set)
{
	return c && strchr(set, c);
}

static void skip_blanks(struct json_piece *rest)
{
	while (is_one_of(peek(rest), " \t\r\n"))
		step(rest);
}

static bool eat(struct json_piece *rest, char c)
{
	if (peek(rest) != c || !rest->len)
		return false;
	step(rest);
	return true;
}

static bool skip_string(struct json_piece *rest, struct err *err)
{
	unsigned line = rest->line;

	step(rest);
	while (rest->len && *rest->at != '"') {
		if (*rest->at == '\\')
			step(rest);
		if (rest->len)
			step(rest);
	}
	if (eat(rest, '"'))
		return true;
	rest->line = line;
	return fail_at(rest, err, "a string has no end");
}

/* true, null, a number: whatever looks like one. */
static bool skip_word(struct json_piece *rest, struct err *err)
{
	size_t len = rest->len;

	while (isalnum((unsigned char)peek(rest)) || is_one_of(peek(rest), "+-."))
		step(rest);
	return rest->len < len ||
	       fail_at(rest, err, len ? "a value was expected" : "it ends too early");
}

/* What closes the brackets that are open, innermost last. */
struct brackets {
	char close[JSON_MAX_DEPTH];
	unsigned depth;
};

static bool open_bracket(struct brackets *b, struct json_piece *rest, struct err *err)
{
	if (b->depth == JSON_MAX_DEPTH)
		return fail(err, ERR_INVALID, "%.200s:%u: JSON that nests deeper than %d",
			    rest->file, rest->line, JSON_MAX_DEPTH);
	b->close[b->depth++] = peek(rest) == '{' ? '}' : ']';
	step(rest);
	return true;
}

static bool close_bracket(struct brackets *b, struct json_piece *rest, struct err *err)
{
	if (peek(rest) != b->close[b->depth - 1])
		return fail_at(rest, err, "a bracket is closed by another one");
	b->depth--;
	step(rest);
	return true;
}

static bool skip_inside(struct brackets *b, struct json_piece *rest, struct err *err)
{
	switch (peek(rest)) {
	case '{':
	case '[': return open_bracket(b, rest, err);
	case '}':
	case ']': return close_bracket(b, rest, err);
	case '"': return skip_string(rest, err);
	default: break;
	}
	if (!rest->len)
		return fail_at(rest, err, "it ends too early");
	step(rest);
	return true;
}

static bool skip_value(struct json_piece *rest, struct err *err)
{
	struct brackets b = { .depth = 0 };

	if (peek(rest) == '"')
		return skip_string(rest, err);
	if (peek(rest) != '{' && peek(rest) != '[')
		return skip_word(rest, err);
	do {
		if (!skip_inside(&b, rest, err))
			return false;
	} while (b.depth);
	return true;
}

/* Eat the value that starts here. */
static bool take_value(struct json_piece *rest, struct json_piece *ret, struct err *err)
{
	struct json_piece value = *rest;

	if (!skip_value(rest, err))
		return false;
	value.len = (size_t)(rest->at - value.at);
	*ret = value;
	return true;
}

bool json_piece_of(const char *bytes, size_t len, const char *file, struct json_piece *ret,
		   struct err *err)
{
	struct json_piece rest = { .at = bytes, .len = len, .line = 1, .file = file }, value;

	skip_blanks(&rest);
	if (!take_value(&rest, &value, err))
		return false;
	skip_blanks(&rest);
	if (rest.len)
		return fail_at(&rest, err, "something follows its end");
	*ret = value;
	return true;
}

char json_piece_kind(const struct json_piece *p)
{
	return peek(p);
}

struct json_walk json_walk_of(const struct json_piece *p)
{
	return (struct json_walk){ .rest = *p };
}

static bool take_key(struct json_walk *w, struct err *err)
{
	if (peek(&w->rest) != '"')
		return fail_at(&w->rest, err, "a name in quotes was expected");
	if (!take_value(&w->rest, &w->key, err))
		return false;
	skip_blanks(&w->rest);
	if (!eat(&w->rest, ':'))
		return fail_at(&w->rest, err, "':' was expected");
	skip_blanks(&w->rest);
	return true;
}

/* Are we at the end?  Before the first, a bracket opens; before the others there is a comma. */
static bool next_or_end(struct json_walk *w, bool *ret_more, struct err *err)
{
	struct json_piece *rest = &w->rest;
	bool first = !w->begun;

	if (first)
		step(rest);
	w->begun = true;
	skip_blanks(rest);
	*ret_more = false;
	if (rest->len == 1) /* the bracket that closes it */
		return true;
	if (!first && !eat(rest, ','))
		return fail_at(rest, err, "',' was expected");
	skip_blanks(rest);
	*ret_more = true;
	return true;
}

bool json_walk_next(struct json_walk *w, bool *ret_more, struct err *err)
{
	bool is_object = w->begun ? w->key.len : peek(&w->rest) == '{';

	if (!next_or_end(w, ret_more, err))
		return false;
	if (!*ret_more)
		return true;
	return (!is_object || take_key(w, err)) && take_value(&w->rest, &w->value, err);
}

bool json_walk_at(const struct json_walk *w, const char *key)
{
	size_t len = strlen(key);

	return w->key.len == len + 2 && !memcmp(w->key.at + 1, key, len);
}

static bool keep_picked(const struct json_walk *w, const char *const *names, size_t count,
			struct json_piece *ret, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		if (!json_walk_at(w, names[i]))
			continue;
		if (ret[i].len)
			return fail(err, ERR_INVALID, "%.200s:%u: '%s' is there twice", w->key.file,
				    w->key.line, names[i]);
		ret[i] = w->value;
	}
	return true;
}

bool json_walk_pick(const struct json_piece *object, const char *const *names, size_t count,
		    struct json_piece *ret, struct err *err)
{
	struct json_walk w = json_walk_of(object);
	bool more = json_piece_kind(object) == '{';

	memset(ret, 0, count * sizeof(*ret));
	while (more) {
		if (!json_walk_next(&w, &more, err))
			return false;
		if (more && !keep_picked(&w, names, count, ret, err))
			return false;
	}
	return true;
}

bool json_piece_parse(const struct json_piece *p, json_t **ret, struct err *err)
{
	if (p->len > JSON_PIECE_MAX)
		return fail(err, ERR_INVALID, "%.200s:%u: a value that is longer than %d bytes",
			    p->file, p->line, JSON_PIECE_MAX);
	return json_parse_at(p->at, p->len, p->line, ret, err) ||
	       fail_while(err, "%.200s:%u", p->file, p->line);
}

/* The letter behind a backslash means this one. */
static char unescaped(char c)
{
	if (c == 'u')
		return '?';
	return strchr("nrtbf", c) ? ' ' : c;
}

size_t json_piece_letters(const struct json_piece *p, char *letters, size_t *places)
{
	size_t n = 0;

	for (size_t i = 1; i + 1 < p->len; i++, n++) {
		places[n] = i;
		letters[n] = p->at[i];
		if (p->at[i] != '\\' || i + 2 >= p->len)
			continue;
		i++;
		letters[n] = unescaped(p->at[i]);
		if (p->at[i] == 'u')
			i += 4;
	}
	return n;
}
