/*
 * sql/blocks_kept.c - the blocks, read once for all that a batch does.
 *
 * An allocation asks which blocks its project has, and finding that reads those of its host.
 * While a batch is open nobody else writes, so what was read stays true until we write a block
 * ourselves, or undo something: then it is read again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "store/sql/session.h"

struct kept_blocks {
	struct arena arena;
	struct block *items;
	unsigned count, room;
};

static bool keep(const struct block *b, void *arg)
{
	struct kept_blocks *k = arg;
	struct block copy = *b;

	k->items = arena_grow(&k->arena, k->items, k->count, &k->room, sizeof(*k->items));
	copy.host = arena_copy(&k->arena, b->host);
	copy.range = arena_copy(&k->arena, b->range);
	copy.project_id = arena_copy(&k->arena, b->project_id);
	if (!k->items || !copy.host || !copy.range || (b->project_id && !copy.project_id)) {
		k->items = NULL;
		return false;
	}
	k->items[k->count++] = copy;
	return true;
}

static void kept_blocks_free(struct kept_blocks *k)
{
	if (!k)
		return;
	arena_release(&k->arena);
	free(k);
}

void kept_blocks_forget(struct sql_session *s)
{
	kept_blocks_free(s->blocks);
	s->blocks = NULL;
}

/* Those of all hosts, in the order in which they are given. */
static bool read_all(struct sql_session *s, struct err *err)
{
	struct kept_blocks *k = calloc(1, sizeof(*k));
	bool ok;

	if (!k)
		return fail_memory(err);
	ok = sql_block_read(s, NULL, NULL, keep, k, err) &&
	     (k->items || !k->count || fail_memory(err));
	if (ok)
		s->blocks = k;
	else
		kept_blocks_free(k);
	return ok;
}

static bool is_meant(const struct block *b, const char *host, const char *project_id)
{
	return (!project_id || (b->project_id && !strcmp(b->project_id, project_id))) &&
	       (!host || !strcmp(b->host, host));
}

/* `fn` may write a block: then there is nothing more to walk through that would be true. */
bool kept_blocks_each(struct sql_session *s, const char *host, const char *project_id, block_fn *fn,
		      void *arg, struct err *err)
{
	const struct kept_blocks *k;

	if (!s->blocks && !read_all(s, err))
		return false;
	k = s->blocks;
	for (unsigned i = 0; k == s->blocks && i < k->count; i++)
		if (is_meant(&k->items[i], host, project_id) && !fn(&k->items[i], arg))
			break;
	return true;
}
