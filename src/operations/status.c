/*
 * operations/status.c - everything at a glance: all machines that the book knows.
 *
 * Ports are listed of all of them.  How full projects and ranges are is said of
 * one, as a block belongs to a machine.
 */
#include <string.h>

#include "operations/input.h"
#include "operations/live.h"
#include "operations/operations.h"
#include "operations/schemas.h"
#include "registry/choose.h"
#include "registry/entry_json.h"
#include "registry/hosts.h"
#include "registry/instances.h"
#include "registry/look.h"
#include "registry/projects.h"

/* Whose. */
struct view {
	const char *host; /* of which it is said how full what is */
	const char *only; /* whose ports are listed; NULL: everybody's */
};

static json_t *service_row(const struct entry *e)
{
	json_t *o = json_object();

	if (json_put_text(o, "serviceName", e->service) && json_put_int(o, "port", e->port) &&
	    json_put_int(o, "instance", e->instance) &&
	    json_put_text(o, "environment", e->environment) &&
	    json_put_text(o, "protocol", protocol_name(e->protocol)) &&
	    json_put_text(o, "host", e->host) &&
	    json_put_text(o, "cloudflareHostname", e->tunnel_hostname) &&
	    json_put_time(o, "expiresAt", e->expires_at_ms))
		return o;
	json_decref(o);
	return NULL;
}

static bool put_services(struct call *c, const struct project *p, const struct view *v, json_t *o,
			 unsigned *total, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct entry_list list;
	json_t *array = json_array();
	/* Numbers of instances: no larger than ports are. */
	struct port_set *seen = arena_alloc(&c->arena, sizeof(*seen));

	f.project_id = p->id;
	f.host = v->only;
	if (!json_put(o, "services", array) || !seen)
		return fail_memory(err);
	if (!entries_read(c->registry, &f, &c->arena, &list, err))
		return false;
	for (unsigned i = 0; i < list.count; i++) {
		json_t *row = service_row(&list.items[i]);

		if (!json_append(array, row) || !live_put(c->scene, &list.items[i], row))
			return fail_memory(err);
		port_set_add(seen, (uint16_t)list.items[i].instance);
		*total += list.items[i].primary;
	}
	return json_put_int(o, "instances",
			    port_set_count(seen, (struct port_range){ 1, INSTANCE_MAX })) ||
	       fail_memory(err);
}

static bool put_project(struct call *c, const struct project *p, const struct view *v,
			json_t *array, unsigned *total, struct err *err)
{
	struct usage_list list;
	struct usage sum;
	json_t *o;

	if (!usage_of_project(c->registry, p, v->host, &c->arena, &list, err))
		return false;
	sum = usage_sum(&list);
	o = answer_usage(&sum);
	if (!json_append(array, o) || !json_put_text(o, "projectName", p->name) ||
	    !json_put(o, "projectNumber", p->number < 0 ? json_null() : json_integer(p->number)) ||
	    !json_put_text(o, "status", project_status_name(p->status)) ||
	    !json_put_text(o, "path", p->path))
		return fail_memory(err);
	return put_services(c, p, v, o, total, err);
}

static bool count_reserved(struct call *c, const char *host, unsigned *ret, struct err *err)
{
	struct port_set *all = arena_alloc(&c->arena, sizeof(*all));

	if (!all)
		return fail_memory(err);
	if (!reserved_collect(c->registry, host, NULL, all, err))
		return false;
	*ret = port_set_count(all, (struct port_range){ 1, UINT16_MAX });
	return true;
}

/* The shared project is the book's own: it counts only when it has something. */
static bool is_idle_shared(const struct project *p, unsigned services)
{
	return !strcmp(p->name, SHARED_PROJECT) && services == 0;
}

static bool put_projects(struct call *c, const struct project_list *list, const struct view *v,
			 json_t *answer, unsigned *services, unsigned *projects, struct err *err)
{
	json_t *array = json_array();

	if (!json_put(answer, "projects", array))
		return fail_memory(err);
	for (unsigned i = 0; i < list->count; i++) {
		unsigned own = 0;

		if (!put_project(c, &list->items[i], v, array, &own, err))
			return false;
		if (is_idle_shared(&list->items[i], own))
			json_array_remove(array, json_array_size(array) - 1);
		else
			(*projects)++;
		*services += own;
	}
	return true;
}

static bool put_ranges(struct call *c, const char *host, json_t *answer, struct err *err)
{
	struct usage_list list;

	return usage_of_ranges(c->registry, host, &c->arena, &list, err) &&
	       answer_ranges(c, &list, host, answer, err);
}

/* One machine, where one was named. */
static bool put_hosts(struct call *c, const struct view *v, json_t *answer, unsigned *ret_ports,
		      struct err *err)
{
	json_t *array = json_array();
	struct host_list hosts;

	if (!json_put(answer, "hosts", array))
		return fail_memory(err);
	if (!hosts_read(c->registry, NULL, &c->arena, &hosts, err))
		return false;
	for (unsigned i = 0; i < hosts.count; i++) {
		const struct host_usage *u = &hosts.items[i];

		if (v->only && strcmp(u->host, v->only) != 0)
			continue;
		if (!json_append(array,
				 json_pack("{s:s, s:i, s:i, s:b}", "host", u->host, "services",
					   (int)u->services, "allocatedPorts", (int)u->ports,
					   "thisMachine", !strcmp(u->host, c->registry->host))))
			return fail_memory(err);
		*ret_ports += u->ports;
	}
	return true;
}

static bool read_view(struct call *c, const json_t *input, struct view *ret, struct err *err)
{
	if (!input_host(c, input, &ret->host, err))
		return false;
	ret->only = json_text_of(input, "host") ? ret->host : NULL;
	return true;
}

static void note_anybodys(struct call *c)
{
	if (host_is_anybodys(c->registry))
		registry_note(c->registry, "%s", HOST_IS_ANYBODYS "; " HOST_REMEDY);
}

static bool status_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	struct project_list list;
	const struct policy *policy;
	unsigned services = 0, projects = 0, allocated = 0, reserved;
	struct view v;

	if (!read_view(c, input, &v, err) || !live_scene_if_asked(c, input, v.host, err) ||
	    !registry_policy(c->registry, &policy, err) ||
	    !projects_read(c->registry, &c->arena, &list, err))
		return false;
	if (!json_put_text(answer, "book", c->book) ||
	    !json_put_text(answer, "policy", policy->name) ||
	    !json_put_text(answer, "host", v.host))
		return fail_memory(err);
	if (!put_hosts(c, &v, answer, &allocated, err) ||
	    !put_projects(c, &list, &v, answer, &services, &projects, err) ||
	    !count_reserved(c, v.host, &reserved, err) || !put_ranges(c, v.host, answer, err))
		return false;
	note_anybodys(c);
	return json_put(answer, "summary",
			json_pack("{s:i, s:i, s:i, s:i}", "services", (int)services, "projects",
				  (int)projects, "allocatedPorts", (int)allocated, "reservedPorts",
				  (int)reserved)) ||
	       fail_memory(err);
}

const struct operation op_status = {
	.schema = &schema_status,
	.access = ACCESS_READ,
	.before = live_look_if_asked,
	.run = status_run,
};
