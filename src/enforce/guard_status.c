#include "enforce/guard_inside.h"

#include <string.h>
#include <unistd.h>

static const struct visitor *holder_of(const struct guard *g, const struct spot *s)
{
	for (const struct visitor *v = g->visitors; v; v = v->next)
		if (v == s->holder)
			return v;
	return NULL;
}

static json_t *spot_json(const struct guard *g, const struct spot *s)
{
	const struct visitor *to = holder_of(g, s);
	json_t *o = json_object();

	if (json_put_int(o, "port", s->port) &&
	    json_put_text(o, "protocol", s->protocol == PROTO_UDP ? "udp" : "tcp") &&
	    json_put_text(o, "name", s->name) &&
	    json_put_text(o, "state", spot_state_name(s->state)) &&
	    json_put_text(o, "reason", spot_why_text(s->why)) &&
	    json_put_text(o, "startedBy", s->started_by) &&
	    json_put_text(o, "allocatedBy", s->entered_by) &&
	    json_put_text(o, "to", to ? to->what : NULL) &&
	    json_put(o, "pid", to ? json_integer(to->pid) : json_null()) &&
	    json_put_time(o, "since", s->since_ms))
		return o;
	json_decref(o);
	return NULL;
}

static json_t *status_json(const struct guard *g)
{
	struct guard_counts c = guard_count(g);
	json_t *o = json_object(), *ports = json_array();
	bool ok = json_put(o, "ports", ports);

	for (unsigned i = 0; ok && i < g->spots.count; i++)
		ok = json_append(ports, spot_json(g, &g->spots.items[i]));
	if (ok && json_put_bool(o, "success", true) && json_put_int(o, "guardPid", getpid()) &&
	    json_put_text(o, "user", g->options->user) &&
	    json_put_text(o, "book", g->options->book_name) &&
	    json_put_time(o, "since", g->since_ms) &&
	    outage_put(o, book_follower_outage(g->follower)) &&
	    json_put_bool(o, "defaults", g->options->unasked) &&
	    json_put(o, "held", json_integer(c.held)) &&
	    json_put(o, "inUse", json_integer(c.in_use)) &&
	    json_put(o, "notHeld", json_integer(c.left)) &&
	    json_put(o, "limited", json_integer(c.limited)) &&
	    json_put(o, "limit", json_integer(c.limit)))
		return o;
	json_decref(o);
	return NULL;
}

int guard_status_file(const struct guard *g)
{
	CLEANUP(json_cleanup) json_t *json = status_json(g);

	return json ? message_file_make(json) : -1;
}
