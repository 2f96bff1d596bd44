#include "registry/refusal.h"

#include <stdio.h>
#include <string.h>

#include "registry/blocks.h"
#include "registry/choose.h"
#include "registry/listening.h"
#include "registry/entry_json.h"

bool fail_held(struct err *err, const struct entry *holder, struct arena *a)
{
	const char *subject = entry_subject(a, holder);

	fail(err, ERR_TAKEN, "port %u belongs to '%s' (%s)", holder->port, subject ? subject : "?",
	     holder->environment);
	holder_of_entry(err, holder);
	return false;
}

static bool fail_not_temporary(const struct port_request *q, const struct choice *c,
			       struct err *err)
{
	fail(err, ERR_INVALID, "port %u is not a temporary one: those are %u-%u", q->preferred,
	     c->range->ports.first, c->range->ports.last);
	return fail_hint(err, "leave --port out: portbook get %s/%s --temporary",
			 q->key.project->name, q->key.service);
}

static bool fail_outside(struct registry *r, const struct port_request *q, struct arena *a,
			 struct err *err)
{
	const struct project *asker = q->key.project;
	const char *where = "";
	struct project owner;
	bool found;

	if (!block_owner(r, q->key.host, q->preferred, a, &owner, &found, err))
		return false;
	/* What lies in its own block, and is not its own, is in a slice. */
	if (found && !strcmp(owner.id, asker->id))
		where = ": it is kept for another instance";
	else if (found)
		where = arena_printf(a, ": it lies in the block of '%s'", owner.name);
	fail(err, ERR_INVALID, "port %u is not one that '%s@%u' is given%s", q->preferred,
	     asker->name, q->key.instance, where ? where : "");
	return fail_hint(err,
			 "a port that is used by convention is entered with: portbook register "
			 "%s/%s %u",
			 asker->name, q->key.service, q->preferred);
}

static bool fail_own(const struct port_request *q, struct err *err)
{
	fail(err, ERR_INVALID, "port %u is the one that '%s/%s' has already", q->preferred,
	     q->key.project->name, q->key.service);
	return fail_hint(err, "leave --port out, or name the one that it shall move to");
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
	bool seen = listener_on(r, q->key.host, q->key.protocol, q->preferred, a, &l);
	const char *who = seen ? listener_text(a, &l) : "a stranger";

	fail(err, ERR_TAKEN, "%s listens on port %u", who ? who : "a stranger", q->preferred);
	fail_hint(err, "stop it, leave the port out (portbook get %s/%s), or add --force",
		  q->key.project->name, q->key.service);
	holder_put(err, seen ? listener_json_short(&l) : NULL);
	return false;
}

bool fail_preferred(struct registry *r, const struct port_request *q, const struct choice *c,
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
		return q->temporary ? fail_not_temporary(q, c, err) : fail_outside(r, q, a, err);
	if (q->preferred == q->not_port)
		return fail_own(q, err);
	if (port_set_has(c->reserved, q->preferred))
		return fail_reserved(r, &q->key, q->preferred, err);
	return fail_listening(r, q, a, err);
}

bool fail_exhausted(struct registry *r, const struct port_request *q, const struct choice *c,
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
