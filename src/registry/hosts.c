#include "registry/hosts.h"

#include <stdlib.h>
#include <string.h>

struct gathering {
	struct arena *arena;
	struct host_list list;
	bool out_of_memory;
};

static struct host_usage *add_host(struct gathering *g, const char *host)
{
	struct host_list *all = &g->list;

	/* Entries of one machine follow each other more often than not. */
	for (unsigned i = all->count; i-- > 0;)
		if (!strcmp(all->items[i].host, host))
			return &all->items[i];
	all->items = arena_grow(g->arena, all->items, all->count, &all->room, sizeof(*all->items));
	host = arena_copy(g->arena, host);
	g->out_of_memory = !all->items || !host;
	if (g->out_of_memory)
		return NULL;
	all->items[all->count] = (struct host_usage){ .host = host };
	return &all->items[all->count++];
}

static bool count_entry(const struct entry *e, void *arg)
{
	struct host_usage *u = add_host(arg, e->host);

	if (!u)
		return false;
	u->services += e->primary;
	u->ports += e->port != u->last_port;
	u->last_port = e->port;
	return true;
}

static bool add_block(const struct block *b, void *arg)
{
	return add_host(arg, b->host) != NULL;
}

static int by_name(const void *a, const void *b)
{
	const struct host_usage *x = a, *y = b;

	return strcmp(x->host, y->host);
}

bool hosts_read(struct registry *r, const char *project_id, struct arena *a, struct host_list *ret,
		struct err *err)
{
	struct gathering g = { .arena = a };
	struct entry_filter f = ENTRY_FILTER_ALL;

	f.project_id = project_id;
	if (!project_id && !add_host(&g, r->host))
		return fail_memory(err);
	if (!r->store->ops->entry_each(r->store, &f, count_entry, &g, err) ||
	    !r->store->ops->block_each(r->store, NULL, project_id, add_block, &g, err))
		return false;
	if (g.out_of_memory)
		return fail_memory(err);
	if (g.list.count)
		qsort(g.list.items, g.list.count, sizeof(*g.list.items), by_name);
	*ret = g.list;
	return true;
}

bool host_is_anybodys(const struct registry *r)
{
	return r->is_shared && !strcmp(r->host, HOST_DEFAULT);
}

struct search {
	const char *host;
	bool found;
};

static bool match_block(const struct block *b, void *arg)
{
	struct search *s = arg;

	s->found = strcmp(b->host, s->host) != 0;
	return !s->found;
}

static bool match_instance(const struct instance *i, void *arg)
{
	struct search *s = arg;

	s->found = !i->released_at_ms && strcmp(i->host, s->host) != 0;
	return !s->found;
}

static bool match_entry(const struct entry *e, void *arg)
{
	struct search *s = arg;

	s->found = strcmp(e->host, s->host) != 0;
	return !s->found;
}

bool project_is_elsewhere(struct registry *r, const char *project_id, const char *host, bool *ret,
			  struct err *err)
{
	struct search s = { .host = host };
	const struct store_ops *ops = r->store->ops;
	struct entry_filter f = ENTRY_FILTER_ALL;

	f.project_id = project_id;
	if (!ops->block_each(r->store, NULL, project_id, match_block, &s, err) ||
	    (!s.found && !ops->instance_each(r->store, project_id, match_instance, &s, err)) ||
	    (!s.found && !ops->entry_each(r->store, &f, match_entry, &s, err)))
		return false;
	*ret = s.found;
	return true;
}
