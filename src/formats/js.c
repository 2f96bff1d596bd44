#include "formats/js.h"

#include <ctype.h>
#include <string.h>

#include "formats/render.h"

static bool fail_at(const struct js *j, size_t at, struct err *err, const char *what)
{
	return render_fail(err, j->file, line_at(j->bytes, at), "%s", what);
}

static char peek(const struct js *j, size_t more)
{
	return j->at + more < j->len ? j->bytes[j->at + more] : '\0';
}

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

/* Blanks and comments. */
static bool skip_between(struct js *j, struct err *err)
{
	while (j->at < j->len) {
		size_t left = j->len - j->at;
		const char *at = j->bytes + j->at, *end;

		if (isspace((unsigned char)*at)) {
			j->at++;
		} else if (left >= 2 && !memcmp(at, "//", 2)) {
			end = memchr(at, '\n', left);
			j->at = end ? (size_t)(end - j->bytes) : j->len;
		} else if (left >= 2 && !memcmp(at, "/*", 2)) {
			end = memmem(at + 2, left - 2, "*/", 2);
			if (!end)
				return fail_at(j, j->at, err, "a comment without its end");
			j->at = (size_t)(end - j->bytes) + 2;
		} else {
			return true;
		}
	}
	return true;
}

static bool skip_text(struct js *j, struct err *err)
{
	size_t start = j->at;
	char quote = j->bytes[j->at++];

	for (; j->at < j->len && j->bytes[j->at] != '\n'; j->at++) {
		if (j->bytes[j->at] == quote) {
			j->at++;
			return true;
		}
		j->at += j->bytes[j->at] == '\\';
	}
	return fail_at(j, start, err, "a text without its end");
}

static bool open_bracket(struct js *j, char closer, struct err *err)
{
	if (j->open == JS_BRACKETS_MAX)
		return fail_at(j, j->at - 1, err, "too many brackets in each other");
	j->closers[j->open++] = closer;
	j->depth = j->open;
	j->after_value = false;
	return true;
}

/* Inside of a template, up to its end or to the code of a `${`. */
static bool skip_template(struct js *j, struct err *err)
{
	size_t start = j->at;

	for (; j->at < j->len; j->at++) {
		if (j->bytes[j->at] == '\\') {
			j->at++;
		} else if (j->bytes[j->at] == '`') {
			j->at++;
			j->after_value = true;
			return true;
		} else if (j->bytes[j->at] == '$' && peek(j, 1) == '{') {
			if (j->n_templates == JS_TEMPLATES_MAX)
				return fail_at(j, j->at, err, "templates within templates");
			j->templates[j->n_templates++] = j->open;
			j->at += 2;
			return open_bracket(j, '}', err);
		}
	}
	return fail_at(j, start, err, "a template without its end");
}

static bool skip_regexp(struct js *j, struct err *err)
{
	size_t start = j->at++;
	bool in_class = false;

	for (; j->at < j->len && j->bytes[j->at] != '\n'; j->at++) {
		char c = j->bytes[j->at];

		if (c == '/' && !in_class) {
			j->at++;
			return true;
		}
		in_class = c == '[' || (in_class && c != ']');
		j->at += c == '\\';
	}
	return fail_at(j, start, err, "a regular expression without its end");
}

/* Keywords behind which a value comes, and so perhaps a regular expression. */
static bool wants_value(const struct js *j)
{
	static const char *const words[] = { "return", "typeof", "case", "in", "of", "await" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (js_is(j, words[i]))
			return true;
	return false;
}

static void take_word(struct js *j)
{
	j->kind = isdigit((unsigned char)j->bytes[j->at]) ? JS_NUMBER : JS_WORD;
	while (j->at < j->len &&
	       (is_name(j->bytes[j->at]) || (j->kind == JS_NUMBER && j->bytes[j->at] == '.')))
		j->at++;
	j->to = j->at;
	j->after_value = !wants_value(j);
}

static bool take_bracket(struct js *j, struct err *err)
{
	static const char openers[] = "([{", closers[] = ")]}";
	char c = j->bytes[j->at++];
	const char *opener = strchr(openers, c);

	if (opener)
		return open_bracket(j, closers[opener - openers], err);
	if (!j->open || j->closers[j->open - 1] != c)
		return fail_at(j, j->at - 1, err, "a bracket is closed that was not open");
	j->depth = j->open--;
	j->after_value = true;
	/* The code in a template ends: its text goes on. */
	if (c == '}' && j->n_templates && j->templates[j->n_templates - 1] == j->open) {
		j->n_templates--;
		return skip_template(j, err);
	}
	return true;
}

static bool take_other(struct js *j, struct err *err)
{
	char c = j->bytes[j->at];

	if (c && strchr("()[]{}", c))
		return take_bracket(j, err);
	if (c == '`') {
		j->at++;
		return skip_template(j, err);
	}
	if (c == '/' && !j->after_value) {
		j->after_value = true;
		return skip_regexp(j, err);
	}
	j->at++;
	j->after_value = false;
	return true;
}

bool js_next(struct js *j, bool *ret_more, struct err *err)
{
	char c;

	if (!skip_between(j, err))
		return false;
	*ret_more = j->at < j->len;
	if (!*ret_more)
		return !j->open || fail_at(j, j->len, err, "a bracket is not closed");
	c = j->bytes[j->at];
	j->from = j->at;
	j->depth = j->open;
	if (is_name(c)) {
		take_word(j);
		return true;
	}
	j->kind = c == '"' || c == '\'' ? JS_TEXT : JS_OTHER;
	if (j->kind == JS_TEXT)
		j->after_value = true;
	if (!(j->kind == JS_TEXT ? skip_text(j, err) : take_other(j, err)))
		return false;
	/* A '\' may have stepped behind the last byte. */
	j->at = j->at < j->len ? j->at : j->len;
	j->to = j->at;
	return true;
}

bool js_is(const struct js *j, const char *token)
{
	size_t len = strlen(token);

	return j->to - j->from == len && !memcmp(j->bytes + j->from, token, len);
}
