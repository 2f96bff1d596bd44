/*
 * formats/shell_reader.h - the cursor that shell.c and shell_word.c share, for them alone.
 */
#ifndef FORMATS_SHELL_READER_H
#define FORMATS_SHELL_READER_H

#include "formats/shell.h"

/* Rationale: nobody nests deeper by hand; the stack has to end somewhere. */
#define SHELL_DEPTH_MAX	   32u
#define SHELL_HEREDOCS_MAX 8u

struct shell_heredoc {
	const char *end;
	size_t len;
	bool strips_tabs;
};

struct shell_reader {
	const struct shell_text *text;
	size_t at;
	const struct shell_events *on;
	struct arena *arena;
	struct shell_heredoc heredocs[SHELL_HEREDOCS_MAX];
	unsigned heredoc_count, depth;
	bool is_stopped; /* no memory, or nobody wants more */
};

bool shell_is_stopped(const struct shell_reader *r);

/* The letter so far ahead; NUL behind the end. */
char shell_peek(const struct shell_reader *r, size_t ahead);

/* Step over it if it stands here. */
bool shell_eat(struct shell_reader *r, const char *what);

/* Go behind the `close` that fits the `open` behind which the cursor is. */
void shell_skip_nested(struct shell_reader *r, char open, char close);

/* A word, in a list that ends with `end`.  False: there is none here. */
bool shell_read_word(struct shell_reader *r, char end, struct shell_word *ret, bool *ret_quoted);

/* A list of commands that ends with `end`, in a shell of its own. */
void shell_read_inside(struct shell_reader *r, char end);

#endif
