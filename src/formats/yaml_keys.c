#include "formats/yaml_keys.h"

#include <stdlib.h>
#include <string.h>

struct yaml_level {
	unsigned first; /* of its keys */
	bool is_map, has_key;
};

static bool add_key(struct yaml_keys *k, const char *name, unsigned line, unsigned column,
		    struct err *err)
{
	struct yaml_key *grown = arena_grow(&k->arena, k->keys, k->n_keys, &k->keys_room,
					    sizeof(*grown));

	if (!grown)
		return fail_memory(err);
	k->keys = grown;
	grown[k->n_keys] = (struct yaml_key){ arena_copy(&k->arena, name), line, column };
	return grown[k->n_keys++].name || fail_memory(err);
}

bool yaml_keys_value(struct yaml_keys *k, const char *name, unsigned line, unsigned column,
		     struct err *err)
{
	struct yaml_level *level = k->n_levels ? &k->levels[k->n_levels - 1] : NULL;

	if (!level || !level->is_map)
		return true;
	level->has_key = !level->has_key;
	return !level->has_key || !name || !strcmp(name, "<<") ||
	       add_key(k, name, line, column, err);
}

bool yaml_keys_open(struct yaml_keys *k, bool is_map, struct err *err)
{
	struct yaml_level *grown = arena_grow(&k->arena, k->levels, k->n_levels, &k->levels_room,
					      sizeof(*grown));

	if (!grown)
		return fail_memory(err);
	k->levels = grown;
	grown[k->n_levels++] = (struct yaml_level){ .first = k->n_keys, .is_map = is_map };
	return true;
}

/* By name, and as they stand. */
static int compare(const void *a, const void *b)
{
	const struct yaml_key *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	if (order)
		return order;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->column < y->column ? -1 : x->column > y->column;
}

const struct yaml_key *yaml_keys_close(struct yaml_keys *k)
{
	const struct yaml_level *level;
	unsigned end = k->n_keys;

	if (!k->n_levels)
		return NULL;
	level = &k->levels[--k->n_levels];
	k->n_keys = level->first;
	if (end - level->first > 1)
		qsort(k->keys + level->first, end - level->first, sizeof(*k->keys), compare);
	for (unsigned i = level->first + 1; i < end; i++)
		if (!strcmp(k->keys[i - 1].name, k->keys[i].name))
			return &k->keys[i];
	return NULL;
}

void yaml_keys_release(struct yaml_keys *k)
{
	arena_release(&k->arena);
}
