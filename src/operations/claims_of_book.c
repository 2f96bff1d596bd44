#include "operations/claims_of_book.h"

#include <stdlib.h>
#include <string.h>

#include "operations/operations.h"
#include "registry/whole.h"

struct gathering {
	struct call *call;
	struct claim_list *list;
};

static bool claim_of_record(const struct record *r, struct claim *ret)
{
	const struct entry *e = &r->allocation;

	switch (r->kind) {
	case RECORD_PROJECT:
		*ret = (struct claim){ .kind = CLAIM_PROJECT,
				       .project = r->project.name,
				       .number = r->project.number,
				       .path = r->project.path,
				       .owner = r->project.owner,
				       .description = r->project.description,
				       .project_status = project_status_name(r->project.status),
				       .metadata = r->project.metadata,
				       .at_ms = r->project.created_at_ms };
		return true;
	case RECORD_INSTANCE:
		*ret = (struct claim){ .kind = CLAIM_INSTANCE,
				       .project = r->instance.project,
				       .number = -1,
				       .instance = r->instance.number,
				       .host = r->instance.host,
				       .purpose = r->instance.purpose,
				       .branch = r->instance.branch,
				       .worktree = r->instance.worktree,
				       .instance_status = r->instance.status,
				       .at_ms = r->instance.created_at_ms };
		return !r->instance.released_at_ms;
	case RECORD_RESERVED:
		*ret = (struct claim){ .kind = CLAIM_RESERVED,
				       .ports = r->reserved.ports,
				       .number = -1,
				       .project = r->reserved.project,
				       .host = r->reserved.host,
				       .note = r->reserved.reason,
				       .expires_at_ms = r->reserved.until_ms };
		return true;
	case RECORD_ALLOCATION:
		*ret = (struct claim){ .kind = CLAIM_ENTRY,
				       .ports = { e->port, e->port },
				       .project = e->project,
				       .number = e->project_number,
				       .instance = e->instance,
				       .worktree = e->worktree,
				       .service = e->service,
				       .type = e->type,
				       .environment = e->environment,
				       .host = e->host,
				       .protocol = e->protocol,
				       .status = e->status,
				       .tunnel_hostname = e->tunnel_hostname,
				       .description = e->description,
				       .note = e->notes,
				       .metadata = e->metadata,
				       .at_ms = e->allocated_at_ms,
				       .expires_at_ms = e->expires_at_ms };
		return e->status != STATUS_RELEASED;
	case RECORD_SETTING:
	case RECORD_RANGE:
	case RECORD_BLOCK:
	case RECORD_CHECK:
	case RECORD_EVENT: return false;
	}
	__builtin_unreachable();
}

/* A project's first block stands with the project. */
static bool put_block(struct gathering *g, const struct block *b, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct store *s = g->call->registry->store;
	struct project p;
	bool found;

	if (!s->ops->project_find(s, PROJECT_BY_ID(b->project_id), &arena, &p, &found, err))
		return false;
	for (unsigned i = 0; found && i < g->list->count; i++) {
		struct claim *c = &g->list->items[i];

		if (c->kind == CLAIM_PROJECT && !c->ports.first && !strcmp(c->project, p.name))
			c->ports = b->ports;
	}
	return true;
}

static bool put_slice(struct gathering *g, const struct instance *i, struct claim *c,
		      struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct store *s = g->call->registry->store;
	struct project p;
	bool found;

	if (!s->ops->project_find(s, PROJECT_BY_ID(i->project_id), &arena, &p, &found, err))
		return false;
	return !found || instance_slice(g->call, &p, i, i->host, &c->ports, &found, err);
}

static bool gather(const struct record *r, void *arg, struct err *err)
{
	struct gathering *g = arg;
	struct arena *a = &g->call->arena;
	struct claim_list *list = g->list;
	struct claim c;

	if (r->kind == RECORD_BLOCK)
		return put_block(g, &r->block, err);
	if (!claim_of_record(r, &c))
		return true;
	if (r->kind == RECORD_INSTANCE && !put_slice(g, &r->instance, &c, err))
		return false;
	list->items = arena_grow(a, list->items, list->count, &list->room, sizeof(*list->items));
	if (!list->items || !claim_keep_texts(a, &c))
		return fail_memory(err);
	list->items[list->count++] = c;
	list->ports += c.kind == CLAIM_ENTRY;
	return progress_step(g->call->io.progress, "writing", list->count, 0, err);
}

static int by_port(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	int order = (int)x->ports.first - (int)y->ports.first;

	order = order ? order : strcmp(x->host, y->host);
	return order ? order : (int)x->protocol - (int)y->protocol;
}

bool claims_of_book(struct call *c, const struct project *only, struct claim_list *ret,
		    struct err *err)
{
	struct claim_list list = { 0 };
	struct gathering g = { c, &list };

	if (!registry_walk(c->registry, only, gather, &g, err))
		return false;
	/* Entries came last; a person looks for them by port. */
	if (list.ports)
		qsort(list.items + list.count - list.ports, list.ports, sizeof(*list.items),
		      by_port);
	*ret = list;
	return true;
}
