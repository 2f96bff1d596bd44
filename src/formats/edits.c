#include "formats/edits.h"

#include <string.h>

void edits_add(struct edits *e, size_t from, size_t to, const struct text *text)
{
	struct edit *items = arena_grow(e->arena, e->items, e->count, &e->room, sizeof(*items));
	char *kept = arena_alloc(e->arena, text->len + 1);
	unsigned i = e->count;

	e->out_of_memory |= !items || !kept || !text_ok(text);
	if (items)
		e->items = items;
	if (e->out_of_memory)
		return;
	memcpy(kept, text_str(text), text->len);
	for (; i > 0 && items[i - 1].from > from; i--)
		items[i] = items[i - 1];
	items[i] = (struct edit){ from, to, kept, text->len };
	e->count++;
}

bool edits_apply(struct edits *e, const char *bytes, size_t len, struct text *ret)
{
	size_t copied = 0;

	for (unsigned i = 0; i < e->count; i++) {
		const struct edit *one = &e->items[i];

		text_add_bytes(ret, bytes + copied, one->from - copied);
		text_add_bytes(ret, one->text, one->len);
		copied = one->to;
	}
	text_add_bytes(ret, bytes + copied, len - copied);
	return !e->out_of_memory && text_ok(ret);
}
