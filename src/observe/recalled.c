#include "observe/recalled.h"

#include <string.h>

bool recalled_split(const struct inode_map *map, struct arena *a, struct held_list *ret_asked,
		    struct held_list *ret_rest)
{
	struct held_list all, asked = { 0 }, rest = { 0 };

	recall_read(a, &all);
	asked.items = arena_alloc(a, (all.count + 1) * sizeof(*asked.items));
	rest.items = arena_alloc(a, (all.count + 1) * sizeof(*rest.items));
	if (!asked.items || !rest.items)
		return false;
	for (unsigned i = 0; i < all.count; i++) {
		struct held_list *into = inode_map_row(map, all.items[i].inode) < 0 ? &rest
										    : &asked;

		into->items[into->count++] = all.items[i];
	}
	*ret_asked = asked;
	*ret_rest = rest;
	return true;
}

/* Nobody had it open at an earlier look, either: the kernel itself has, or another user. */
static bool is_nobodys(const struct held_list *recalled, uint64_t inode)
{
	for (unsigned i = 0; i < recalled->count && recalled->items[i].pid == 0; i++)
		if (recalled->items[i].inode == inode)
			return true;
	return false;
}

bool recalled_left(const struct search *s, const struct held_list *recalled,
		   const struct holder_list *found, struct arena *a, struct left *ret)
{
	bool *seen = arena_alloc(a, s->count + 1);
	unsigned *numbers = arena_alloc(a, (s->count + 1) * sizeof(*numbers));
	struct socket_row *rows = arena_alloc(a, (s->count + 1) * sizeof(*rows));
	unsigned count = 0;

	if (!seen || !numbers || !rows)
		return false;
	for (unsigned i = 0; i < found->count; i++)
		seen[found->items[i].row] = true;
	for (unsigned i = 0; i < s->count; i++)
		if (!seen[i] && !is_nobodys(recalled, s->rows[i].inode)) {
			numbers[count] = i;
			rows[count++] = s->rows[i];
		}
	*ret = (struct left){ .search = *s, .numbers = numbers };
	ret->search.rows = rows;
	ret->search.count = count;
	return true;
}

static bool append(struct arena *a, struct holder_list *list, const struct holder_list *more)
{
	struct holder *all = arena_alloc(a, (list->count + more->count + 1) * sizeof(*all));

	if (!all)
		return false;
	if (list->count)
		memcpy(all, list->items, list->count * sizeof(*all));
	if (more->count)
		memcpy(all + list->count, more->items, more->count * sizeof(*all));
	list->items = all;
	list->count += more->count;
	return true;
}

bool recalled_join(const struct left *left, const struct holder_list *more, struct arena *a,
		   struct holder_list *found)
{
	for (unsigned i = 0; i < more->count; i++)
		more->items[i].row = left->numbers[more->items[i].row];
	return append(a, found, more);
}

void recalled_keep(const struct search *s, const struct holder_list *found,
		   const struct held_list *besides, struct arena *a)
{
	unsigned room = found->count + s->count + (besides ? besides->count : 0), count = 0;
	struct held *items = arena_alloc(a, (room + 1) * sizeof(*items));
	bool *seen = arena_alloc(a, s->count + 1);

	if (!items || !seen)
		return;
	for (unsigned i = 0; i < found->count; i++) {
		const struct holder *h = &found->items[i];

		seen[h->row] = true;
		items[count++] = (struct held){ .inode = h->process.socket,
						.pid = h->process.pid,
						.fd = h->process.fd };
	}
	for (unsigned i = 0; i < s->count; i++)
		if (!seen[i])
			items[count++] = (struct held){ .inode = s->rows[i].inode, .fd = -1 };
	for (unsigned i = 0; besides && i < besides->count; i++)
		items[count++] = besides->items[i];
	recall_write((struct held_list){ items, count });
}
