/*
 * formats/edits.h - places in a file's bytes, and what is to stand there.
 *
 * May include: base.
 */
#ifndef FORMATS_EDITS_H
#define FORMATS_EDITS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"

struct edit {
	size_t from, to; /* these bytes go; from == to: something is put in */
	const char *text;
	size_t len;
};

/* Start from { .arena = a }. */
struct edits {
	struct arena *arena;
	struct edit *items;
	unsigned count, room;
	bool out_of_memory;
};

/* Places may come in any order, and do not overlap; of two at one, the first comes first. */
void edits_add(struct edits *e, size_t from, size_t to, const struct text *text);

/* Append `bytes` with all of them. False: there was no memory. */
MUST_CHECK bool edits_apply(struct edits *e, const char *bytes, size_t len, struct text *ret);

#endif
