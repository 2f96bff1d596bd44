#include "registry/reserve.h"

#include <stdlib.h>
#include <string.h>

#include "registry/entry_json.h"
#include "registry/release.h"

#define REASON_MAX 150

static bool record(struct registry *r, const char *op, const struct reserved *before,
		   const struct reserved *after, struct err *err)
{
	const struct reserved *one = after ? after : before;
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct change c = {
		.op = op,
		.port = one->ports.first,
		.subject = arena_printf(&arena, "%u-%u", one->ports.first, one->ports.last),
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
	registry_note(arg, "port %u belongs to '%s/%s', which keeps it", e->port, e->project, e->service);
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

bool registry_reserve(struct registry *r, const struct reserve_request *q, struct err *err)
{
	if (!q->reason || !*q->reason || strlen(q->reason) > REASON_MAX || !text_is_line(q->reason))
		return fail(err, ERR_INVALID,
			    "a reservation needs a reason: one line of at most %d bytes",
			    REASON_MAX);
	if (q->until_ms && q->until_ms <= registry_now(r))
		return fail(err, ERR_INVALID, "the reservation would be over already");
	for (unsigned i = 0; i < q->count; i++) {
		const struct reserved res = {
			.host = q->host,
			.ports = q->ports[i],
			.reason = q->reason,
			.project = q->project,
			.until_ms = q->until_ms,
		};

		if (!r->store->ops->reserved_put(r->store, &res, err) ||
		    !record(r, "reserve", NULL, &res, err) ||
		    !name_holders(r, q, q->ports[i], err))
			return false;
	}
	return true;
}

/* Unreserving: what overlaps is read first, then each is cut. */

struct overlapping {
	struct arena *arena;
	const char *host;
	struct port_range ports;
	struct reserved found;
	bool any, out_of_memory;
};

static bool match_overlap(const struct reserved *res, void *arg)
{
	struct overlapping *o = arg;

	if (strcmp(res->host, o->host) != 0 || !port_range_overlaps(res->ports, o->ports))
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
	return record(r, "unreserve", old, NULL, err);
}

static bool unreserve_one(struct registry *r, struct port_range ports, const char *host, bool *any,
			  struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };

	for (;;) {
		struct overlapping o = { .arena = &arena, .host = host, .ports = ports };

		if (!r->store->ops->reserved_each(r->store, match_overlap, &o, err))
			return false;
		if (o.out_of_memory)
			return fail_memory(err);
		if (!o.any)
			return true;
		*any = true;
		if (!cut(r, &o.found, ports, err))
			return false;
	}
}

bool registry_unreserve(struct registry *r, const struct port_range *ports, unsigned count,
			const char *host, struct err *err)
{
	bool any = false;

	for (unsigned i = 0; i < count; i++)
		if (!unreserve_one(r, ports[i], host, &any, err))
			return false;
	if (any)
		return true;
	fail(err, ERR_NOTHING, "none of these ports is reserved");
	return fail_hint(err, "see what is reserved with: portbook reservations");
}
