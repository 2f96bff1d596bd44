#include "registry/entry_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *metadata_json(const char *text)
{
	json_t *json = text && *text ? json_loads(text, 0, NULL) : NULL;

	return json_is_object(json) ? json : (json_decref(json), json_object());
}

static json_t *number_or_null(int number)
{
	return number < 0 ? json_null() : json_integer(number);
}

bool entry_json_into(json_t *o, const struct entry *e)
{
	return json_put_int(o, "port", e->port) && json_put_text(o, "projectName", e->project) &&
	       json_put_text(o, "serviceName", e->service) &&
	       json_put_text(o, "serviceType", e->type) &&
	       json_put_int(o, "instance", e->instance) &&
	       json_put_text(o, "environment", e->environment) &&
	       json_put_text(o, "host", e->host) &&
	       json_put_text(o, "protocol", protocol_name(e->protocol)) &&
	       json_put_text(o, "status", entry_status_name(e->status)) &&
	       json_put_text(o, "description", e->description) &&
	       json_put_text(o, "cloudflareHostname", e->tunnel_hostname) &&
	       json_put_text(o, "cloudflareTunnelId", e->tunnel_id) &&
	       json_put(o, "metadata", metadata_json(e->metadata)) &&
	       json_put_time(o, "allocatedAt", e->allocated_at_ms) &&
	       json_put_time(o, "lastVerifiedAt", e->last_verified_at_ms) &&
	       json_put_time(o, "releasedAt", e->released_at_ms) &&
	       json_put_text(o, "allocatedBy", e->allocated_by) &&
	       json_put_bool(o, "primary", e->primary) && json_put_text(o, "role", e->role) &&
	       json_put_text(o, "notes", e->notes) && json_put_text(o, "unit", e->unit) &&
	       json_put_time(o, "expiresAt", e->expires_at_ms) &&
	       json_put(o, "projectNumber", number_or_null(e->project_number)) &&
	       json_put_text(o, "worktreePath", e->worktree) &&
	       json_put_text(o, "range", e->range) && json_put_text(o, "id", e->id);
}

json_t *entry_json(const struct entry *e)
{
	json_t *o = json_object();

	if (o && entry_json_into(o, e))
		return o;
	json_decref(o);
	return NULL;
}

json_t *project_json(const struct project *p)
{
	json_t *o = json_object();

	if (o && json_put_text(o, "projectName", p->name) &&
	    json_put(o, "projectNumber", number_or_null(p->number)) &&
	    json_put_text(o, "path", p->path) && json_put_text(o, "owner", p->owner) &&
	    json_put_text(o, "status", project_status_name(p->status)) &&
	    json_put_text(o, "description", p->description) &&
	    json_put(o, "metadata", metadata_json(p->metadata)) &&
	    json_put_time(o, "createdAt", p->created_at_ms) && json_put_text(o, "id", p->id))
		return o;
	json_decref(o);
	return NULL;
}

json_t *instance_json(const struct instance *i)
{
	json_t *o = json_object();

	if (o && json_put_text(o, "projectName", i->project) &&
	    json_put_int(o, "instance", i->number) && json_put_text(o, "host", i->host) &&
	    json_put_text(o, "purpose", i->purpose) && json_put_text(o, "branch", i->branch) &&
	    json_put_text(o, "worktreePath", i->worktree) &&
	    json_put_text(o, "status", i->status) &&
	    json_put(o, "slice", number_or_null(i->slice)) &&
	    json_put_time(o, "createdAt", i->created_at_ms) &&
	    json_put_time(o, "releasedAt", i->released_at_ms))
		return o;
	json_decref(o);
	return NULL;
}

json_t *reserved_json(const struct reserved *r)
{
	char ports[16];
	json_t *o = json_object();

	if (r->ports.first == r->ports.last)
		snprintf(ports, sizeof(ports), "%u", r->ports.first);
	else
		snprintf(ports, sizeof(ports), "%u-%u", r->ports.first, r->ports.last);
	if (o && json_put_text(o, "ports", ports) &&
	    json_put_int(o, "rangeStart", r->ports.first) &&
	    json_put_int(o, "rangeEnd", r->ports.last) && json_put_text(o, "host", r->host) &&
	    json_put_text(o, "reason", r->reason) && json_put_text(o, "projectName", r->project) &&
	    json_put_time(o, "until", r->until_ms) &&
	    json_put_bool(o, "fromPolicy", r->from_policy))
		return o;
	json_decref(o);
	return NULL;
}

void holder_put(struct err *err, json_t *holder)
{
	CLEANUP(json_cleanup) json_t *owned = holder;
	CLEANUP(json_text_cleanup) char *text = NULL;

	/* The sentence is there already: a holder that finds no memory, or no room, is left out. */
	if (err && owned && json_format(owned, &text, NULL) && strlen(text) < sizeof(err->holder))
		memcpy(err->holder, text, strlen(text) + 1);
}

void holder_of_entry(struct err *err, const struct entry *e)
{
	json_t *o = json_object();

	if (!o || !json_put_int(o, "port", e->port) ||
	    !json_put_text(o, "projectName", e->project) ||
	    !json_put_text(o, "serviceName", e->service) ||
	    !json_put_int(o, "instance", e->instance) ||
	    !json_put_text(o, "environment", e->environment) ||
	    !json_put_text(o, "host", e->host) ||
	    !json_put_text(o, "protocol", protocol_name(e->protocol)) ||
	    !json_put_text(o, "status", entry_status_name(e->status))) {
		json_decref(o);
		return;
	}
	holder_put(err, o);
}
