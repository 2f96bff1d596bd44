/* Files of command lines: package.json, Procfile, Makefile, scripts of a shell. */
#include <ctype.h>
#include <string.h>

#include "base/cursor.h"
#include "base/json_walk.h"
#include "formats/command_port.h"
#include "formats/mention.h"
#include "formats/scan.h"
#include "formats/shell_ports.h"
#include "formats/shell.h"

/* --- a command */

/* A command of a file, and where each of its bytes stands in that. */
struct command {
	const char *text;
	size_t len;
	size_t start;	      /* in the file ... */
	const size_t *places; /* ... or, where it was written with escapes, of each byte */
	struct mention x;     /* what is known of all its ports */
};

static size_t place_of(const struct command *c, size_t at)
{
	return c->places ? c->places[at] : c->start + at;
}

/* API_PORT=3000 names its service; PORT=3000 does not. */
static void take_variable(const struct shell_port *p, struct mention *x)
{
	size_t len = p->variable ? strlen(p->variable) : 0;

	if (len <= 5 || strcmp(p->variable + len - 5, "_PORT") != 0)
		return;
	mention_set_words(x, p->variable, len);
	x->is_named = true;
}

static bool tell_port(struct mentions *m, const struct command *c, const struct shell_port *p)
{
	struct mention x = c->x;

	if (p->at == SHELL_NOWHERE || !p->len || p->how == SHELL_PORT_DEFAULT)
		return true;
	x.protocol = p->protocol;
	x.at = place_of(c, p->at);
	x.len = place_of(c, p->at + p->len - 1) + 1 - x.at;
	x.is_default = p->is_fallback;
	x.is_fixed |= p->last != p->port;
	if (x.is_default || command_is_quoted(c->text, p->at))
		x.form = MENTION_NUMBER;
	if (p->is_unsure) {
		x.kind = MENTION_CODE;
		x.is_fixed = true;
	}
	take_variable(p, &x);
	for (unsigned port = p->port; port <= p->last; port++) {
		x.port = (uint16_t)port;
		if (!mentions_tell(m, x))
			return false;
	}
	return true;
}

static bool tell_command(struct mentions *m, const struct command *c, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct shell_ports *found = arena_alloc(&arena, sizeof(*found));

	if (!found)
		return fail_memory(err);
	if (!shell_ports_find(c->text, c->len, NULL, &arena, found, err))
		return false;
	for (unsigned i = 0; i < found->count; i++)
		if (!tell_port(m, c, &found->items[i]))
			return false;
	return true;
}

/* The command stands in the file as it is. */
static bool tell_command_at(struct mentions *m, size_t at, size_t len, struct mention x,
			    struct err *err)
{
	const struct command c = { .text = m->bytes + at, .len = len, .start = at, .x = x };

	return tell_command(m, &c, err);
}

/* --- package.json */

static bool tell_script(struct mentions *m, const struct json_walk *w, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct mention x = { .kind = MENTION_BINDS, .form = MENTION_SHELL };
	size_t len = w->value.len;
	char *text = arena_alloc(&arena, len + 1);
	size_t *places = arena_alloc(&arena, (len + 1) * sizeof(*places));
	struct command c = { .text = text, .places = places };

	if (*w->value.at != '"')
		return true;
	if (!text || !places)
		return fail_memory(err);
	mention_set_words(&x, w->key.at + 1, w->key.len - 2);
	c.x = x;
	c.len = json_piece_letters(&w->value, text, places);
	for (size_t i = 0; i < c.len; i++)
		places[i] += (size_t)(w->value.at - m->bytes);
	return tell_command(m, &c, err);
}

bool mentions_package_json(struct mentions *m, struct err *err)
{
	static const char *const names[] = { "scripts" };
	CLEANUP(json_cleanup) json_t *whole = NULL;
	struct json_piece root, scripts;
	struct json_walk w;
	bool more;

	/* The walk knows lines, but looks at what it steps over only as far as it needs. */
	if (!json_piece_of(m->bytes, m->len, m->file, &root, err) ||
	    !json_walk_pick(&root, names, 1, &scripts, err))
		return false;
	if (!json_parse_file(m->bytes, m->len, m->file, &whole, err))
		return false;
	w = json_walk_of(&scripts);
	more = json_piece_kind(&scripts) == '{';
	while (more) {
		if (!json_walk_next(&w, &more, err) || (more && !tell_script(m, &w, err)))
			return false;
	}
	return true;
}

/* --- lines */

static size_t name_length(const char *line, size_t len)
{
	size_t n = 0;

	while (n < len && (isalnum((unsigned char)line[n]) || line[n] == '_' || line[n] == '-'))
		n++;
	return n;
}

bool mentions_procfile(struct mentions *m, struct err *err)
{
	struct lines l = { .rest = m->bytes, .left = m->len };

	(void)err;
	while (lines_next(&l)) {
		struct mention x = { .kind = MENTION_BINDS,
				     .form = MENTION_SHELL,
				     .is_named = true };
		size_t n = name_length(l.line, l.len);

		if (!n || n == l.len || l.line[n] != ':')
			continue;
		mention_set_words(&x, l.line, n);
		if (!tell_command_at(m, (size_t)(l.line - m->bytes) + n + 1, l.len - n - 1, x, err))
			return false;
	}
	return true;
}

/* The comment of a line begins behind a blank, or with it. */
static size_t without_comment(const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (line[i] == '#' && (!i || line[i - 1] == ' ' || line[i - 1] == '\t'))
			return i;
	return len;
}

static bool ends_with(const char *text, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len >= n && !memcmp(text + len - n, end, n);
}

static size_t skip_blanks(const char *line, size_t at, size_t len)
{
	while (at < len && (line[at] == ' ' || line[at] == '\t'))
		at++;
	return at;
}

/*
 * "PORT ?= 3000", "export WEB_PORT := 3100": where the number stands; 0: another line.
 * Source: GNU make, "Setting Variables".
 */
static size_t assigned_at(const char *line, size_t len, struct mention *x)
{
	size_t start = len > 7 && !memcmp(line, "export ", 7) ? skip_blanks(line, 7, len) : 0;
	size_t n = name_length(line + start, len - start), at = skip_blanks(line, start + n, len);
	size_t name = n > 5 && ends_with(line + start, n, "_PORT") ? n - 5 : 0;

	if (!name && !(n == 4 && !memcmp(line + start, "PORT", 4)))
		return 0;
	while (at < len && strchr(":?+", line[at]))
		at++;
	if (at == len || line[at] != '=')
		return 0;
	mention_set_words(x, line + start, name ? name : n);
	x->is_named = name;
	for (char *c = x->words; name && *c; c++)
		*c = *c == '_' ? '-' : (char)tolower((unsigned char)*c);
	return skip_blanks(line, at + 1, len);
}

static bool tell_assigned(struct mentions *m, const char *line, size_t len, size_t at,
			  struct mention x)
{
	size_t end = at;

	while (end < len && isdigit((unsigned char)line[end]))
		end++;
	if (skip_blanks(line, end, len) != len)
		return true;
	x.at = (size_t)(line - m->bytes) + at;
	x.len = end - at;
	x.port = mention_port(line + at, x.len);
	return !x.port || mentions_tell(m, x);
}

/* Behind what make takes off a line of a recipe. */
static size_t skip_marks(const char *line, size_t at, size_t len)
{
	while (at < len && strchr("\t @+-", line[at]))
		at++;
	return at;
}

/*
 * "dev: deps ; vite --port 3000": behind the semicolon; 0: another line.  What sets a variable
 * of a target (dev: X = a ; b) has no recipe.
 * Source: GNU make, "Rule Syntax".
 */
static size_t recipe_on_line(const char *line, size_t len)
{
	unsigned depth = 0;
	bool is_rule = false;

	for (size_t i = 0; i < len; i++) {
		depth += line[i] == '(' || line[i] == '{';
		depth -= depth && (line[i] == ')' || line[i] == '}');
		if (depth)
			continue;
		if (line[i] == '=' || line[i] == '#')
			return 0;
		if (line[i] == ';')
			return is_rule ? i + 1 : 0;
		is_rule = is_rule || line[i] == ':';
	}
	return 0;
}

/* Where the command of a recipe, or the value of a variable, begins; others have none. */
static size_t command_at(const char *line, size_t len)
{
	const char *equals = memchr(line, '=', len);
	size_t at = 0;

	if (!len || line[0] != '\t')
		at = recipe_on_line(line, len);
	if (at || (len && line[0] == '\t'))
		return skip_marks(line, at, len);
	at = skip_blanks(line, name_length(line, len), len);
	while (at < len && strchr(":?+!", line[at]))
		at++;
	return equals && line + at == equals ? at + 1 : len;
}

/* A line that ends with a backslash goes on in the next. */
static size_t joined_length(struct lines *l)
{
	const char *start = l->line;
	struct lines next = *l;

	while (next.len && next.line[next.len - 1] == '\\' && lines_next(&next))
		*l = next;
	return (size_t)(l->line - start) + l->len;
}

static bool read_makefile_line(struct mentions *m, const char *line, size_t len, struct err *err)
{
	struct mention x = { .kind = MENTION_BINDS };
	size_t plain = without_comment(line, len), at = assigned_at(line, plain, &x);

	if (at)
		return tell_assigned(m, line, plain, at, x);
	at = command_at(line, len);
	return at == len || tell_command_at(m, (size_t)(line - m->bytes) + at, len - at, x, err);
}

bool mentions_makefile(struct mentions *m, struct err *err)
{
	struct lines l = { .rest = m->bytes, .left = m->len };

	while (lines_next(&l)) {
		const char *line = l.line;

		if (!read_makefile_line(m, line, joined_length(&l), err))
			return false;
	}
	return true;
}

bool mentions_shell(struct mentions *m, struct err *err)
{
	const struct mention x = { .kind = MENTION_CODE, .is_fixed = true };

	return tell_command_at(m, 0, m->len, x, err);
}

/* --- Dockerfile */

/* EXPOSE 3000/udp. Source: the Dockerfile reference, "EXPOSE". */
static bool tell_exposed(struct mentions *m, const char *word, size_t len)
{
	const char *slash = memchr(word, '/', len);
	struct mention x = { .kind = MENTION_INSIDE,
			     .is_fixed = true,
			     .at = (size_t)(word - m->bytes),
			     .len = slash ? (size_t)(slash - word) : len };

	if (slash && ends_with(word, len, "/udp"))
		x.protocol = PROTO_UDP;
	x.port = mention_port(word, x.len);
	return !x.port || mentions_tell(m, x);
}

static bool tell_words(struct mentions *m, const char *line, size_t at, size_t len)
{
	while ((at = skip_blanks(line, at, len)) < len) {
		size_t n = 0;

		while (at + n < len && line[at + n] != ' ' && line[at + n] != '\t')
			n++;
		if (!tell_exposed(m, line + at, n))
			return false;
		at += n;
	}
	return true;
}

bool mentions_dockerfile(struct mentions *m, struct err *err)
{
	struct lines l = { .rest = m->bytes, .left = m->len };

	(void)err;
	while (lines_next(&l)) {
		size_t at = skip_blanks(l.line, 0, l.len);

		if (l.len - at > 7 && !strncasecmp(l.line + at, "expose", 6) &&
		    strchr(" \t", l.line[at + 6]) && !tell_words(m, l.line, at + 6, l.len))
			return false;
	}
	return true;
}
