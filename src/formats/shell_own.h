/*
 * formats/shell_own.h - what the parts of shell_ports.h share, for them alone.
 */
#ifndef FORMATS_SHELL_OWN_H
#define FORMATS_SHELL_OWN_H

#include "formats/shell_ports.h"

/* --- tables, in shell_servers.c */

/* The rows that fit best first; NULL command at the end. */
extern const struct shell_server shell_servers[];

/* Programs that ask for no port, whatever stands behind them. */
bool shell_asks_for_none(const char *program);

/* What runs the command behind it. */
struct shell_wrapper {
	const char *command;	/* "timeout", "uv run" */
	const char *valued;	/* its options that have a value behind them */
	unsigned arguments;	/* of its own, before the command */
	bool takes_assignments; /* env X=1 */
	bool is_interpreter;	/* behind it is a file, or a module behind -m */
	bool has_shell_text;	/* the command is one word, behind -c; or a file */
	bool has_shell_texts;	/* each of its words is a command: concurrently */
	bool is_opaque_env;	/* it sets variables that nobody sees here */
};
extern const struct shell_wrapper shell_wrappers[];

/* --- one command at a time */

/* The script whose command is being read. */
struct shell_origin {
	const char *name;
	size_t env_at;		 /* where X=1 can be put before what runs it */
	size_t args_at;		 /* where arguments can be put; SHELL_NOWHERE: nowhere */
	const char *args_before; /* what they need before them: " -- " */
};

struct shell_known {
	const char *name;
	size_t len;
	const struct shell_word *value;
	bool is_exported;
};

/* What a subshell has of its own. */
struct shell_scope {
	const char *folder;
	unsigned known_count;
	bool env_is_unknown, exports_all;
};

#define SHELL_SCOPES_MAX 40u

struct shell_finder {
	const struct shell_scripts *scripts;
	struct arena *arena;
	struct shell_ports *ret;
	const struct shell_text *text;
	const struct shell_origin *origin; /* NULL: the command itself */
	struct shell_scope scope, outer[SHELL_SCOPES_MAX];
	struct shell_known *known;
	unsigned known_room, depth, nested, steps;
	bool has_failed;
};

/* A command without what stands before it; the program is words[0]. */
struct shell_call {
	const struct shell_word *words;
	unsigned count;
	const char *program; /* the last part of its path, without a version */
	size_t begin;	     /* of the whole command in the text */
	size_t end;
	bool env_is_unknown;
};

/* What `call` asks for is added to f->ret. */
void shell_judge(struct shell_finder *f, const struct shell_call *call);

/*
 * npm run dev, yarn dev.  `ret_is_done`: it asks for nothing more than was found.  Else
 * call is what is left to judge: the manager itself, or a program that it may be.
 */
void shell_run_script(struct shell_finder *f, struct shell_call *call, bool *ret_is_done);

/* Read a text as a shell of its own; false: there is no memory. */
bool shell_read_nested(struct shell_finder *f, const struct shell_text *text,
		       const struct shell_origin *origin);

/* Go on with word k as the program; false: there is none. */
bool shell_go_on(struct shell_finder *f, struct shell_call *call, unsigned k);

/* The next word from k that is no option, nor the value of one. */
unsigned shell_next_plain(const struct shell_call *call, unsigned k, const char *valued);

bool shell_is_from_root(const char *folder);

/* The row that fits, and behind which of the words its name ends; NULL: none. */
const struct shell_server *shell_server_of(const struct shell_call *call, unsigned *ret_last);

/* docker, nc, ssh -L and others with a way of their own; false: it is none of them. */
bool shell_judge_special(struct shell_finder *f, const struct shell_call *call);

/* A number in a word, from `start` up to its end or one of `ends`. */
struct shell_number {
	uint16_t first, last;
	size_t at, len; /* in the word's text */
};
bool shell_number_at(const struct shell_word *w, size_t start, const char *ends,
		     struct shell_number *ret);

/* Add a finding about a number in a word. */
struct shell_port *shell_found(struct shell_finder *f, enum shell_port_how how,
			       const struct shell_word *w, const struct shell_number *number);

#endif
