/*
 * Source: POSIX.1-2017, Shell Command Language, 2.2 to 2.10, and bash(1) for `$'`, `<<<`,
 * `&>`, `|&` and process substitution.
 *
 * One cursor goes over the text once.  A substitution is read where it stands, by the same
 * cursor, with a list of words of its own; so its commands come before the one it is in.
 */
#include "formats/shell.h"

#include <string.h>

#include "base/macros.h"
#include "formats/shell_reader.h"

/* Rationale: `case` in `case` in `case`; a command of more words is no command. */
#define CASES_MAX 8u
#define WORDS_MAX 4096u

/* One list of commands: the whole text, or what is between two parentheses. */
struct list {
	struct shell_word *words;
	unsigned count, room;
	unsigned cases; /* `case` that are open: a ")" ends a pattern */
};

static void read_list(struct shell_reader *r, char end);

/* --- commands */

static bool is_any(const char *word, const char *const *words)
{
	while (*words && strcmp(word, *words))
		words++;
	return *words != NULL;
}

/* What may stand before a command and is none. */
static bool is_before_command(struct list *l, const char *word)
{
	static const char *const words[] = { "if", "then", "elif",   "else", "while", "until",
					     "do", "!",	   "{",	     "}",    "time",  "done",
					     "fi", "esac", "coproc", NULL };

	if (!strcmp(word, "esac") && l->cases)
		l->cases--;
	return is_any(word, words);
}

/* The command is whole. */
static void flush(struct shell_reader *r, struct list *l)
{
	static const char *const headers[] = { "for", "select", "case", "function", NULL };
	unsigned skip = 0;

	while (skip < l->count && is_before_command(l, l->words[skip].text))
		skip++;
	if (skip < l->count && !strcmp(l->words[skip].text, "case"))
		l->cases += l->cases < CASES_MAX;
	if (skip < l->count && !is_any(l->words[skip].text, headers) && !r->is_stopped &&
	    !r->on->command(r->on->arg, l->words + skip, l->count - skip))
		r->is_stopped = true;
	/* Whoever listens may keep the words. */
	l->words = NULL;
	l->count = l->room = 0;
}

static void put_word(struct shell_reader *r, struct list *l, const struct shell_word *w)
{
	struct shell_word *words;

	if (l->count == WORDS_MAX)
		return;
	words = arena_grow(r->arena, l->words, l->count, &l->room, sizeof(*words));
	if (!words) {
		r->is_stopped = true;
		return;
	}
	l->words = words;
	l->words[l->count++] = *w;
}

/* --- redirections */

static void skip_blanks(struct shell_reader *r)
{
	while (strchr(" \t\r", shell_peek(r, 0)) && !shell_is_stopped(r))
		r->at++;
}

/* Behind "<<" or "<<-": the word that ends it. */
static void expect_heredoc(struct shell_reader *r, char end, bool strips_tabs)
{
	struct shell_word w;
	bool is_quoted;

	skip_blanks(r);
	if (shell_read_word(r, end, &w, &is_quoted) && r->heredoc_count < SHELL_HEREDOCS_MAX)
		r->heredocs[r->heredoc_count++] = (struct shell_heredoc){ w.text, w.len,
									  strips_tabs };
}

static void skip_heredoc(struct shell_reader *r, const struct shell_heredoc *h)
{
	while (!shell_is_stopped(r)) {
		const char *line = r->text->s + r->at;
		const char *newline = memchr(line, '\n', r->text->len - r->at);
		size_t len = newline ? (size_t)(newline - line) : r->text->len - r->at;

		r->at += len + (newline != NULL);
		for (; h->strips_tabs && len && *line == '\t'; len--)
			line++;
		if (len == h->len && !memcmp(line, h->end, len))
			return;
	}
}

static void end_line(struct shell_reader *r)
{
	r->at++;
	for (unsigned i = 0; i < r->heredoc_count; i++)
		skip_heredoc(r, &r->heredocs[i]);
	r->heredoc_count = 0;
}

static void redirect(struct shell_reader *r, char end)
{
	struct shell_word w;
	bool is_quoted;

	if (shell_eat(r, "<<<")) {
		;
	} else if (shell_eat(r, "<<-")) {
		expect_heredoc(r, end, true);
		return;
	} else if (shell_eat(r, "<<")) {
		expect_heredoc(r, end, false);
		return;
	} else {
		r->at += shell_peek(r, 0) == '&';
		while (shell_peek(r, 0) && strchr("<>&|", shell_peek(r, 0)) &&
		       shell_peek(r, 1) != '(')
			r->at++;
	}
	skip_blanks(r);
	(void)!shell_read_word(r, end, &w, &is_quoted);
}

static bool is_redirection(const struct shell_reader *r)
{
	char c = shell_peek(r, 0), next = shell_peek(r, 1);

	return ((c == '<' || c == '>') && next != '(') || (c == '&' && next == '>');
}

/* The 2 of "2>&1". */
static bool is_descriptor(const struct shell_reader *r, const struct shell_word *w, bool is_quoted)
{
	return !is_quoted && (shell_peek(r, 0) == '<' || shell_peek(r, 0) == '>') &&
	       strspn(w->text, "0123456789") == w->len;
}

/* --- lists */

/* "(" where a command begins is a subshell or arithmetic; behind a word, a function. */
static void open_parenthesis(struct shell_reader *r, struct list *l)
{
	if (!l->count && shell_eat(r, "((")) {
		shell_skip_nested(r, '(', ')');
		r->at += shell_peek(r, 0) == ')';
		return;
	}
	r->at++;
	if (!l->count) {
		shell_read_inside(r, ')');
	} else if (!l->cases) {
		l->count = 0;
		shell_skip_nested(r, '(', ')');
	}
}

static bool is_in_pattern(const struct list *l)
{
	return l->cases || (l->count && !strcmp(l->words[0].text, "case"));
}

/* ")" ends the list, or a pattern of `case`; false: it goes on. */
static bool close_parenthesis(struct shell_reader *r, struct list *l, char end)
{
	r->at++;
	if (is_in_pattern(l)) {
		if (l->count && !strcmp(l->words[0].text, "case"))
			l->cases += l->cases < CASES_MAX;
		l->count = 0;
		return false;
	}
	flush(r, l);
	return end == ')';
}

static void take_word(struct shell_reader *r, struct list *l, char end)
{
	struct shell_word w;
	bool is_quoted;

	if (!shell_read_word(r, end, &w, &is_quoted))
		r->at += !shell_is_stopped(r);
	else if (!is_descriptor(r, &w, is_quoted))
		put_word(r, l, &w);
}

static void skip_comment(struct shell_reader *r)
{
	while (!shell_is_stopped(r) && shell_peek(r, 0) != '\n')
		r->at++;
}

/* One step; false: the list has ended. */
static bool step(struct shell_reader *r, struct list *l, char end)
{
	char c = shell_peek(r, 0);

	if (c == end && end == '`') {
		r->at++;
		return false;
	}
	if (c == ')')
		return !close_parenthesis(r, l, end);
	if (c == '\\' && shell_peek(r, 1) == '\n') {
		r->at += 2;
	} else if (c == '#') {
		skip_comment(r);
	} else if (c == '\n') {
		flush(r, l);
		end_line(r);
	} else if (is_redirection(r)) {
		redirect(r, end);
	} else if (c == ';' || c == '&' || c == '|') {
		flush(r, l);
		r->at++;
	} else if (c == '(') {
		open_parenthesis(r, l);
	} else {
		take_word(r, l, end);
	}
	return true;
}

void shell_read_inside(struct shell_reader *r, char end)
{
	if (++r->depth > SHELL_DEPTH_MAX) {
		r->at = r->text->len;
		return;
	}
	r->on->enter(r->on->arg);
	read_list(r, end);
	r->on->leave(r->on->arg);
	r->depth--;
}

static void read_list(struct shell_reader *r, char end)
{
	struct list l = { 0 };

	for (;;) {
		skip_blanks(r);
		if (shell_is_stopped(r) || !step(r, &l, end))
			break;
	}
	flush(r, &l);
}

bool shell_read(const struct shell_text *text, const struct shell_events *on, struct arena *arena)
{
	struct shell_text part = *text;
	struct shell_reader r = { .text = &part, .on = on, .arena = arena };

	if (part.len > SHELL_TEXT_MAX)
		part.len = SHELL_TEXT_MAX;
	while (!shell_is_stopped(&r))
		read_list(&r, '\0');
	return !r.is_stopped;
}
