/*
 * observe/inode_map.h - from the inodes of sockets to their rows.
 */
#ifndef OBSERVE_INODE_MAP_H
#define OBSERVE_INODE_MAP_H

#include "base/arena.h"
#include "observe/sockets.h"

/* Open addressing, a power of two, at most half full. */
struct inode_map {
	const struct socket_row *rows;
	unsigned *slots; /* row + 1; 0: nothing there */
	unsigned mask;
};

/* Of rows that outlive it, no inode twice; a row without one is not in it.  False: no memory. */
bool inode_map_make(const struct socket_row *rows, unsigned count, struct arena *a,
		    struct inode_map *ret);

/* -1: it is none of theirs. */
int inode_map_row(const struct inode_map *map, ino_t inode);

#endif
