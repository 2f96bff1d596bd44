#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rationale: one answer about one entry fits; a list takes a few hundred of them. */
#define CHUNK_SIZE 8192

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, size;
	bool is_zero; /* all of it that is not used yet */
	_Alignas(max_align_t) unsigned char bytes[];
};

static struct arena_chunk *chunk_with(struct arena *a, size_t size)
{
	struct arena_chunk *c = a->chunks;
	bool is_large = size > CHUNK_SIZE;
	size_t want = is_large ? size : CHUNK_SIZE;

	if (c && c->size - c->used >= size)
		return c;
	/* Of a large one the pages are new from the kernel, and need not be touched to be zero. */
	c = is_large ? calloc(1, sizeof(*c) + want) : malloc(sizeof(*c) + want);
	if (!c)
		return NULL;
	*c = (struct arena_chunk){ .next = a->chunks, .size = want, .is_zero = is_large };
	a->chunks = c;
	return c;
}

void *arena_alloc(struct arena *a, size_t size)
{
	const size_t align = _Alignof(max_align_t);
	struct arena_chunk *c;
	void *at;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = (size + align - 1) / align * align;
	c = chunk_with(a, size);
	if (!c)
		return NULL;
	at = c->bytes + c->used;
	c->used += size;
	return c->is_zero ? at : memset(at, 0, size);
}

char *arena_copy(struct arena *a, const char *text)
{
	size_t size;
	char *copy;

	if (!text)
		return NULL;
	size = strlen(text) + 1;
	copy = arena_alloc(a, size);
	return copy ? memcpy(copy, text, size) : NULL;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0)
		return NULL;
	text = arena_alloc(a, (size_t)len + 1);
	if (!text)
		return NULL;
	va_start(args, format);
	vsnprintf(text, (size_t)len + 1, format, args);
	va_end(args);
	return text;
}

void *arena_grow(struct arena *a, void *items, unsigned count, unsigned *room, size_t item_size)
{
	unsigned more = *room ? *room * 2 : 16;
	void *grown;

	if (count < *room)
		return items;
	if (more < *room)
		return NULL;
	grown = arena_alloc(a, more * item_size);
	if (!grown)
		return NULL;
	if (count)
		memcpy(grown, items, count * item_size);
	*room = more;
	return grown;
}

void arena_adopt(struct arena *a, struct arena *from)
{
	struct arena_chunk **end = &a->chunks;

	while (*end)
		end = &(*end)->next;
	*end = from->chunks;
	from->chunks = NULL;
}

void arena_release(struct arena *a)
{
	while (a->chunks) {
		struct arena_chunk *c = a->chunks;

		a->chunks = c->next;
		free(c);
	}
}
