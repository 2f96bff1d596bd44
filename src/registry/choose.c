#include "registry/choose.h"

#include <stdio.h>
#include <string.h>

#include "registry/blocks.h"
#include "registry/instances.h"
#include "registry/listening.h"

/* Rationale: a range that cools down more ports than this is better left without cool-down. */
#define COOLING_MAX 4096

/* Reserved ports. */

struct reserving {
	const char *host, *project;
	int64_t now_ms;
	struct port_set *into;
};

bool reservation_binds(const struct reserved *res, const char *host, const char *project,
		       int64_t now_ms)
{
	bool of_host = !strcmp(res->host, "*") || !strcmp(res->host, host);
	bool own = res->project && project && !strcmp(res->project, project);
	bool over = res->until_ms && res->until_ms <= now_ms;

	return of_host && !own && !over;
}

static bool add_reserved(const struct reserved *res, void *arg)
{
	struct reserving *at = arg;

	if (reservation_binds(res, at->host, at->project, at->now_ms))
		port_set_add_range(at->into, res->ports);
	return true;
}

bool reserved_collect(struct registry *r, const char *host, const char *project,
		      struct port_set *into, struct err *err)
{
	struct reserving at = {
		.host = host,
		.project = project,
		.now_ms = registry_now(r),
		.into = into,
	};

	return r->store->ops->reserved_each(r->store, add_reserved, &at, err);
}

/* Listeners. */

static void add_ports(struct port_set *into, const struct port_set *more)
{
	for (unsigned i = 0; i < ARRAY_LEN(into->words); i++)
		into->words[i] |= more->words[i];
}

static bool collect(const struct registry *r, enum protocol protocol, struct port_set *into,
		    struct err *err)
{
	struct batch_look *look = r->look;

	if (!look)
		return r->listeners->ops->collect(r->listeners->ctx, protocol, into, err);
	if (!look->has[protocol]) {
		look->ports[protocol] = (struct port_set){ 0 };
		look->has[protocol] = r->listeners->ops->collect(r->listeners->ctx, protocol,
								 &look->ports[protocol], err);
	}
	add_ports(into, &look->ports[protocol]);
	return look->has[protocol];
}

static void collect_listening(struct registry *r, const struct service_key *key,
			      struct port_set *into)
{
	struct err err = { 0 };

	if (can_look(r, key->host) && !collect(r, key->protocol, into, &err))
		registry_note(r, "cannot see what listens on this machine: %s", err.text);
}

/* A port that is asked for by name may be listened on by the project itself. */
static bool forgive_own(struct registry *r, const struct service_key *key, uint16_t port,
			struct arena *a, struct port_set *listening, struct err *err)
{
	struct listener l;
	bool own;

	if (!port || !port_set_has(listening, port) ||
	    !listener_on(r, key->host, key->protocol, port, a, &l))
		return true;
	if (!listener_is_own(r, key->project, key->instance, &l, &own, err))
		return false;
	if (own)
		port_set_remove(listening, port);
	return true;
}

/* Where it may stand. */

static bool fail_no_range(const struct policy *policy, const struct port_request *q,
			  const char *type, struct err *err)
{
	if (q->temporary)
		return fail(err, ERR_INVALID, "the policy '%s' has no range for temporary ports",
			    policy->name);
	fail(err, ERR_INVALID, "the policy '%s' has no range for the environment '%s'%s%s%s",
	     policy->name, q->key.environment, type ? " and the type '" : "", type ? type : "",
	     type ? "'" : "");
	return fail_hint(err, "see its ranges with: portbook policy show");
}

static bool flat_candidates(const struct policy_range *range, struct candidates *ret)
{
	ret->count = 0;
	if (!candidates_add(ret, range->ports))
		return false;
	for (unsigned i = 0; i < range->n_except; i++)
		if (!candidates_remove(ret, range->except[i]))
			return false;
	return true;
}

static bool find_candidates(struct registry *r, const struct policy_range *range,
			    const struct service_key *key, bool enter, struct block_list *blocks,
			    struct candidates *ret, struct err *err)
{
	blocks->count = 0;
	if (!range->block)
		return flat_candidates(range, ret) ||
		       fail(err, ERR_INVALID, "the range '%s' has too many exceptions",
			    range->name);
	if (enter ? !blocks_need(r, range, key->project, key->host, blocks, err)
		  : !blocks_read(r, key->project->id, range->name, key->host, blocks, err))
		return false;
	if (blocks->count == 0) {
		ret->count = 0;
		return true;
	}
	return instance_candidates(r, range, key->project, blocks, key->host, key->instance, enter,
				   ret, err);
}

/* What is known of the service. */

static void filter_of(const struct service_key *key, struct entry_filter *f)
{
	f->project_id = key->project->id;
	f->instance = key->instance;
	f->service = key->service;
	f->environment = key->environment;
	f->host = key->host;
	f->protocol = (int)key->protocol;
}

static bool find_before(struct registry *r, const struct port_request *q, struct arena *a,
			uint16_t *ret, struct err *err)
{
	const struct service_key *key = &q->key;
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct entry e;
	bool found = false;

	if (!q->has_none && !service_primary(r, key, a, &e, &found, err))
		return false;
	filter_of(key, &f);
	f.life = RELEASED_ONLY;
	f.order = BY_RELEASE;
	f.limit = 1;
	/* Of several that were released together, the one the service is known by. */
	f.primary_only = !found;
	if (!store_entry_find(r->store, &f, a, &e, &found, err))
		return false;
	if (!found && f.primary_only) {
		f.primary_only = false;
		if (!store_entry_find(r->store, &f, a, &e, &found, err))
			return false;
	}
	*ret = found ? e.port : 0;
	return true;
}

/* The offset that the service has in instance 1, in this instance's slice. */
static bool find_twin(struct registry *r, const struct policy_range *range,
		      const struct service_key *key, const struct block_list *blocks,
		      const struct candidates *c, struct arena *a, uint16_t *ret, struct err *err)
{
	struct service_key first = *key;
	struct entry e;
	bool found;

	*ret = 0;
	if (key->instance == 1 || range->slicing != SLICES_TOP || !c->count)
		return true;
	first.instance = 1;
	if (!service_primary(r, &first, a, &e, &found, err))
		return false;
	for (unsigned i = 0; found && i < blocks->count; i++)
		if (port_range_has(blocks->span[i], e.port) &&
		    (unsigned)(e.port - blocks->span[i].first) < port_range_size(c->span[0]))
			*ret = (uint16_t)(c->span[0].first + (e.port - blocks->span[i].first));
	return true;
}

static uint16_t role_port(const struct policy_range *range, const struct port_request *q,
			  const char *type, const struct candidates *c)
{
	const char *role;
	int offset;

	if (!range->n_roles || !c->count)
		return 0;
	if (q->role)
		offset = policy_role(range, q->role, NULL, &role);
	else
		offset = policy_role(range, q->key.service, type, &role);
	if (offset < 0 || (unsigned)offset >= port_range_size(c->span[0]))
		return 0;
	return (uint16_t)(c->span[0].first + offset);
}

/* Cool-down. */

struct cooling {
	uint16_t *ports; /* latest release first */
	unsigned count;
	int64_t since_ms;
	struct port_set seen;
};

static bool add_cooling(const struct entry *e, void *arg)
{
	struct cooling *at = arg;

	if (e->released_at_ms <= at->since_ms || at->count == COOLING_MAX)
		return false;
	if (!port_set_has(&at->seen, e->port)) {
		port_set_add(&at->seen, e->port);
		at->ports[at->count++] = e->port;
	}
	return true;
}

static bool find_cooling(struct registry *r, const struct policy_range *range,
			 const struct service_key *key, struct arena *a, struct choice *c,
			 struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct cooling at = { .since_ms = registry_now(r) - range->cooldown_ms };

	if (!range->cooldown_ms)
		return true;
	at.ports = arena_alloc(a, COOLING_MAX * sizeof(*at.ports));
	if (!at.ports)
		return fail_memory(err);
	f.host = key->host;
	f.protocol = (int)key->protocol;
	f.ports = range->ports;
	f.life = RELEASED_ONLY;
	f.order = BY_RELEASE;
	if (!r->store->ops->entry_each(r->store, &f, add_cooling, &at, err))
		return false;
	for (unsigned i = 0; i < at.count / 2; i++) {
		uint16_t swapped = at.ports[i];

		at.ports[i] = at.ports[at.count - 1 - i];
		at.ports[at.count - 1 - i] = swapped;
	}
	c->cooling = at.ports;
	c->n_cooling = at.count;
	c->cooling_since_ms = at.since_ms;
	return true;
}

bool strangers_gather(struct registry *r, const struct port_request *q, const uint16_t *named,
		      unsigned count, struct arena *a, struct port_set *ret, struct err *err)
{
	collect_listening(r, &q->key, ret);
	for (unsigned i = 0; i < count; i++)
		if (!forgive_own(r, &q->key, named[i], a, ret, err))
			return false;
	if (q->force && q->preferred)
		port_set_remove(ret, q->preferred);
	return true;
}

static bool gather_sets(struct registry *r, const struct port_request *q, struct arena *a,
			struct choice *c, struct err *err)
{
	struct port_set *reserved = arena_alloc(a, sizeof(*reserved));
	struct port_set *listening = arena_alloc(a, sizeof(*listening));
	const uint16_t named[] = { c->before, c->preferred, c->role, c->twin };

	if (!reserved || !listening)
		return fail_memory(err);
	if (!reserved_collect(r, q->key.host, q->key.project->name, reserved, err))
		return false;
	if (!strangers_gather(r, q, named, ARRAY_LEN(named), a, listening, err))
		return false;
	if (q->not_port)
		port_set_add(reserved, q->not_port);
	c->reserved = reserved;
	c->strangers = listening;
	return true;
}

static bool check_role(const struct policy_range *range, const struct port_request *q,
		       struct err *err)
{
	const char *role;

	if (!q->role || policy_role(range, q->role, NULL, &role) >= 0)
		return true;
	fail(err, ERR_INVALID, "the range '%s' has no role '%s'", range->name, q->role);
	return fail_hint(err, "see the roles with: portbook policy show");
}

bool choice_range(struct registry *r, const struct port_request *q, const struct policy_range **ret,
		  const char **ret_type, struct err *err)
{
	const struct policy_range *range;
	const struct policy *policy;

	if (!registry_policy(r, &policy, err))
		return false;
	*ret_type = policy_type(policy, q->key.service, q->type);
	range = policy_range_for(policy, &(struct policy_asker){ .project = q->key.project->name,
								 .environment = q->key.environment,
								 .type = *ret_type,
								 .temporary = q->temporary });
	if (!range)
		return fail_no_range(policy, q, *ret_type, err);
	*ret = range;
	return check_role(range, q, err);
}

bool choice_candidates(struct registry *r, const struct port_request *q,
		       const struct policy_range *range, struct candidates *ret, struct err *err)
{
	struct block_list blocks;

	return find_candidates(r, range, &q->key, false, &blocks, ret, err);
}

bool choice_gather(struct registry *r, const struct port_request *q, bool enter, struct arena *a,
		   struct choice *ret, struct err *err)
{
	const struct policy_range *range;
	struct block_list blocks;
	struct choice c = { .preferred = q->preferred, .only_preferred = q->only_preferred };
	const char *type;

	if (!choice_range(r, q, &range, &type, err) ||
	    !find_candidates(r, range, &q->key, enter, &blocks, &c.candidates, err))
		return false;
	c.range = range;
	c.role = role_port(range, q, type, &c.candidates);
	c.downwards = range->n_roles > 0;
	if (!find_before(r, q, a, &c.before, err) ||
	    !find_twin(r, range, &q->key, &blocks, &c.candidates, a, &c.twin, err) ||
	    !find_cooling(r, range, &q->key, a, &c, err) || !gather_sets(r, q, a, &c, err))
		return false;
	r->clock->random(r->clock->ctx, &c.seed, sizeof(c.seed));
	*ret = c;
	return true;
}
