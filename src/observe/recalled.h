/*
 * observe/recalled.h - what an earlier look found, beside what is asked for now.
 */
#ifndef OBSERVE_RECALLED_H
#define OBSERVE_RECALLED_H

#include "observe/inode_map.h"
#include "observe/processes.h"
#include "observe/recall_linux.h"

/* Rows that are still to be found, and what each is called in the whole search. */
struct left {
	struct search search;
	unsigned *numbers;
};

/* Of what is recalled: what is asked for, by pid, and the rest of it.  False: no memory. */
bool recalled_split(const struct inode_map *map, struct arena *a, struct held_list *ret_asked,
		    struct held_list *ret_rest);

/* The rows that nobody was found for, and had nobody before, either.  False: no memory. */
bool recalled_left(const struct search *s, const struct held_list *recalled,
		   const struct holder_list *found, struct arena *a, struct left *ret);

/* Add what was found of those that were left.  False: no memory. */
bool recalled_join(const struct left *left, const struct holder_list *more, struct arena *a,
		   struct holder_list *found);

/* For the next look: who has what, what nobody has, and what was known besides (NULL is fine). */
void recalled_keep(const struct search *s, const struct holder_list *found,
		   const struct held_list *besides, struct arena *a);

#endif
