/*
 * registry/allocate.c - one more port for a service.
 *
 * What decides is gathered, ports/plan chooses and the store claims; an engine
 * that has these rules itself does all of that in one call (store.h, enter), and
 * where something stands in the way, the registry finds out what it is.
 */
#include "registry/blocks.h"
#include "registry/choose.h"
#include "registry/entry_json.h"
#include "registry/get.h"
#include "registry/listening.h"
#include "registry/refusal.h"
#include "registry/release.h"

/* A service that moves is still the same: only its port is another one. */
static void keep_details(const struct entry *old, struct entry *e)
{
	e->description = old->description;
	e->notes = old->notes;
	e->unit = old->unit;
	e->tunnel_hostname = old->tunnel_hostname;
	e->tunnel_id = old->tunnel_id;
	e->metadata = old->metadata;
}

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
	if (q->old)
		keep_details(q->old, e);
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
		ret->n_passed += listener_on(r, q->key.host, q->key.protocol, pick->passed[i], a,
					     l);
	}
	return true;
}

static void note_not_preferred(struct registry *r, const struct port_request *q,
			       const struct choice *c, uint16_t port)
{
	if (q->preferred && port != q->preferred)
		registry_note(r, "%u was preferred for '%s/%s' and %s; it is given %u",
			      q->preferred, q->key.project->name, q->key.service,
			      candidates_has(&c->candidates, q->preferred)
				      ? "cannot be had"
				      : "is not among those it may have",
			      port);
}

static bool claim(struct registry *r, const struct port_request *q, struct choice *c,
		  struct arena *a, struct port_answer *ret, struct err *err)
{
	struct plan *plan = arena_alloc(a, sizeof(*plan));
	struct entry old, *e = &ret->entry;
	struct pick pick;
	bool has_primary = false;

	if (!plan)
		return fail_memory(err);
	if (!entry_begin(r, q, c, a, e, err) || !tunnel_is_free(r, e, err) ||
	    !service_variable_is_free(r, &q->key, err) ||
	    (!q->has_none && !service_primary(r, &q->key, a, &old, &has_primary, err)))
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
	note_not_preferred(r, q, c, pick.port);
	return mark_role(r, q, c, &pick, e, err) && name_passed(r, q, &pick, a, ret, err);
}

/* Replacing: the old primary goes first, and its port is not what is given again. */
static bool replace_primary(struct registry *r, struct port_request *q, struct arena *a,
			    struct entry *ret_old, struct err *err)
{
	bool found;

	if (!service_primary(r, &q->key, a, ret_old, &found, err))
		return false;
	if (!found)
		return true;
	q->old = ret_old;
	q->not_port = ret_old->port;
	if (!q->type)
		q->type = ret_old->type;
	return entry_release(r, ret_old, false, err);
}

/* ---- by the engine ---- */

/* What an engine with rules of its own is not asked for: see store.h. */
static bool is_for_engine(const struct registry *r, const struct port_request *q)
{
	return r->store->ops->enter && !r->store->n_events && q->key.instance == 1 && !q->replace &&
	       !q->only_preferred;
}

static bool note_preference(struct registry *r, const struct port_request *q, struct choice *c,
			    uint16_t port, struct err *err)
{
	if (!q->preferred || port == q->preferred)
		return true;
	if (!choice_candidates(r, q, c->range, &c->candidates, err))
		return false;
	note_not_preferred(r, q, c, port);
	return true;
}

static bool ask_engine(struct registry *r, const struct port_request *q, const struct choice *c,
		       struct entry *e, struct arena *a, struct entered *ret, struct err *err)
{
	struct port_set *strangers = arena_alloc(a, sizeof(*strangers));
	const struct entering entering = {
		.entry = e, .role = q->role, .preferred = q->preferred, .strangers = strangers
	};

	if (!strangers)
		return fail_memory(err);
	*strangers = (struct port_set){ 0 };
	return strangers_gather(r, q, &q->preferred, 1, a, strangers, err) &&
	       r->store->ops->enter(r->store, &entering, ret, err);
}

/* `*ret_done` false: nothing was entered, and the longer way says why, or has the port. */
static bool enter_by_engine(struct registry *r, const struct port_request *q, struct arena *a,
			    struct port_answer *ret, bool *ret_done, struct err *err)
{
	struct choice c = { .range = NULL };
	struct entered done;
	const char *type;

	*ret_done = false;
	if (!choice_range(r, q, &c.range, &type, err))
		return false;
	if (!entry_begin(r, q, &c, a, &ret->entry, err) || !tunnel_is_free(r, &ret->entry, err) ||
	    !ask_engine(r, q, &c, &ret->entry, a, &done, err))
		return false;
	if (!done.pick.port)
		return true;
	ret->entry.port = done.pick.port;
	ret->entry.primary = done.primary;
	if (done.has_role)
		policy_role(c.range, q->role ? q->role : q->key.service, q->role ? NULL : type,
			    &ret->entry.role);
	ret->created = true;
	ret->why = done.pick.why;
	r->change_at_ms = ret->entry.allocated_at_ms;
	*ret_done = true;
	return note_preference(r, q, &c, done.pick.port, err) &&
	       name_passed(r, q, &done.pick, a, ret, err);
}

/* ---- both ways ---- */

bool registry_allocate(struct registry *r, const struct port_request *q, struct arena *a,
		       struct port_answer *ret, struct err *err)
{
	struct port_answer answer = { 0 };
	struct port_request this = *q;
	struct entry old;
	struct choice c;
	bool done;

	if (!project_takes_more(&q->key, err) ||
	    !store_hold(r->store, q->key.project->id, q->key.service, err))
		return false;
	if (is_for_engine(r, q)) {
		if (!enter_by_engine(r, q, a, &answer, &done, err))
			return false;
		if (done) {
			*ret = answer;
			return true;
		}
		answer = (struct port_answer){ 0 };
	}
	if (q->replace && !replace_primary(r, &this, a, &old, err))
		return false;
	answer.replaced = this.not_port;
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
