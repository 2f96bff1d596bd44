/*
 * base/arena.h - memory that is given back all at once.
 *
 * One answer makes many small strings with one life: they are cut from an
 * arena and go when the arena is released.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>
#include <stdbool.h>

#include "base/macros.h"

struct arena {
	struct arena_chunk *chunks; /* newest first; NULL: empty */
};

/* `size` zeroed bytes, aligned for any type; NULL when there is no memory. */
void *arena_alloc(struct arena *a, size_t size) MUST_CHECK;

/* A copy of `text`; NULL when there is no memory (or `text` is NULL). */
char *arena_copy(struct arena *a, const char *text) MUST_CHECK;

/* A formatted string; NULL when there is no memory. */
char *arena_printf(struct arena *a, const char *format, ...) PRINTF_LIKE(2, 3) MUST_CHECK;

/*
 * An array that lives in the arena, with room for one more item: `items` has
 * `count` of them and room for `*room`.  Returns where it is now; NULL when
 * there is no memory, and then the array is as it was.
 */
MUST_CHECK void *arena_grow(struct arena *a, void *items, unsigned count, unsigned *room,
			    size_t item_size);

/* Take over all that `from` holds, which is then empty. Cannot fail. */
void arena_adopt(struct arena *a, struct arena *from);

/* Give back everything; the arena may be used again. */
void arena_release(struct arena *a);

#endif
