#include <string.h>

#include "operations/importing_claims.h"
#include "registry/blocks.h"
#include "registry/edit.h"
#include "registry/entry_json.h"
#include "registry/instances.h"
#include "registry/release.h"

static bool read_service(struct claims *all, const struct told *w, struct entry_list *ret,
			 struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;

	f.project_id = w->project.id;
	f.instance = w->key.instance;
	f.service = w->key.service;
	f.environment = w->key.environment;
	f.host = w->key.host;
	f.protocol = (int)w->key.protocol;
	f.order = BY_AGE;
	return entries_read(all->importing->call->registry, &f, all->arena, ret, err);
}

static void carry(struct told *w, const struct entry *e)
{
	w->previous = e->port;
	w->carried = (struct details){ .description = e->description,
				       .notes = e->notes,
				       .unit = e->unit,
				       .type = e->type,
				       .tunnel_hostname = e->tunnel_hostname,
				       .tunnel_id = e->tunnel_id };
}

/* All go before any comes, as two services may change places. */
bool claim_leave_port(struct claims *all, struct told *w, struct err *err)
{
	struct registry *r = all->importing->call->registry;
	struct entry_list list;

	/* That it listens here does not say that it has left another port. */
	if (all->importing->format->says_what_listens)
		return true;
	if (!read_service(all, w, &list, err))
		return false;
	for (unsigned i = 0; i < list.count; i++)
		if (list.items[i].port == w->claim.ports.first)
			return true;
	for (unsigned i = 0; i < list.count; i++)
		if (!claims_give(all, w, list.items[i].port)) {
			carry(w, &list.items[i]);
			return entry_release(r, &list.items[i], false, err);
		}
	return true;
}

static const char *said(const char *by_the_file, const char *before)
{
	return by_the_file && *by_the_file ? by_the_file : before;
}

static struct details details_of(const struct told *w, const json_t *metadata)
{
	const struct claim *c = &w->claim;

	return (struct details){
		.description = said(c->description, w->carried.description),
		.notes = said(c->note, w->carried.notes),
		.unit = said(c->unit, w->carried.unit),
		.type = said(c->type, w->carried.type),
		.tunnel_hostname = said(c->tunnel_hostname, w->carried.tunnel_hostname),
		.tunnel_id = said(c->tunnel_id, w->carried.tunnel_id),
		.metadata = metadata,
	};
}

/* In its range where that has the port for it, else as one that is used by convention. */
static bool take_port(struct claims *all, const struct told *w, const struct details *d,
		      struct port_answer *ret, struct err *err)
{
	struct registry *r = all->importing->call->registry;
	const uint16_t port = w->claim.ports.first;
	const struct port_request in_range = { .key = w->key,
					       .preferred = port,
					       .only_preferred = true,
					       .force = true,
					       .type = d->type,
					       .details = *d };
	/* Where something stands, there it is, whoever's block it is. */
	const struct register_request outside = {
		.key = w->key,
		.port = port,
		.force = all->importing->format->says_what_listens ||
			 all->importing->format->is_agreed,
		.details = *d,
	};
	struct entry holder;
	struct err why = { 0 };
	bool held;

	if (!port_holder(r, w->key.host, w->key.protocol, port, all->arena, &holder, &held, err))
		return false;
	if (!held && registry_allocate(r, &in_range, all->arena, ret, &why))
		return true;
	/* Where the range does not have it for them, it is registered. */
	if ((held || is_about_the_row(why.code)) &&
	    registry_register(r, &outside, all->arena, ret, &why))
		return true;
	*err = why;
	return why.code == ERR_TAKEN && claim_fail_taken(all, err, w);
}

/* What registering does not ask: since when, until when, and as what. */
static bool date(struct claims *all, const struct told *w, struct entry *e, struct err *err)
{
	struct registry *r = all->importing->call->registry;
	const struct claim *c = &w->claim;
	const struct entry before = *e;

	if (c->at_ms > 0 && c->at_ms < e->allocated_at_ms)
		e->allocated_at_ms = c->at_ms;
	if (c->expires_at_ms)
		e->expires_at_ms = c->expires_at_ms;
	if (c->status != STATUS_ALLOCATED)
		e->status = c->status;
	if (e->allocated_at_ms == before.allocated_at_ms && e->status == before.status &&
	    e->expires_at_ms == before.expires_at_ms)
		return true;
	return registry_put_entry(r, "import", &before, e, err);
}

static bool is_changed(const struct entry *before, const struct entry *after, bool *ret,
		       struct err *err)
{
	CLEANUP(json_cleanup) json_t *x = entry_json(before);
	CLEANUP(json_cleanup) json_t *y = entry_json(after);

	*ret = !json_equal(x, y);
	return (x && y) || fail_memory(err);
}

static const char *words_of(const struct told *w)
{
	return w->is_renamed ? "the file's words for it are no names: it is called so here" : NULL;
}

/* The range that is meant for the project: the shared one, or that of the blocks. */
static const struct policy_range *range_for(const struct policy *policy, const struct told *w)
{
	if (strcmp(w->project.name, SHARED_PROJECT) != 0)
		return blocks_range(policy);
	for (unsigned i = 0; i < policy->n_ranges; i++)
		if (policy->ranges[i].shared)
			return &policy->ranges[i];
	return NULL;
}

/* Where the project should stand, and does not. */
static bool say_outside(struct claims *all, const struct told *w, const char **ret, struct err *err)
{
	struct registry *r = all->importing->call->registry;
	const struct policy_range *range;
	const struct policy *policy;
	struct block_list blocks = { .count = 0 };
	struct port_range own;

	if (!registry_policy(r, &policy, err))
		return false;
	range = range_for(policy, w);
	if (range && !range->shared &&
	    !blocks_read(r, w->project.id, range->name, w->key.host, &blocks, err))
		return false;
	own = blocks.count ? blocks.span[0] : range ? range->ports : (struct port_range){ 0, 0 };
	*ret = !range ? "in no range for it: registered"
	       : range->shared
		       ? arena_printf(all->arena, "outside of the shared range %u-%u: registered",
				      own.first, own.last)
		       : arena_printf(all->arena, "outside of its block %u-%u: registered",
				      own.first, own.last);
	return *ret || fail_memory(err);
}

/* What of our rules an agreed row breaks, and that it stands there all the same. */
static bool say_rule(struct claims *all, const struct told *w, const struct entry *e,
		     const char **ret, struct err *err)
{
	struct registry *r = all->importing->call->registry;
	struct project other;
	bool owned;

	*ret = words_of(w);
	if (!all->importing->format->is_agreed || (e->range && *e->range))
		return true;
	if (!block_owner(r, w->key.host, e->port, all->arena, &other, &owned, err))
		return false;
	if (!owned || !strcmp(other.id, w->project.id))
		return say_outside(all, w, ret, err);
	*ret = arena_printf(all->arena, "in the block of '%s': registered", other.name);
	return *ret || fail_memory(err);
}

bool claim_enter(struct claims *all, struct told *w, struct err *err)
{
	struct registry *r = all->importing->call->registry;
	CLEANUP(json_cleanup)
	json_t *metadata = w->claim.metadata ? json_loads(w->claim.metadata, 0, NULL) : NULL;
	const struct details d = details_of(w, json_is_object(metadata) ? metadata : NULL);
	const char *message;
	struct port_answer answer;
	struct entry before;
	struct instance i;
	bool held, entered, changed = false;

	if (!instance_need(r, &w->project, w->key.instance, w->key.host, all->arena, &i, &entered,
			   err) ||
	    !port_holder(r, w->key.host, w->key.protocol, w->claim.ports.first, all->arena, &before,
			 &held, err))
		return false;
	/* Who listens on a port that is entered is seen by looking, not by importing. */
	if (held && all->importing->format->says_what_listens)
		return claim_tell(all, w, ROW_UNCHANGED, NULL, err);
	if (!take_port(all, w, &d, &answer, err) || !date(all, w, &answer.entry, err))
		return false;
	if ((held && !is_changed(&before, &answer.entry, &changed, err)) ||
	    !say_rule(all, w, &answer.entry, &message, err))
		return false;
	return claim_tell(all, w,
			  w->previous ? ROW_MOVED
			  : !held     ? ROW_ENTERED
			  : changed   ? ROW_UPDATED
				      : ROW_UNCHANGED,
			  message, err);
}
