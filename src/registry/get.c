/*
 * registry/get.c - asking for a port.
 *
 * registry_get answers from the book where it can; registry_allocate gathers
 * what decides, lets ports/plan choose and the store claim, and says what was
 * passed over.  Everything happens in the caller's transaction.
 */
#include "registry/get.h"

#include <stdio.h>
#include <string.h>

#include "registry/blocks.h"
#include "registry/choose.h"
#include "registry/entry_json.h"
#include "registry/release.h"

bool service_primary(struct registry *r, const struct service_key *key, struct arena *a,
		     struct entry *ret, bool *ret_found, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;

	f.project_id = key->project->id;
	f.instance = key->instance;
	f.service = key->service;
	f.environment = key->environment;
	f.host = key->host;
	f.protocol = (int)key->protocol;
	f.primary_only = true;
	return store_entry_find(r->store, &f, a, ret, ret_found, err);
}

struct elsewhere {
	const char *environment;
	struct text *text;
};

static bool add_elsewhere(const struct entry *e, void *arg)
{
	struct elsewhere *to = arg;

	if (strcmp(e->environment, to->environment) != 0)
		text_addf(to->text, "%s%s (%u)", to->text->len ? ", " : "", e->environment,
			  e->port);
	return true;
}

bool service_elsewhere(struct registry *r, const struct service_key *key, struct text *ret)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct elsewhere to = { .environment = key->environment, .text = ret };

	f.project_id = key->project->id;
	f.instance = key->instance;
	f.service = key->service;
	f.host = key->host;
	return r->store->ops->entry_each(r->store, &f, add_elsewhere, &to, NULL) && text_ok(ret);
}

/*
 * Two services of one instance must not share a variable: `a-b` and `a.b` are
 * both A_B_PORT; and beside a TCP port, `dns` on UDP is DNS_UDP_PORT.
 */

struct clash {
	const char *service;
	bool udp;
	char variable[VARIABLE_SIZE], other[NAME_SIZE];
};

/* `service` "dns-udp" and `base` "dns" name one variable. */
static bool is_udp_name_of(const char *service, const char *base)
{
	char with_udp[NAME_SIZE + 8], a[VARIABLE_SIZE], b[VARIABLE_SIZE];

	snprintf(with_udp, sizeof(with_udp), "%s-udp", base);
	name_variable(service, 1, a);
	name_variable(with_udp, 1, b);
	return !strcmp(a, b);
}

static bool compare_variable(const struct entry *e, void *arg)
{
	struct clash *c = arg;
	char variable[VARIABLE_SIZE];

	if (!strcmp(e->service, c->service))
		return true;
	name_variable(e->service, 1, variable);
	if (strcmp(variable, c->variable) != 0 &&
	    !(e->protocol == PROTO_UDP && is_udp_name_of(c->service, e->service)) &&
	    !(c->udp && is_udp_name_of(e->service, c->service)))
		return true;
	snprintf(c->other, sizeof(c->other), "%s", e->service);
	return false;
}

bool service_variable_is_free(struct registry *r, const struct service_key *key, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct clash c = { .service = key->service, .udp = key->protocol == PROTO_UDP };

	/* Names without a separator have a variable of their own. */
	if (!strpbrk(key->service, "._-") && !c.udp)
		return true;
	name_variable(key->service, 1, c.variable);
	f.project_id = key->project->id;
	f.instance = key->instance;
	f.primary_only = true;
	if (!r->store->ops->entry_each(r->store, &f, compare_variable, &c, err))
		return false;
	if (!c.other[0])
		return true;
	fail(err, ERR_INVALID, "'%s' and '%s' of '%s' would share a variable like %s", key->service,
	     c.other, key->project->name, c.variable);
	return fail_hint(err, "give the service another name");
}

bool project_takes_more(const struct service_key *key, struct err *err)
{
	if (key->project->status != PROJECT_ARCHIVED)
		return true;
	fail(err, ERR_INVALID, "'%s' is archived: it keeps its ports, and is given no more",
	     key->project->name);
	return fail_hint(err, "to take it up again: portbook project set %s --status active",
			 key->project->name);
}

bool tunnel_is_free(struct registry *r, const struct entry *e, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct entry other;
	bool found;

	if (!e->tunnel_hostname || !*e->tunnel_hostname)
		return true;
	f.tunnel_hostname = e->tunnel_hostname;
	if (!store_entry_find(r->store, &f, &arena, &other, &found, err))
		return false;
	if (!found || !strcmp(other.id, e->id))
		return true;
	fail(err, ERR_TAKEN, "the hostname '%.253s' leads to '%s/%s' on port %u",
	     e->tunnel_hostname, other.project, other.service, other.port);
	fail_hint(err, "take it from there first: portbook update %s/%s --hostname ''",
		  other.project, other.service);
	holder_of_entry(err, &other);
	return false;
}

/* Why the port that was asked for cannot be had. */

bool port_holder(struct registry *r, const char *host, enum protocol protocol, uint16_t port,
		 struct arena *a, struct entry *ret, bool *ret_found, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;

	f.host = host;
	f.protocol = (int)protocol;
	f.ports = (struct port_range){ port, port };
	return store_entry_find(r->store, &f, a, ret, ret_found, err);
}

bool fail_held(struct err *err, const struct entry *holder, struct arena *a)
{
	const char *subject = entry_subject(a, holder);

	fail(err, ERR_TAKEN, "port %u belongs to '%s' (%s)", holder->port, subject ? subject : "?",
	     holder->environment);
	holder_of_entry(err, holder);
	return false;
}

static bool fail_outside(struct registry *r, const struct port_request *q, struct arena *a,
			 struct err *err)
{
	struct project owner;
	bool found;

	if (!block_owner(r, q->key.host, q->preferred, a, &owner, &found, err))
		return false;
	fail(err, ERR_INVALID, "port %u is not one that '%s@%u' is given%s%s%s", q->preferred,
	     q->key.project->name, q->key.instance, found ? ": it lies in the block of '" : "",
	     found ? owner.name : "", found ? "'" : "");
	return fail_hint(err,
			 "a port that is used by convention is entered with: portbook register "
			 "%s/%s %u",
			 q->key.project->name, q->key.service, q->preferred);
}

struct reason_search {
	const char *host, *asker;
	int64_t now_ms;
	uint16_t port;
	char reason[POLICY_TEXT_SIZE], project[NAME_SIZE];
};

static bool match_reason(const struct reserved *res, void *arg)
{
	struct reason_search *s = arg;

	if (!port_range_has(res->ports, s->port) ||
	    !reservation_binds(res, s->host, s->asker, s->now_ms))
		return true;
	snprintf(s->reason, sizeof(s->reason), "%s", res->reason ? res->reason : "");
	snprintf(s->project, sizeof(s->project), "%s", res->project ? res->project : "");
	return false;
}

bool fail_reserved(struct registry *r, const struct service_key *key, uint16_t port,
		   struct err *err)
{
	struct reason_search s = {
		.host = key->host,
		.asker = key->project->name,
		.now_ms = registry_now(r),
		.port = port,
	};

	if (!r->store->ops->reserved_each(r->store, match_reason, &s, err))
		return false;
	fail(err, ERR_TAKEN, "port %u is reserved%s%s%s%s", port, s.project[0] ? " for " : "",
	     s.project, s.reason[0] ? ": " : "", s.reason);
	return fail_hint(err, "see what is reserved with: portbook reservations");
}

static bool fail_listening(struct registry *r, const struct port_request *q, struct arena *a,
			   struct err *err)
{
	struct listener l = { 0 };
	bool seen = listener_on(r, q->key.host, q->key.protocol, q->preferred, &l);
	const char *who = seen ? listener_text(a, &l) : "a stranger";

	fail(err, ERR_TAKEN, "%s listens on port %u", who ? who : "a stranger", q->preferred);
	fail_hint(err, "stop it, leave the port out (portbook get %s/%s), or add --force",
		  q->key.project->name, q->key.service);
	holder_put(err, json_pack("{s:i, s:i, s:s, s:s}", "port", (int)q->preferred, "pid",
				  (int)l.pid, "program", l.program, "cwd", l.cwd));
	return false;
}

static bool fail_preferred(struct registry *r, const struct port_request *q, const struct choice *c,
			   struct arena *a, struct err *err)
{
	struct entry holder;
	bool found;

	if (!port_holder(r, q->key.host, q->key.protocol, q->preferred, a, &holder, &found, err))
		return false;
	if (found) {
		fail_held(err, &holder, a);
		return fail_hint(
			err, "leave --port out and take the one you are given: portbook get %s/%s",
			q->key.project->name, q->key.service);
	}
	if (!candidates_has(&c->candidates, q->preferred))
		return fail_outside(r, q, a, err);
	if (port_set_has(c->reserved, q->preferred))
		return fail_reserved(r, &q->key, q->preferred, err);
	return fail_listening(r, q, a, err);
}

static bool fail_exhausted(struct registry *r, const struct port_request *q, const struct choice *c,
			   struct err *err)
{
	const struct policy_range *range = c->range;
	unsigned size = candidates_size(&c->candidates), used = 0;
	struct port_range span = { 0 };

	for (unsigned i = 0; i < c->candidates.count; i++) {
		struct entry_filter f = ENTRY_FILTER_ALL;
		unsigned n;

		f.host = q->key.host;
		f.protocol = (int)q->key.protocol;
		f.ports = c->candidates.span[i];
		if (!r->store->ops->entry_count(r->store, &f, &n, err))
			return false;
		used += n;
		span.first = i ? span.first : f.ports.first;
		span.last = f.ports.last;
	}
	fail(err, ERR_EXHAUSTED,
	     "no port is left for '%s/%s' in %u-%u: %u of %u are entered, the others are reserved or "
	     "listened on",
	     q->key.project->name, q->key.service, span.first, span.last, used, size);
	if (used == size)
		fail(err, ERR_EXHAUSTED, "no port is left for '%s/%s' in %u-%u: all %u are entered",
		     q->key.project->name, q->key.service, span.first, span.last, size);
	if (range->block)
		return fail_hint(err,
				 "see what could go (portbook show %s), or add a block (portbook "
				 "project add-block %s)",
				 q->key.project->name, q->key.project->name);
	return fail_hint(err,
			 "see what could go (portbook list), or widen the range '%s' (portbook "
			 "policy use FILE)",
			 range->name);
}

/* Entering. */

static bool entry_begin(struct registry *r, const struct port_request *q, const struct choice *c,
			struct arena *a, struct entry *e, struct err *err)
{
	const struct service_key *key = &q->key;
	const struct policy *policy;
	bool changed;

	if (!registry_policy(r, &policy, err))
		return false;
	*e = (struct entry){
		.id = registry_new_id(r, a),
		.project_id = key->project->id,
		.project = key->project->name,
		.project_number = key->project->number,
		.instance = key->instance,
		.environment = key->environment,
		.service = key->service,
		.type = policy_type(policy, key->service, q->type),
		.range = c->range->name,
		.host = key->host,
		.protocol = key->protocol,
		.status = STATUS_ALLOCATED,
		.allocated_by = registry_actor(r),
		.allocated_at_ms = registry_now(r),
	};
	if (!e->id)
		return fail_memory(err);
	if (q->temporary)
		e->expires_at_ms = e->allocated_at_ms +
				   (q->expires_in_ms ? q->expires_in_ms : c->range->expires_ms);
	return details_apply(&q->details, a, e, &changed, err);
}

/* The role is known only when the port is. */
static bool mark_role(struct registry *r, const struct port_request *q, const struct choice *c,
		      const struct pick *pick, struct entry *e, struct err *err)
{
	const char *role = NULL;

	if (pick->why != WHY_ROLE && !(c->role && pick->port == c->role))
		return true;
	if (policy_role(c->range, q->role ? q->role : q->key.service, q->role ? NULL : e->type,
			&role) < 0)
		return true;
	e->role = role;
	return r->store->ops->entry_put(r->store, e, err);
}

static bool name_passed(struct registry *r, const struct port_request *q, const struct pick *pick,
			struct arena *a, struct port_answer *ret, struct err *err)
{
	if (!pick->n_passed)
		return true;
	ret->passed = arena_alloc(a, pick->n_passed * sizeof(*ret->passed));
	if (!ret->passed)
		return fail_memory(err);
	for (unsigned i = 0; i < pick->n_passed; i++) {
		struct listener *l = &ret->passed[ret->n_passed];

		*l = (struct listener){ .port = pick->passed[i] };
		ret->n_passed += listener_on(r, q->key.host, q->key.protocol, pick->passed[i], l);
	}
	return true;
}

static bool claim(struct registry *r, const struct port_request *q, struct choice *c,
		  struct arena *a, struct port_answer *ret, struct err *err)
{
	struct plan *plan = arena_alloc(a, sizeof(*plan));
	struct entry old, *e = &ret->entry;
	struct pick pick;
	bool has_primary;

	if (!plan)
		return fail_memory(err);
	if (!entry_begin(r, q, c, a, e, err) || !tunnel_is_free(r, e, err) ||
	    !service_variable_is_free(r, &q->key, err) ||
	    !service_primary(r, &q->key, a, &old, &has_primary, err))
		return false;
	e->primary = !has_primary;
	plan_make(c, plan);
	if (!r->store->ops->claim(r->store, plan, e, &pick, err))
		return false;
	if (!pick.port)
		return q->only_preferred ? fail_preferred(r, q, c, a, err)
					 : fail_exhausted(r, q, c, err);
	e->port = pick.port;
	ret->created = true;
	ret->why = pick.why;
	if (q->preferred && pick.port != q->preferred)
		registry_note(r, "%u was preferred and cannot be had; this is %u", q->preferred,
			      pick.port);
	return mark_role(r, q, c, &pick, e, err) && name_passed(r, q, &pick, a, ret, err);
}

/* Replacing: the old primary goes first, and its port is not what is given again. */
static bool replace_primary(struct registry *r, const struct port_request *q, struct arena *a,
			    uint16_t *ret_port, struct err *err)
{
	struct entry old;
	bool found;

	*ret_port = 0;
	if (!service_primary(r, &q->key, a, &old, &found, err))
		return false;
	if (!found)
		return true;
	*ret_port = old.port;
	return entry_release(r, &old, false, err);
}

bool registry_allocate(struct registry *r, const struct port_request *q, struct arena *a,
		       struct port_answer *ret, struct err *err)
{
	struct port_answer answer = { 0 };
	struct port_request this = *q;
	struct choice c;

	if (!project_takes_more(&q->key, err))
		return false;
	if (q->replace && !replace_primary(r, q, a, &this.not_port, err))
		return false;
	if (!choice_gather(r, &this, true, a, &c, err))
		return false;
	if (q->only_preferred && !candidates_has(&c.candidates, q->preferred))
		return fail_preferred(r, q, &c, a, err);
	if (!claim(r, &this, &c, a, &answer, err) ||
	    !registry_record_entry(r, "allocate", NULL, &answer.entry, err))
		return false;
	*ret = answer;
	return true;
}

static void note_other_port(struct registry *r, const struct port_request *q, const struct entry *e)
{
	if (q->only_preferred && q->preferred != e->port)
		registry_note(r,
			      "'%s/%s' has port %u; to move it: portbook allocate %s/%s --replace "
			      "--port %u",
			      e->project, e->service, e->port, e->project, e->service,
			      q->preferred);
}

/* Of a service that has its port, type and role are only what is said about it. */
static bool details_of_found(const struct port_request *q, struct arena *a, struct entry *e,
			     bool *ret_changed, struct err *err)
{
	struct details d = q->details;

	d.type = q->type;
	d.role = q->role;
	return details_apply(&d, a, e, ret_changed, err);
}

bool registry_get_named(struct registry *r, const struct service_name *name, struct arena *a,
			struct port_answer *ret, bool *ret_done, struct err *err)
{
	struct service_name first = *name;
	struct entry e;
	bool found = false, worktrees = false;

	*ret_done = false;
	if (!r->store->ops->service_find)
		return true;
	if (!first.instance)
		first.instance = 1;
	if (!r->store->ops->service_find(r->store, &first, a, &e, &found, &worktrees, err))
		return false;
	if (!found || (!name->instance && worktrees))
		return true;
	*ret = (struct port_answer){ .entry = e };
	*ret_done = true;
	return true;
}

bool registry_get_known(struct registry *r, const struct port_request *q, struct arena *a,
			struct port_answer *ret, bool *ret_done, struct err *err)
{
	struct entry e;
	bool found, changed;

	*ret_done = false;
	if (!service_primary(r, &q->key, a, &e, &found, err))
		return false;
	if (!found)
		return true;
	if (!details_of_found(q, a, &e, &changed, err))
		return false;
	if (changed)
		return true;
	note_other_port(r, q, &e);
	*ret = (struct port_answer){ .entry = e };
	*ret_done = true;
	return true;
}

bool registry_get(struct registry *r, const struct port_request *q, struct arena *a,
		  struct port_answer *ret, struct err *err)
{
	struct entry old, e;
	bool found, changed;

	if (!service_primary(r, &q->key, a, &old, &found, err))
		return false;
	if (!found)
		return registry_allocate(r, q, a, ret, err);
	e = old;
	if (!details_of_found(q, a, &e, &changed, err))
		return false;
	if (changed &&
	    (!tunnel_is_free(r, &e, err) || !registry_put_entry(r, "update", &old, &e, err)))
		return false;
	note_other_port(r, q, &e);
	*ret = (struct port_answer){ .entry = e };
	return true;
}
