/*
 * formats/mention.h - the ports that a project's files name, each with its place.
 *
 * One reader per kind of file, mentions_NAME.c.  All have one form: bytes in,
 * mentions out.  Where another reader of such files is there (scan.h, claim.h,
 * compose.h), it is the one that reads, and only the place is found here.
 * Nothing is judged: what a number means for the book, lint decides.
 * May include: ports, base.
 */
#ifndef FORMATS_MENTION_H
#define FORMATS_MENTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "ports/entry.h"
#include "ports/name.h"

enum mention_kind {
	MENTION_BINDS,	  /* a program is told to listen there, or compose to publish it */
	MENTION_SETTING,  /* a variable: of who listens there, or of who goes there */
	MENTION_PASSES,	  /* a proxy sends requests there */
	MENTION_TEMPLATE, /* an example, which people copy */
	MENTION_CODE,	  /* a number in a program's source, or in a script */
	MENTION_INSIDE,	  /* in a container */
};
#define MENTION_KIND_COUNT 6

/* "binds", "setting" ... */
const char *mention_kind_name(enum mention_kind kind);

/* False: there is none of that name, and `*ret` is untouched. */
bool mention_kind_from_name(const char *name, enum mention_kind *ret);

/* How another port is put in the place of this one. */
enum mention_form {
	MENTION_NUMBER,
	MENTION_SHELL, /* ${WEB_PORT:-3100} */
	MENTION_JS,    /* Number(process.env.WEB_PORT) || 3100 */
};

/* Rationale: names of variables, services and scripts are shorter; of longer ones the start. */
#define MENTION_WORDS_SIZE 128

struct mention {
	uint16_t port;
	enum protocol protocol;
	enum mention_kind kind;
	enum mention_form form;
	size_t at, len;	       /* where the number stands in the bytes */
	unsigned line, column; /* the same for people: from 1, columns in characters */
	bool is_fixed;	 /* it may not be replaced: a part of a range, its place is not sure */
	bool is_default; /* counts only where a variable is not set */
	bool is_named;	 /* `words` is the service's own name, and no hint */
	unsigned nth;	 /* of that service's ports, from 1 */
	/* What it is called there: a service, the name of a script; "": nothing is said. */
	char words[MENTION_WORDS_SIZE];
};

/* False stops the reader, which then returns false; the callback has filled its own err. */
typedef bool mention_fn(const struct mention *m, void *arg);

/* A file that is read.  Start from { .bytes, .len, .file, .fn, .arg }. */
struct mentions {
	const char *bytes; /* UTF-8 without NUL, and a NUL behind them */
	size_t len;
	const char *file; /* for messages */
	mention_fn *fn;
	void *arg;

	/* Where the last one was: places are mostly asked for in order. */
	size_t line_start;
	unsigned lines_before;
	size_t column_at; /* not before line_start ... */
	unsigned column;  /* ... of that byte, from 1; 0: not counted yet */
};

/*
 * Tell `m->fn` each port in the file.
 * Errors: ERR_INVALID  it is not understood; the text starts with "file:line: "
 *         ERR_MEMORY, and what the callback says
 */
typedef bool mentions_fn(struct mentions *m, struct err *err);

/* PORT=3000, NAME_PORT=3000 of .env files; none whose ..._HOST is another machine. */
mentions_fn mentions_dotenv;

/* The host's side of `ports`, of each service. */
mentions_fn mentions_compose;

/* The scripts of a package.json. */
mentions_fn mentions_package_json;

mentions_fn mentions_procfile;

/* Recipes, and variables like PORT ?= 3000. */
mentions_fn mentions_makefile;

/* A shell's script. */
mentions_fn mentions_shell;

/* `port` of server, preview, hmr, devServer in the configurations of vite, next, astro, nuxt. */
mentions_fn mentions_js_config;

/* The parts of supabase/config.toml that have a port of their own. */
mentions_fn mentions_supabase;

/* EXPOSE, which is about the inside of a container. */
mentions_fn mentions_dockerfile;

/* What claim.h reads of them, with its place. */
mentions_fn mentions_systemd, mentions_nginx, mentions_caddy, mentions_cloudflared;

/* A file that is cloudflared's if it has rules of a tunnel; of any other nothing is told. */
mentions_fn mentions_perhaps_cloudflared;

/*
 * Sources in JavaScript and TypeScript, Python, Go: where a program listens by itself.
 * They read any text, and are never sure of anything.
 */
mentions_fn mentions_js, mentions_python, mentions_go;

/* --- for those who write a reader */

/* Fill in the line and column of `x`, and tell it. */
MUST_CHECK bool mentions_tell(struct mentions *m, struct mention x);

/* Put `len` bytes into x->words, cut where they are longer. */
void mention_set_words(struct mention *x, const char *words, size_t len);

/* "3000" of these bytes, which hold nothing else; 0: they are no port. */
uint16_t mention_port(const char *bytes, size_t len);

#endif
