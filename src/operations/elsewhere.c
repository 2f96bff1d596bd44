#include "operations/elsewhere.h"

#include <string.h>

#include "operations/repositories.h"

static bool is_elsewhere(const struct checkout *one)
{
	return one->state == CHECKOUT_MOVED ||
	       (one->state == CHECKOUT_KNOWN && one->worktree->is_locked);
}

static bool add_repository(struct call *c, const struct repository *of, void *arg, struct err *err)
{
	struct elsewhere *all = arg;

	for (unsigned i = 0; i < of->checkouts.count; i++) {
		const struct checkout *one = &of->checkouts.items[i];

		if (!is_elsewhere(one))
			continue;
		all->items = arena_grow(&c->arena, all->items, all->count, &all->room,
					sizeof(*all->items));
		if (!all->items)
			return fail_memory(err);
		all->items[all->count++] = *one->instance;
	}
	return true;
}

bool elsewhere_read(struct call *c, struct elsewhere *ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *input = json_object();
	struct elsewhere all = { .count = 0 };

	if (!json_put_bool(input, "all", true))
		return fail_memory(err);
	if (!repositories_each(c, input, false, add_repository, &all, err))
		return false;
	*ret = all;
	return true;
}

bool elsewhere_has(const struct elsewhere *all, const struct entry *e)
{
	for (unsigned i = 0; i < all->count; i++)
		if (all->items[i].number == e->instance &&
		    !strcmp(all->items[i].project_id, e->project_id))
			return true;
	return false;
}
