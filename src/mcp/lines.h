/*
 * mcp/lines.h - messages of a pipe, a line each, in the order in which they came.
 *
 * While one is answered the pipe may be looked at for what comes behind it.
 */
#ifndef MCP_LINES_H
#define MCP_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/text.h"

struct lines {
	int fd;
	size_t longest;	    /* bytes of a line */
	struct text unread; /* what was read and is in no line yet */
	bool is_skipping;   /* a line that is too long, to its end */
	bool has_ended;	    /* there is no more to read */
	struct line *first, *last;
};

struct line {
	struct line *next;
	size_t len;
	bool was_too_long; /* it is empty then */
	char bytes[];
};

/* Frees what it holds. */
void lines_release(struct lines *l);

/*
 * Wait up to `ms` (-1: as long as it takes, 0: not at all) for bytes, and read them.
 * `*ret_some` false: none came.
 * Errors: ERR_IO, ERR_MEMORY
 */
MUST_CHECK bool lines_read(struct lines *l, int ms, bool *ret_some, struct err *err);

/* The oldest line, which the caller frees; NULL: there is none yet. */
struct line *lines_take(struct lines *l);

/* Take this one out, wherever it stands; the caller frees it. */
void lines_remove(struct lines *l, struct line *line);

#endif
