/*
 * formats/shell.h - the commands in a line of shell, as bash would take it apart.
 *
 * A reader of words, not a shell: quoting, lists, pipes, subshells, substitutions,
 * redirections, here-documents (which are data) and `case` are understood, nothing is
 * run.  What is only known when it runs becomes SHELL_UNKNOWN.
 * May include: base.
 */
#ifndef FORMATS_SHELL_H
#define FORMATS_SHELL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* Stands in a word for what only the shell knows: $X, $(date), a glob is none. */
#define SHELL_UNKNOWN '\x01'

/* The place of a letter that does not stand in the command itself. */
#define SHELL_NOWHERE ((size_t)-1)

/* Rationale: a command with its here-documents is some pages; the rest is not read. */
#define SHELL_TEXT_MAX ((size_t)256 << 10)

/* Where a letter is from. */
struct shell_spot {
	size_t place;	  /* in the command that a person wrote */
	bool is_fallback; /* of the default of a variable: ${PORT:-3000} */
};

/* What is read, and where each of its letters is from. */
struct shell_text {
	const char *s;
	size_t len;
	const struct shell_spot *spots; /* NULL: all stand at their own offsets */
};

/* A word without its quotes. */
struct shell_word {
	char *text; /* NUL-terminated */
	struct shell_spot *spots;
	size_t len;
	size_t begin, end; /* in the text that is read, with quotes */
};

struct shell_events {
	/* A simple command: assignments, then its words; redirections are left out.  `end`: of
	   its last word.  Words live as long as the arena. */
	bool (*command)(void *arg, struct shell_word *words, unsigned count);
	/* A subshell or a substitution begins, ends: what was set in it is forgotten. */
	void (*enter)(void *arg);
	void (*leave)(void *arg);
	/* What a variable is known to be; NULL: not known. */
	const struct shell_word *(*variable)(void *arg, const char *name, size_t len);
	/* ${NAME:=3000} sets one that was not known; the value lives as long as the arena. */
	void (*set)(void *arg, const char *name, size_t len, const struct shell_word *value);
	void *arg;
};

/* Read `text`.  False: there is no memory, or `command` answered false. */
bool shell_read(const struct shell_text *text, const struct shell_events *on, struct arena *arena);

/* Where the letter at `offset` of the text is from, and where it stands in the command; its end
   is the end of the letter before. */
struct shell_spot shell_spot(const struct shell_text *text, size_t offset);
size_t shell_place(const struct shell_text *text, size_t offset);
size_t shell_place_behind(const struct shell_text *text, size_t offset);

/* The length of NAME when a word is NAME=...; 0: it is no assignment. */
size_t shell_assigned(const struct shell_word *w);

#endif
