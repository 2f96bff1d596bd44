/*
 * registry/listener_json.c - listeners and processes as JSON.
 */
#include "registry/listening.h"

static json_t *number_or_null(int64_t n)
{
	return n ? json_integer(n) : json_null();
}

bool process_json_into(json_t *o, const struct process *p)
{
	return json_put(o, "pid", number_or_null(p->pid)) &&
	       json_put_text(o, "program", p->program) && json_put_text(o, "user", p->user) &&
	       json_put_int(o, "uid", p->uid) && json_put_text(o, "cwd", p->cwd) &&
	       json_put_text(o, "command", p->command) &&
	       json_put_time(o, "startedAt", p->started_at_ms) &&
	       json_put_text(o, "cgroup", p->cgroup) && json_put_text(o, "unit", p->unit) &&
	       json_put_text(o, "container", p->container);
}

static bool put_processes(json_t *o, const struct listener *l)
{
	json_t *array = json_array();

	if (!json_put(o, "processes", array))
		return false;
	for (unsigned i = 0; i < l->n_processes; i++) {
		json_t *one = json_object();

		if (!json_append(array, one) || !process_json_into(one, &l->processes[i]))
			return false;
	}
	return true;
}

static bool put_addresses(json_t *o, const struct listener *l)
{
	json_t *array = json_array();

	if (!json_put(o, "addresses", array))
		return false;
	for (unsigned i = 0; i < l->n_addresses; i++)
		if (!json_append(array, json_string(l->addresses[i])))
			return false;
	return json_put_bool(o, "ipv4", l->ipv4) && json_put_bool(o, "ipv6", l->ipv6) &&
	       json_put_bool(o, "loopbackOnly", l->loopback_only);
}

bool listener_json_into(json_t *o, const struct listener *l)
{
	const struct process nobody = { .uid = l->uid, .user = l->user };
	const struct process *leader = listener_leader(l);

	return json_put_int(o, "port", l->port) &&
	       json_put_text(o, "protocol", protocol_name(l->protocol)) && put_addresses(o, l) &&
	       process_json_into(o, leader ? leader : &nobody) &&
	       json_put_int(o, "inode", (int64_t)l->inode) &&
	       json_put_bool(o, "partlyKnown", l->partly_known) && put_processes(o, l);
}

json_t *listener_json(const struct listener *l)
{
	json_t *o = json_object();

	if (o && listener_json_into(o, l))
		return o;
	json_decref(o);
	return NULL;
}

json_t *listener_json_short(const struct listener *l)
{
	const struct process nobody = { .uid = l->uid, .user = l->user };
	const struct process *leader = listener_leader(l);
	const struct process *p = leader ? leader : &nobody;
	json_t *o = json_object();

	if (o && json_put_int(o, "port", l->port) && json_put(o, "pid", number_or_null(p->pid)) &&
	    json_put_text(o, "program", p->program) && json_put_text(o, "cwd", p->cwd) &&
	    json_put_int(o, "uid", p->uid) && json_put_text(o, "user", p->user) &&
	    json_put_text(o, "container", p->container))
		return o;
	json_decref(o);
	return NULL;
}
