/*
 * base/err.h - why something could not be done.
 *
 * A function that can fail returns bool and takes a `struct err *` last.  On
 * failure it returns false and the err says, in one sentence for a person,
 * what is wrong (small first letter, no full stop, subject in quotes); the
 * hint says what to do next.  Nobody below cli/ prints it.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

#include "base/macros.h"

enum err_code {
	ERR_NONE,
	ERR_INVALID,	   /* wrong use or input */
	ERR_NOT_FOUND,	   /* nothing has that name */
	ERR_NOTHING,	   /* nothing to release: the state is already as asked */
	ERR_NOT_FREE,	   /* the answer to a question is no */
	ERR_TAKEN,	   /* another holds it */
	ERR_EXHAUSTED,	   /* the range has no free port left */
	ERR_BOOK,	   /* the book is damaged, not a book, or newer than this program */
	ERR_BUSY,	   /* others held the book for longer than anyone should wait */
	ERR_IO,		   /* the system refused to read or write */
	ERR_MEMORY,	   /* no memory */
	ERR_NOT_PERMITTED, /* this user may not */
	ERR_INTERRUPTED,   /* it was told to end, and left nothing of itself */
	ERR_CODE_COUNT,
};

/* Rationale: one sentence about one entry, with two names of 63 and a path. */
#define ERR_TEXT_SIZE 1024
#define ERR_HINT_SIZE 512
/* Rationale: a holder is an entry's key and what is seen of a process, as JSON. */
#define ERR_HOLDER_SIZE 1024

struct err {
	enum err_code code;
	char text[ERR_TEXT_SIZE];
	char hint[ERR_HINT_SIZE];     /* what to do next; empty: nothing to add */
	char holder[ERR_HOLDER_SIZE]; /* whose it is: a JSON object; empty: nobody's */
};

/* Fill `err` (NULL is fine) and return false; a hint or holder set before is dropped. */
bool fail(struct err *err, enum err_code code, const char *format, ...) PRINTF_LIKE(3, 4);

/* Say what was being done: "doing: " goes before the text. Returns false. */
bool fail_while(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* Say what to do next. Returns false. */
bool fail_hint(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* `fail` for "no memory". */
bool fail_memory(struct err *err);

/*
 * Compilers cannot see into err.c: told here that the answer is always false,
 * they know that what a failing function did not fill is not read.
 */
static inline bool fail_is_false(bool always_false)
{
	(void)always_false;
	return false;
}
#define fail(...)	 fail_is_false(fail(__VA_ARGS__))
#define fail_while(...)	 fail_is_false(fail_while(__VA_ARGS__))
#define fail_hint(...)	 fail_is_false(fail_hint(__VA_ARGS__))
#define fail_memory(err) fail_is_false(fail_memory(err))

/* The code's name in JSON, such as "not-found". */
const char *err_name(enum err_code code);

/* The exit status of the command line, 0 to 6. */
int err_exit_status(enum err_code code);

/* The code with this name; ERR_NONE when there is none. */
enum err_code err_from_name(const char *name);

#endif
