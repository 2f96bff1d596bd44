/*
 * base/text.h - a string that grows.
 *
 * Start with `struct text t = { 0 };`.  When memory runs out the text says so
 * once, at the end (text_ok), and every add after it does nothing.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"

struct text {
	char *s; /* NUL-terminated; NULL while empty */
	size_t len, size;
	bool out_of_memory;
};

void text_add(struct text *t, const char *s);
void text_add_bytes(struct text *t, const char *bytes, size_t len);
void text_addf(struct text *t, const char *format, ...) PRINTF_LIKE(2, 3);

/* What was added so far, never NULL. */
const char *text_str(const struct text *t);

/* False when something could not be added. */
bool text_ok(const struct text *t);

/* Hand the string over to the caller, who frees it; NULL if something could not be added. */
char *text_take(struct text *t) MUST_CHECK;

/* As release, and ready for use again. */
void text_clear(struct text *t);
void text_release(struct text *t);

#endif
