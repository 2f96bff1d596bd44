#include "registry/edit.h"

#include <string.h>

#include "registry/blocks.h"
#include "registry/choose.h"
#include "registry/entry_json.h"
#include "registry/listening.h"
#include "registry/refusal.h"

static bool fail_not_entered(struct registry *r, const struct service_key *key, struct err *err)
{
	struct text where = { 0 };

	fail(err, ERR_NOT_FOUND, "'%s@%u' has no service '%s' in the environment '%s' (%s, %s)",
	     key->project->name, key->instance, key->service, key->environment,
	     protocol_name(key->protocol), key->host);
	if (service_elsewhere(r, key, &where) && where.len)
		(void)fail_hint(err, "it is entered in %s", text_str(&where));
	else
		(void)fail_hint(err, "see what it has with: portbook show %s", key->project->name);
	text_release(&where);
	return false;
}

static void filter_of(const struct service_key *key, uint16_t port, struct entry_filter *f)
{
	f->project_id = key->project->id;
	f->instance = key->instance;
	f->service = key->service;
	f->environment = key->environment;
	f->host = key->host;
	f->protocol = (int)key->protocol;
	f->order = BY_AGE;
	if (port)
		f->ports = (struct port_range){ port, port };
}

/* Update. */

/* `*changed` becomes true when anything is different now. */
static bool update_one(struct registry *r, struct entry *e, const struct details *d, bool hostname,
		       struct arena *a, bool *changed, struct err *err)
{
	struct details these = *d;
	const struct entry old = *e;
	bool differs;

	if (!hostname)
		these.tunnel_hostname = NULL;
	if (!details_apply(&these, a, e, &differs, err))
		return false;
	*changed = *changed || differs;
	return !differs ||
	       (tunnel_is_free(r, e, err) && registry_put_entry(r, "update", &old, e, err));
}

bool registry_update(struct registry *r, const struct service_key *key, uint16_t port,
		     const struct details *d, struct arena *a, struct entry *ret, bool *ret_changed,
		     struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct entry_list list;
	unsigned answer = 0;
	bool changed = false;

	filter_of(key, port, &f);
	if (!entries_read(r, &f, a, &list, err))
		return false;
	if (!list.count)
		return fail_not_entered(r, key, err);
	for (unsigned i = 0; i < list.count; i++) {
		bool hostname = port || list.items[i].primary;

		if (!update_one(r, &list.items[i], d, hostname, a, &changed, err))
			return false;
		if (list.items[i].primary)
			answer = i;
	}
	*ret = list.items[answer];
	*ret_changed = changed;
	return true;
}

/* Move. */

static bool same_key(const struct entry *e, const struct service_key *to)
{
	return !strcmp(e->project_id, to->project->id) && e->instance == to->instance &&
	       !strcmp(e->service, to->service) && !strcmp(e->environment, to->environment);
}

/* The move is in the history of the project that has the port now; this is for the other's. */
static bool record_leaving(struct registry *r, const struct entry *old, const struct entry *moved,
			   struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct change c = {
		.op = MOVE_AWAY_OP,
		.project_id = old->project_id,
		.service = old->service,
		.port = old->port,
		.subject = entry_subject(&arena, old),
	};

	if (!strcmp(old->project_id, moved->project_id))
		return true;
	c.before = entry_json(old);
	c.after = entry_json(moved);
	if (c.subject && c.before && c.after)
		return registry_record(r, &c, err);
	json_decref(c.before);
	json_decref(c.after);
	return fail_memory(err);
}

bool registry_move(struct registry *r, const struct service_key *key, uint16_t port,
		   const struct service_key *to, struct arena *a, struct entry *ret,
		   struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct entry_list list;
	struct entry old, moved, rival;
	bool has_primary;

	filter_of(key, port, &f);
	if (!port)
		f.primary_only = true;
	if (!entries_read(r, &f, a, &list, err))
		return false;
	if (!list.count && port)
		return fail(err, ERR_NOT_FOUND, "'%s/%s' does not hold port %u", key->project->name,
			    key->service, port);
	if (!list.count)
		return fail_not_entered(r, key, err);
	old = list.items[0];
	if (same_key(&old, to))
		return fail(err, ERR_INVALID, "port %u is that service's already", old.port);
	if ((strcmp(old.project_id, to->project->id) != 0 && !project_takes_more(to, err)) ||
	    !service_variable_is_free(r, to, err) ||
	    !service_primary(r, to, a, &rival, &has_primary, err))
		return false;
	moved = old;
	moved.project_id = to->project->id;
	moved.project = to->project->name;
	moved.project_number = to->project->number;
	moved.instance = to->instance;
	moved.service = to->service;
	moved.environment = to->environment;
	moved.worktree = NULL;
	moved.primary = !has_primary;
	if (!record_leaving(r, &old, &moved, err) ||
	    !registry_put_entry(r, "move", &old, &moved, err) ||
	    (old.primary && !entry_promote_next(r, &old, err)))
		return false;
	*ret = moved;
	return true;
}

/* Register. */

static bool block_allows(struct registry *r, const struct service_key *key, uint16_t port,
			 struct arena *a, struct err *err)
{
	struct project owner;
	bool found;

	if (!block_owner(r, key->host, port, a, &owner, &found, err))
		return false;
	if (!found || !strcmp(owner.id, key->project->id))
		return true;
	fail(err, ERR_TAKEN, "port %u lies in the block of '%s'", port, owner.name);
	fail_hint(err, "take a port of your own (portbook get %s/%s), or add --force",
		  key->project->name, key->service);
	holder_put(err, json_pack("{s:i, s:s}", "port", (int)port, "projectName", owner.name));
	return false;
}

struct claim_search {
	const struct service_key *key;
	uint16_t port;
	int64_t now_ms;
	bool refused;
};

static bool match_reserved_for(const struct reserved *res, void *arg)
{
	struct claim_search *s = arg;

	s->refused = res->project && port_range_has(res->ports, s->port) &&
		     reservation_binds(res, s->key->host, s->key->project->name, s->now_ms);
	return !s->refused;
}

/* Reserved ports are there to be registered, unless they wait for another project. */
static bool reservation_allows(struct registry *r, const struct service_key *key, uint16_t port,
			       struct err *err)
{
	struct claim_search s = { .key = key, .port = port, .now_ms = registry_now(r) };

	if (!r->store->ops->reserved_each(r->store, match_reserved_for, &s, err))
		return false;
	return !s.refused || fail_reserved(r, key, port, err);
}

bool port_may_be_registered(struct registry *r, const struct service_key *key, uint16_t port,
			    struct arena *a, struct err *err)
{
	return block_allows(r, key, port, a, err) && reservation_allows(r, key, port, err);
}

static bool name_listener(struct registry *r, const struct register_request *q, struct arena *a,
			  struct err *err)
{
	struct listener l;
	const char *who;
	bool own;

	if (!listener_on(r, q->key.host, q->key.protocol, q->port, a, &l))
		return true;
	if (!listener_is_own(r, q->key.project, q->key.instance, &l, &own, err))
		return false;
	who = own ? NULL : listener_text(a, &l);
	if (!own)
		registry_note(r, "%s listens on port %u now", who ? who : "a process", q->port);
	return true;
}

static bool enter_registered(struct registry *r, const struct register_request *q, struct arena *a,
			     struct entry *ret, struct err *err)
{
	const struct policy *policy;
	struct entry primary, e;
	bool has_primary, changed;

	if (!registry_policy(r, &policy, err) ||
	    !service_primary(r, &q->key, a, &primary, &has_primary, err))
		return false;
	e = (struct entry){
		.id = registry_new_id(r, a),
		.project_id = q->key.project->id,
		.project = q->key.project->name,
		.project_number = q->key.project->number,
		.instance = q->key.instance,
		.environment = q->key.environment,
		.service = q->key.service,
		.primary = !has_primary,
		.host = q->key.host,
		.protocol = q->key.protocol,
		.port = q->port,
		.status = q->legacy ? STATUS_LEGACY : STATUS_ALLOCATED,
		.allocated_by = registry_actor(r),
		.allocated_at_ms = registry_now(r),
	};
	if (!e.id)
		return fail_memory(err);
	if (!details_apply(&q->details, a, &e, &changed, err) || !tunnel_is_free(r, &e, err) ||
	    !registry_put_entry(r, "register", NULL, &e, err))
		return false;
	*ret = e;
	return true;
}

static bool make_legacy(struct registry *r, struct entry *e, struct err *err)
{
	const struct entry old = *e;

	if (e->status == STATUS_LEGACY)
		return true;
	e->status = STATUS_LEGACY;
	return registry_put_entry(r, "register", &old, e, err);
}

bool registry_register(struct registry *r, const struct register_request *q, struct arena *a,
		       struct port_answer *ret, struct err *err)
{
	struct port_answer answer = { .why = WHY_PREFERRED };
	bool held, changed = false;

	if (!port_holder(r, q->key.host, q->key.protocol, q->port, a, &answer.entry, &held, err))
		return false;
	if (held && same_key(&answer.entry, &q->key)) {
		if (!update_one(r, &answer.entry, &q->details, true, a, &changed, err) ||
		    (q->legacy && !make_legacy(r, &answer.entry, err)))
			return false;
		*ret = answer;
		return true;
	}
	if (held) {
		fail_held(err, &answer.entry, a);
		return fail_hint(err, "take a port of your own: portbook get %s/%s",
				 q->key.project->name, q->key.service);
	}
	if (!project_takes_more(&q->key, err) ||
	    (!q->force && !block_allows(r, &q->key, q->port, a, err)) ||
	    !reservation_allows(r, &q->key, q->port, err) ||
	    !service_variable_is_free(r, &q->key, err) ||
	    !enter_registered(r, q, a, &answer.entry, err) || !name_listener(r, q, a, err))
		return false;
	answer.created = true;
	*ret = answer;
	return true;
}
