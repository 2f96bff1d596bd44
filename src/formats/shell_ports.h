/*
 * formats/shell_ports.h - which ports a line of shell asks for.
 *
 * Of interest is what would listen here: a program that connects to a port, ends who has
 * it or prints it asks for none.  Nothing is found rather than something wrong: who is told
 * of a port that a command does not take, learns to pass over what is told.
 * May include: base, formats/shell.h.
 */
#ifndef FORMATS_SHELL_PORTS_H
#define FORMATS_SHELL_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "formats/shell.h"
#include "ports/entry.h"

/* A program that listens, as the table of shell_servers.c has it. */
struct shell_server {
	const char *command;	/* "next dev", "rails s|server": the program, and what follows it */
	uint16_t port;		/* it takes unasked; 0: none, or it is not known */
	const char *options;	/* that name the port: "--port -p" */
	const char *binds;	/* that name an address with it: "-b --bind" */
	const char *variable;	/* in which it looks for its port; NULL: none */
	const char *gives;	/* what it is given a port with: "--port "; NULL: nothing */
	const char *serves_not; /* words behind it with which it is no server: "build check" */
	const char *files;	/* that may name another port: "vite.config.js angular.json" */
	const char *valued;	/* options before its second word that have a value */
	bool is_positional;	/* the port is an argument: 8000, or localhost:8000 */
};

enum shell_port_how {
	SHELL_PORT_VARIABLE,  /* PORT=3000 npm start */
	SHELL_PORT_OPTION,    /* --port 3000, -b 0.0.0.0:3000 */
	SHELL_PORT_PUBLISHED, /* docker run -p 3000:80 */
	SHELL_PORT_ARGUMENT,  /* python -m http.server 3000 */
	SHELL_PORT_DEFAULT,   /* vite: it takes 5173 unasked */
};
#define SHELL_PORT_HOW_COUNT 5

/* What to put where, to have another port: `len` bytes at `at` become before, PORT, after. */
struct shell_fix {
	bool is_known;
	size_t at, len;
	const char *before, *after; /* never NULL where it is known */
};

struct shell_port {
	enum shell_port_how how;
	uint16_t port, last; /* both ends; one port: the same */
	uint16_t inside;     /* of a container, to which it leads; 0: not known, or none */
	enum protocol protocol;
	size_t at, len;	     /* of the number in the command; SHELL_NOWHERE: not in it */
	const char *program; /* "vite"; of a script, of the program that it runs */
	const char *script;  /* of package.json, from which it is; NULL: the command itself */
	const char *folder;  /* where it runs, of who did `cd`; "": here; NULL: not known */
	const struct shell_server *server; /* NULL: a program that is not known */
	struct shell_fix fix;
	const char *variable; /* "PORT" of PORT=3000; NULL: no variable */
	bool is_unsure;	  /* of an option that means other things elsewhere, or who may connect */
	bool is_fallback; /* of a variable: ${PORT:-3000} */
	bool is_address;  /* it stands behind a host: --host db:5432 */
};

/* Rationale: a command that starts more servers is not written by hand. */
#define SHELL_PORTS_MAX 64

struct shell_ports {
	struct shell_port items[SHELL_PORTS_MAX];
	unsigned count;
};

/* The command of a script in the package.json of `folder` (as shell_port.folder); NULL: none. */
struct shell_scripts {
	const char *(*find)(void *arg, const char *folder, const char *name);
	void *arg;
};

/*
 * The ports that `command` asks for, in its order.  `scripts` may be NULL: then
 * nothing is known of what `npm run dev` does.  Strings live as long as the arena.
 * Errors: ERR_MEMORY
 */
MUST_CHECK bool shell_ports_find(const char *command, size_t len,
				 const struct shell_scripts *scripts, struct arena *arena,
				 struct shell_ports *ret, struct err *err);

/* A port that some server takes unasked. */
bool shell_port_is_usual(uint16_t port);

/* One of the words of a text with blanks (or "|") between; `words` may be NULL. */
bool shell_words_have(const char *words, const char *word, size_t len);

#endif
