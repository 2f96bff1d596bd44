/*
 * operations/look.c - questions: show, status, summary.
 */
#include "registry/look.h"

#include <stdlib.h>
#include <string.h>

#include "operations/input.h"
#include "operations/live.h"
#include "operations/operations.h"
#include "operations/schemas.h"
#include "registry/choose.h"
#include "registry/entry_json.h"
#include "registry/instances.h"
#include "registry/projects.h"

/* Summary. */

static json_t *gaps_json(const struct port_set *open, struct port_range ports)
{
	json_t *array = json_array();
	char text[PORTS_TEXT_SIZE];
	unsigned first = 0;

	for (unsigned port = ports.first; array && port <= (unsigned)ports.last + 1; port++) {
		bool is_open = port <= ports.last && port_set_has(open, (uint16_t)port);

		if (is_open && !first)
			first = port;
		if (is_open || !first)
			continue;
		if (!json_append(array,
				 json_string(ports_text((struct port_range){ (uint16_t)first,
									     (uint16_t)(port - 1) },
							text)))) {
			json_decref(array);
			return NULL;
		}
		first = 0;
	}
	return array;
}

static bool range_row(struct call *c, const struct usage *u, const char *host, json_t *array,
		      struct err *err)
{
	struct port_set *open = arena_alloc(&c->arena, sizeof(*open));
	json_t *o = answer_usage(u);

	if (!json_append(array, o) || !open)
		return fail_memory(err);
	if (!usage_gaps(c->registry, u, host, open, err))
		return false;
	if (!json_put_text(o, "rangeName", u->range) ||
	    !json_put(o, "gaps", gaps_json(open, u->ports)))
		return fail_memory(err);
	return true;
}

static bool put_ranges(struct call *c, const struct usage_list *list, const char *host,
		       json_t *answer, struct err *err)
{
	json_t *array = json_array();

	if (!json_put(answer, "ranges", array))
		return fail_memory(err);
	for (unsigned i = 0; i < list->count; i++)
		if (!range_row(c, &list->items[i], host, array, err))
			return false;
	return true;
}

static bool put_summary(const struct usage_list *list, json_t *answer, struct err *err)
{
	struct usage sum = usage_sum(list);

	return json_put(answer, "summary", answer_usage(&sum)) || fail_memory(err);
}

static bool summary_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	const char *name = json_text_of(input, "projectName"), *host;
	struct usage_list list;
	struct project p;

	if (!input_host(c, input, &host, err))
		return false;
	if (name ? !project_need(c->registry, name, &c->arena, &p, err) ||
			    !usage_of_project(c->registry, &p, host, &c->arena, &list, err)
		 : !usage_of_ranges(c->registry, host, &c->arena, &list, err))
		return false;
	return put_summary(&list, answer, err) && put_ranges(c, &list, host, answer, err);
}

const struct operation op_summary = {
	.schema = &schema_summary,
	.access = ACCESS_READ,
	.run = summary_run,
};

/* Show. */

static bool put_instance(struct call *c, const struct project *p, const struct instance *i,
			 const char *host, json_t *array, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct entry_list list;
	json_t *o, *ports;

	f.project_id = p->id;
	f.instance = i->number;
	f.host = host;
	if (!answer_instance(c, p, i, host, &o, err))
		return false;
	if (!json_append(array, o))
		return fail_memory(err);
	if (!entries_read(c->registry, &f, &c->arena, &list, err))
		return false;
	ports = answer_entries(&list);
	if (!json_put(o, "ports", ports))
		return fail_memory(err);
	for (unsigned n = 0; n < list.count; n++)
		if (!live_put(c->scene, &list.items[n], json_array_get(ports, n)))
			return fail_memory(err);
	return true;
}

static bool put_instances(struct call *c, const struct project *p, unsigned only, const char *host,
			  json_t *answer, struct err *err)
{
	json_t *array = json_array();
	struct instance_list list;
	unsigned shown = 0;

	if (!json_put(answer, "instances", array))
		return fail_memory(err);
	if (!instances_read(c->registry, p->id, &c->arena, &list, err))
		return false;
	for (unsigned i = 0; i < list.count; i++) {
		if (list.items[i].released_at_ms || (only && list.items[i].number != only))
			continue;
		if (!put_instance(c, p, &list.items[i], host, array, err))
			return false;
		shown++;
	}
	if (only && !shown)
		return fail(err, ERR_NOT_FOUND, "'%s' has no instance %u in use", p->name, only);
	return true;
}

static bool show_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	struct usage_list usage;
	struct project p;
	const char *host;

	if (!place_project(c, input, &p, err) || !input_host(c, input, &host, err) ||
	    !live_scene_if_asked(c, input, host, err) ||
	    !usage_of_project(c->registry, &p, host, &c->arena, &usage, err))
		return false;
	if (!json_put(answer, "project", project_json(&p)))
		return fail_memory(err);
	return put_summary(&usage, answer, err) &&
	       put_instances(c, &p, (unsigned)json_int_of(input, "instance", 0), host, answer, err);
}

const struct operation op_show = {
	.schema = &schema_show,
	.access = ACCESS_READ,
	.before = live_look_if_asked,
	.run = show_run,
};

/* Status. */

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

static bool put_services(struct call *c, const struct project *p, const char *host, json_t *o,
			 unsigned *total, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct entry_list list;
	json_t *array = json_array();
	/* Numbers of instances: no larger than ports are. */
	struct port_set *seen = arena_alloc(&c->arena, sizeof(*seen));

	f.project_id = p->id;
	f.host = host;
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

static bool put_project(struct call *c, const struct project *p, const char *host, json_t *array,
			unsigned *total, struct err *err)
{
	struct usage_list list;
	struct usage sum;
	json_t *o;

	if (!usage_of_project(c->registry, p, host, &c->arena, &list, err))
		return false;
	sum = usage_sum(&list);
	o = answer_usage(&sum);
	if (!json_append(array, o) || !json_put_text(o, "projectName", p->name) ||
	    !json_put(o, "projectNumber", p->number < 0 ? json_null() : json_integer(p->number)) ||
	    !json_put_text(o, "status", project_status_name(p->status)) ||
	    !json_put_text(o, "path", p->path))
		return fail_memory(err);
	return put_services(c, p, host, o, total, err);
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

static bool put_projects(struct call *c, const struct project_list *list, const char *host,
			 json_t *answer, unsigned *services, unsigned *projects, struct err *err)
{
	json_t *array = json_array();

	if (!json_put(answer, "projects", array))
		return fail_memory(err);
	for (unsigned i = 0; i < list->count; i++) {
		unsigned own = 0;

		if (!put_project(c, &list->items[i], host, array, &own, err))
			return false;
		if (is_idle_shared(&list->items[i], own))
			json_array_remove(array, json_array_size(array) - 1);
		else
			(*projects)++;
		*services += own;
	}
	return true;
}

static bool put_status_ranges(struct call *c, const char *host, json_t *answer, struct err *err)
{
	struct usage_list list;

	return usage_of_ranges(c->registry, host, &c->arena, &list, err) &&
	       put_ranges(c, &list, host, answer, err);
}

static bool status_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	struct project_list list;
	struct store *s = c->registry->store;
	struct entry_filter f = ENTRY_FILTER_ALL;
	const struct policy *policy;
	unsigned services = 0, projects = 0, allocated, reserved;
	const char *host;

	if (!input_host(c, input, &host, err) || !live_scene_if_asked(c, input, host, err) ||
	    !registry_policy(c->registry, &policy, err) ||
	    !projects_read(c->registry, &c->arena, &list, err))
		return false;
	f.host = host;
	if (!json_put_text(answer, "book", c->book) ||
	    !json_put_text(answer, "policy", policy->name) || !json_put_text(answer, "host", host))
		return fail_memory(err);
	if (!put_projects(c, &list, host, answer, &services, &projects, err) ||
	    !s->ops->entry_count(s, &f, &allocated, err) ||
	    !count_reserved(c, host, &reserved, err) || !put_status_ranges(c, host, answer, err))
		return false;
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
