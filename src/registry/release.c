#include "registry/release.h"

#include <string.h>

#include "registry/entry_json.h"

struct gathering {
	struct arena *arena;
	struct entry_list list;
	unsigned room;
	bool out_of_memory;
};

static bool gather(const struct entry *e, void *arg)
{
	struct gathering *g = arg;

	g->list.items = arena_grow(g->arena, g->list.items, g->list.count, &g->room,
				   sizeof(*g->list.items));
	g->out_of_memory = !g->list.items ||
			   !entry_copy(g->arena, e, &g->list.items[g->list.count]);
	g->list.count += !g->out_of_memory;
	return !g->out_of_memory;
}

bool entries_read(struct registry *r, const struct entry_filter *f, struct arena *a,
		  struct entry_list *ret, struct err *err)
{
	struct gathering g = { .arena = a };

	if (!r->store->ops->entry_each(r->store, f, gather, &g, err))
		return false;
	if (g.out_of_memory)
		return fail_memory(err);
	*ret = g.list;
	return true;
}

bool entry_promote_next(struct registry *r, const struct entry *gone, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct entry next, promoted;
	bool found;

	f.project_id = gone->project_id;
	f.instance = gone->instance;
	f.environment = gone->environment;
	f.service = gone->service;
	f.host = gone->host;
	f.protocol = (int)gone->protocol;
	f.order = BY_AGE;
	f.limit = 1;
	if (!store_entry_find(r->store, &f, &arena, &next, &found, err))
		return false;
	if (!found || next.primary)
		return true;
	promoted = next;
	promoted.primary = true;
	return registry_put_entry(r, "promote", &next, &promoted, err);
}

static void released_form(struct entry *e, int64_t now_ms)
{
	e->status = STATUS_RELEASED;
	e->released_at_ms = now_ms;
}

static bool put_released(struct registry *r, const struct entry *e, int64_t now_ms, struct err *err)
{
	struct entry gone = *e;

	released_form(&gone, now_ms);
	return registry_put_entry(r, "release", e, &gone, err);
}

bool entry_release(struct registry *r, const struct entry *e, bool promote, struct err *err)
{
	if (!put_released(r, e, registry_now(r), err))
		return false;
	return !promote || !e->primary || entry_promote_next(r, e, err);
}

/* The same by an engine that has these rules itself. */
static bool release_by_engine(struct registry *r, struct entry_list *list, int64_t now_ms,
			      struct err *err)
{
	if (!r->store->ops->release(r->store, list->items, list->count, registry_actor(r), now_ms,
				    err))
		return false;
	r->change_at_ms = now_ms;
	for (unsigned i = 0; i < list->count; i++)
		released_form(&list->items[i], now_ms);
	return true;
}

bool registry_release_all(struct registry *r, const struct entry_filter *f, struct arena *a,
			  struct entry_list *ret, struct err *err)
{
	/* One time for all: which of them comes back must not depend on how long it took. */
	const int64_t now_ms = registry_now(r);
	struct entry_list list;

	if (!entries_read(r, f, a, &list, err))
		return false;
	if (list.count && r->store->ops->release && !r->store->n_events) {
		if (!release_by_engine(r, &list, now_ms, err))
			return false;
		*ret = list;
		return true;
	}
	/* All go before any is promoted, or a port would become primary on its way out. */
	for (unsigned i = 0; i < list.count; i++)
		if (!put_released(r, &list.items[i], now_ms, err))
			return false;
	for (unsigned i = 0; i < list.count; i++) {
		if (list.items[i].primary && !entry_promote_next(r, &list.items[i], err))
			return false;
		released_form(&list.items[i], now_ms);
	}
	*ret = list;
	return true;
}
