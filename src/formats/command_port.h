/*
 * formats/command_port.h - the one port that a command gives to its program.
 *
 * shell_ports.h reads the command; here is what those need of it who know whose the command
 * is, and ask for a number, or put another in its place.
 * May include: base.
 */
#ifndef FORMATS_COMMAND_PORT_H
#define FORMATS_COMMAND_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* A command, and where each of its letters stands in the file; NULL: at its own offset. */
struct command_text {
	const char *s;
	size_t len;
	const size_t *places;
};

struct command_port {
	uint16_t port;	 /* 0: there is none */
	size_t at, len;	 /* of the number; without a length it can be put there ... */
	char before[32]; /* ... behind this: " -p " */
	bool is_default; /* of a variable: ${PORT:-3000} */
};

/*
 * The number in the command: -p 3000, --port=3000, PORT=3000, docker run -p 3000:80.
 * Errors: ERR_MEMORY
 */
MUST_CHECK bool command_port_find(const struct command_text *c, struct command_port *ret,
				  struct err *err);

/*
 * The same of `program` alone, as it is called in a command: "next".  Where it is given no
 * number, its usual one, and where another can be put.
 */
MUST_CHECK bool command_port_of(const struct command_text *c, const char *program,
				struct command_port *ret, struct err *err);

/* Is the letter at `at` in '...', where a shell leaves a variable as it is? */
bool command_is_quoted(const char *command, size_t at);

#endif
