#include "registry/reserve.h"

#include <stdlib.h>
#include <string.h>

#include "registry/entry_json.h"
#include "registry/release.h"

#define REASON_MAX 150

/* `of` is the one of the two that is there. */
static bool record(struct registry *r, const char *op, const struct reserved *of,
		   const struct reserved *before, const struct reserved *after, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct change c = {
		.op = op,
		.port = of->ports.first,
		.subject = arena_printf(&arena, "%u-%u", of->ports.first, of->ports.last),
		.before = before ? reserved_json(before) : NULL,
		.after = after ? reserved_json(after) : NULL,
	};

	if (!c.subject || (before && !c.before) || (after && !c.after)) {
		json_decref(c.before);
		json_decref(c.after);
		return fail_memory(err);
	}
	return registry_record(r, &c, err);
}

static bool note_held(const struct entry *e, void *arg)
{
	registry_note(arg, "port %u belongs to '%s/%s', which keeps it", e->port, e->project,
		      e->service);
	return true;
}

static bool name_holders(struct registry *r, const struct reserve_request *q,
			 struct port_range ports, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;

	f.ports = ports;
	f.host = strcmp(q->host, "*") != 0 ? q->host : NULL;
	f.limit = 5;
	return r->store->ops->entry_each(r->store, &f, note_held, r, err);
}

/* Cutting: what overlaps is read first, then each is cut. */

struct overlapping {
	struct arena *arena;
	const char *host;
	struct port_range ports;
	bool of_policy; /* look for the policy's, else for those by hand */
	struct reserved found;
	bool any, out_of_memory;
};

static bool match_overlap(const struct reserved *res, void *arg)
{
	struct overlapping *o = arg;

	if (strcmp(res->host, o->host) != 0 || !port_range_overlaps(res->ports, o->ports) ||
	    res->from_policy != o->of_policy)
		return true;
	o->found = *res;
	o->found.host = arena_copy(o->arena, res->host);
	o->found.reason = arena_copy(o->arena, res->reason ? res->reason : "");
	o->found.project = arena_copy(o->arena, res->project);
	o->out_of_memory = !o->found.host || !o->found.reason ||
			   (res->project && !o->found.project);
	o->any = true;
	return false;
}

/* The first one that overlaps; `ret->any` false: there is none. */
static bool find_overlap(struct registry *r, const char *host, struct port_range ports,
			 bool of_policy, struct arena *a, struct overlapping *ret, struct err *err)
{
	*ret = (struct overlapping){
		.arena = a, .host = host, .ports = ports, .of_policy = of_policy
	};
	if (!r->store->ops->reserved_each(r->store, match_overlap, ret, err))
		return false;
	return !ret->out_of_memory || fail_memory(err);
}

static bool put_rest(struct registry *r, const struct reserved *old, struct port_range rest,
		     struct err *err)
{
	struct reserved left = *old;

	left.ports = rest;
	return r->store->ops->reserved_put(r->store, &left, err);
}

static bool cut(struct registry *r, const struct reserved *old, struct port_range out,
		struct err *err)
{
	struct port_range below = { old->ports.first, (uint16_t)(out.first - 1) };
	struct port_range above = { (uint16_t)(out.last + 1), old->ports.last };

	if (!r->store->ops->reserved_remove(r->store, old->host, old->ports.first, err))
		return false;
	if (old->ports.first < out.first && !put_rest(r, old, below, err))
		return false;
	if (old->ports.last > out.last && !put_rest(r, old, above, err))
		return false;
	return record(r, "unreserve", old, old, NULL, err);
}

bool reserved_cut(struct registry *r, const char *host, struct port_range ports, bool *ret_any,
		  struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct port_range was = { 0 };
	struct overlapping o;

	*ret_any = false;
	for (;;) {
		if (!find_overlap(r, host, ports, false, &arena, &o, err))
			return false;
		if (!o.any)
			return true;
		/* Rules of a database on its rows may leave out a row and call that done. */
		if (*ret_any && o.found.ports.first == was.first && o.found.ports.last == was.last)
			return fail(
				err, ERR_NOT_PERMITTED,
				"the book does not let the reservation of %u to %u be taken back",
				was.first, was.last);
		*ret_any = true;
		was = o.found.ports;
		if (!cut(r, &o.found, ports, err))
			return false;
	}
}

/* Reserving. */

static bool fail_policys(const struct reserved *of_policy, struct err *err)
{
	fail(err, ERR_TAKEN, "the policy reserves %u to %u: %s", of_policy->ports.first,
	     of_policy->ports.last, of_policy->reason);
	if (of_policy->ports.first == of_policy->ports.last)
		fail(err, ERR_TAKEN, "the policy reserves %u: %s", of_policy->ports.first,
		     of_policy->reason);
	return fail_hint(err, "what the policy reserves is changed there: portbook policy show");
}

static bool reserve_stretch(struct registry *r, const struct reserve_request *q,
			    struct port_range ports, struct err *err)
{
	const struct reserved res = {
		.host = q->host,
		.ports = ports,
		.reason = q->reason,
		.project = q->project,
		.until_ms = q->until_ms,
	};
	bool any;

	return reserved_cut(r, q->host, ports, &any, err) &&
	       r->store->ops->reserved_put(r->store, &res, err) &&
	       record(r, "reserve", &res, NULL, &res, err) && name_holders(r, q, ports, err);
}

/* What the policy reserves on the same host stays the policy's: what is between it is reserved. */
static bool reserve_around(struct registry *r, const struct reserve_request *q,
			   struct port_range ports, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct port_range before = ports;
	struct overlapping o;

	if (!find_overlap(r, q->host, ports, true, &arena, &o, err))
		return false;
	if (!o.any)
		return reserve_stretch(r, q, ports, err);
	if (port_range_contains(o.found.ports, ports))
		return fail_policys(&o.found, err);
	before.last = (uint16_t)(o.found.ports.first - 1);
	if (o.found.ports.first > ports.first && !reserve_around(r, q, before, err))
		return false;
	if (o.found.ports.last >= ports.last)
		return true;
	ports.first = (uint16_t)(o.found.ports.last + 1);
	return reserve_around(r, q, ports, err);
}

bool registry_reserve(struct registry *r, const struct reserve_request *q, struct err *err)
{
	if (!q->reason || !*q->reason || strlen(q->reason) > REASON_MAX || !text_is_line(q->reason))
		return fail(err, ERR_INVALID,
			    "a reservation needs a reason: one line of at most %d bytes",
			    REASON_MAX);
	if (q->until_ms && q->until_ms <= registry_now(r))
		return fail(err, ERR_INVALID, "the reservation would be over already");
	for (unsigned i = 0; i < q->count; i++)
		if (!reserve_around(r, q, q->ports[i], err))
			return false;
	return true;
}

/* Unreserving. */

bool registry_unreserve(struct registry *r, const struct port_range *ports, unsigned count,
			const char *host, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct overlapping o;
	bool any = false, cut_any;

	for (unsigned i = 0; i < count; i++) {
		if (!reserved_cut(r, host, ports[i], &cut_any, err))
			return false;
		any |= cut_any;
	}
	for (unsigned i = 0; i < count && !any; i++) {
		if (!find_overlap(r, host, ports[i], true, &arena, &o, err))
			return false;
		if (o.any)
			return fail_policys(&o.found, err);
	}
	if (any)
		return true;
	fail(err, ERR_NOTHING, "none of these ports is reserved");
	return fail_hint(err, "see what is reserved with: portbook reservations");
}
