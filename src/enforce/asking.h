/*
 * enforce/asking.h - asking the book from a process that must not wait for it.
 *
 * Each question is asked by a process of its own, with a session of its own: it
 * has no book open afterwards, keeps no memory of it, and can be given up on.
 */
#ifndef ENFORCE_ASKING_H
#define ENFORCE_ASKING_H

#include "base/json.h"

/* Rationale: a program that waits to listen longer than that looks broken to who started it. */
#define ASKING_MS 2000

/* How a new process asks the book: it opens its session, asks, and closes that. */
struct book_link {
	bool (*ask)(void *arg, const char *operation, const json_t *input, json_t **ret,
		    struct err *err);
	void *arg;
	bool reaps; /* who asks has children anyway, and nobody but us waits for them */
};

/*
 * Errors: ERR_BUSY  the book has not answered within ASKING_MS
 *         those of the operation
 */
MUST_CHECK bool ask_book(const struct book_link *b, const char *operation, const json_t *input,
			 json_t **ret, struct err *err);

/* Nobody waits for it, and nobody hears when it fails. */
void tell_book(const struct book_link *b, const char *operation, const json_t *input);

/* Until all that was told is done, or for ASKING_MS: what is said next is said after it. */
void wait_for_told(void);

/* stdin, stdout and stderr are nobody's from now on: who reads a pipe would wait for us. */
void leave_standard_files(void);

#endif
