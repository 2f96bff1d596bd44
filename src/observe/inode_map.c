#include "observe/inode_map.h"

static unsigned slot_of(const struct inode_map *map, ino_t inode)
{
	return (unsigned)((inode * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & map->mask;
}

bool inode_map_make(const struct socket_row *rows, unsigned count, struct arena *a,
		    struct inode_map *ret)
{
	struct inode_map map = { .rows = rows, .mask = 64 };

	while (map.mask < 2 * count)
		map.mask *= 2;
	map.slots = arena_alloc(a, map.mask * sizeof(*map.slots));
	map.mask--;
	for (unsigned i = 0; map.slots && i < count; i++) {
		unsigned slot = slot_of(&map, rows[i].inode);

		while (map.slots[slot])
			slot = (slot + 1) & map.mask;
		if (rows[i].inode)
			map.slots[slot] = i + 1;
	}
	*ret = map;
	return map.slots != NULL;
}

int inode_map_row(const struct inode_map *map, ino_t inode)
{
	unsigned slot = slot_of(map, inode);

	for (; map->slots[slot]; slot = (slot + 1) & map->mask)
		if (map->rows[map->slots[slot] - 1].inode == inode)
			return (int)map->slots[slot] - 1;
	return -1;
}
