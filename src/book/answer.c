#include "book/answer.h"

#include <stdlib.h>

struct answer {
	struct arena arena;
	json_t *json;
	_Alignas(max_align_t) unsigned char value[]; /* what is handed out */
};

bool answer_make(const struct layout *layout, json_t *json, void **ret, struct err *err)
{
	struct answer *a = calloc(1, sizeof(*a) + layout->size);

	if (!a)
		return fail_memory(err);
	a->json = json_incref(json);
	if (!layout_read(layout, json, a->value, &a->arena, err)) {
		answer_free(a->value);
		return false;
	}
	*ret = a->value;
	return true;
}

/* It was made here, and not const. */
static struct answer *answer_of(const void *value)
{
	const union {
		const void *read;
		unsigned char *owned;
	} same = { value };

	return (struct answer *)(void *)(same.owned - offsetof(struct answer, value));
}

void answer_free(const void *answer)
{
	struct answer *a;

	if (!answer)
		return;
	a = answer_of(answer);
	arena_release(&a->arena);
	json_decref(a->json);
	free(a);
}
