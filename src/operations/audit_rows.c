/*
 * operations/audit_rows.c - what an audit found, as rows of its answer.
 */
#include <string.h>

#include "operations/audit.h"
#include "registry/entry_json.h"

/* Of an entry. */

/* What to do, each a line; NULL: no memory. */
static const char *fix_of_down(struct arena *a, const struct entry *e, const char *subject)
{
	const char *unit = e->unit ? e->unit : "";

	if (*unit)
		return arena_printf(
			a, "start it: systemctl restart %s\nno longer needed: portbook release %s",
			unit, subject);
	return arena_printf(a, "start it, it has port %u\nno longer needed: portbook release %s",
			    e->port, subject);
}

/* Its processes are never ended: it would run on without its port, or be started again. */
static const char *fix_of_container(struct arena *a, const char *container, const char *whose,
				    const char *subject)
{
	if (!whose)
		return arena_printf(a, "stop the container: docker stop %s\nthen start %s",
				    container, subject);
	return arena_printf(a,
			    "stop the container: docker stop %s\n"
			    "publish it on a port of its own: portbook get %s/SERVICE",
			    container, whose);
}

static const char *fix_of_squatted(struct arena *a, const struct audited *row, const char *subject)
{
	const struct claimant *c = row->judgement.owner.claimant;
	const struct process *p = row->judgement.process;
	const char *whose = c ? claimant_text(a, c) : NULL;
	unsigned port = row->entry->port;

	if (p && p->container)
		return fix_of_container(a, p->container, whose, subject);
	if (!c)
		return arena_printf(a, "end the stranger: portbook free %u\nthen start %s", port,
				    subject);
	return arena_printf(a,
			    "give the port back to its owner: portbook recover %s\n"
			    "start %s on a port of its own: portbook get %s/SERVICE",
			    subject, whose ? whose : c->project, whose ? whose : c->project);
}

static const char *fix_of_unknown(struct arena *a, const struct audited *row, const char *subject)
{
	const struct process *p = row->judgement.process;

	if (p && (p->is_proxy || p->container))
		return arena_printf(
			a, "say which container it is: portbook update %s --meta container=NAME",
			subject);
	return arena_printf(a,
			    "tell the book where it runs: portbook update %s --unit UNIT, or "
			    "portbook project set %s --path DIR",
			    subject, row->entry->project);
}

static const char *fix_of(struct arena *a, const struct audited *row)
{
	const char *subject = entry_subject(a, row->entry);

	if (!subject)
		return NULL;
	switch (row->judgement.state) {
	case STATE_DOWN: return fix_of_down(a, row->entry, subject);
	case STATE_SQUATTED: return fix_of_squatted(a, row, subject);
	case STATE_UNKNOWN: return fix_of_unknown(a, row, subject);
	case STATE_IN_USE: return "";
	}
	__builtin_unreachable();
}

/* By whom a port is had whose owner does not have it. */
static bool put_holder(struct audit *a, const struct audited *row, json_t *o)
{
	const struct claimant *c = row->judgement.owner.claimant;
	const char *text = c ? claimant_text(a->scene.arena, c) : NULL;
	const struct process *p = row->judgement.process;

	return json_put_text(o, "actual", row->actual) &&
	       json_put_text(o, "belongsTo",
			     row->judgement.state == STATE_SQUATTED ? text : NULL) &&
	       json_put_time(o, "since", p ? p->started_at_ms : 0) &&
	       json_put_text(o, "reason", judgement_text(a->scene.arena, &row->judgement)) &&
	       json_put(o, "listener", row->listener ? listener_json(row->listener) : json_null());
}

static bool put_entry(struct audit *a, const struct audited *row, json_t *o)
{
	const struct entry *e = row->entry;

	return json_put_int(o, "port", e->port) &&
	       json_put_text(o, "protocol", protocol_name(e->protocol)) &&
	       json_put_text(o, "expected", entry_subject(a->scene.arena, e)) &&
	       json_put_text(o, "verdict", entry_state_name(row->judgement.state)) &&
	       json_put_text(o, "projectName", e->project) &&
	       json_put_text(o, "serviceName", e->service) &&
	       json_put_int(o, "instance", e->instance) &&
	       json_put_text(o, "environment", e->environment) &&
	       json_put_text(o, "unit", e->unit) &&
	       json_put_time(o, "lastVerifiedAt", e->last_verified_at_ms);
}

json_t *audit_entry_json(struct audit *a, const struct audited *row)
{
	json_t *o = json_object();
	const char *fix = a->wants_fix ? fix_of(a->scene.arena, row) : "";

	if (o && fix && put_entry(a, row, o) && put_holder(a, row, o) &&
	    (!a->wants_fix || json_put_text(o, "fix", fix)))
		return o;
	json_decref(o);
	return NULL;
}

/* Of a listener. */

static const char *fix_of_listener(struct arena *a, const struct listener *l, const struct owner *o)
{
	const char *whose = o->claimant ? claimant_text(a, o->claimant) : "PROJECT";

	return whose ? arena_printf(a,
				    "enter it where it stands: portbook register %s/SERVICE %u%s",
				    whose, l->port, l->protocol == PROTO_UDP ? " --udp" : "")
		     : NULL;
}

static bool put_owner(struct audit *a, const struct listener *l, const struct owner *o, json_t *row)
{
	struct arena *arena = a->scene.arena;
	const struct process *p = owner_process(&a->scene.claimants, o, l);
	const struct claimant *c = p ? o->claimant : NULL;

	return json_put_text(row, "actual", listener_text(arena, l)) &&
	       json_put_text(row, "projectName", c ? c->project : NULL) &&
	       json_put(row, "instance",
			c ? json_integer(c->instance ? c->instance : 1) : json_null()) &&
	       json_put_text(row, "belongsTo", c ? claimant_text(arena, c) : NULL) &&
	       json_put_text(row, "reason", p ? owner_text(arena, o, p) : NULL);
}

json_t *audit_listener_json(struct audit *a, struct listener *l)
{
	struct owner owner = scene_owner(&a->scene, l);
	const char *fix = a->wants_fix ? fix_of_listener(a->scene.arena, l, &owner) : "";
	json_t *o = json_object();

	if (o && fix && listener_json_into(o, l) && put_owner(a, l, &owner, o) &&
	    (!a->wants_fix || json_put_text(o, "fix", fix)))
		return o;
	json_decref(o);
	return NULL;
}
