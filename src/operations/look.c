/*
 * operations/look.c - questions: show, summary.
 */
#include "registry/look.h"

#include <stdlib.h>
#include <string.h>

#include "operations/input.h"
#include "operations/live.h"
#include "operations/operations.h"
#include "operations/schemas.h"
#include "registry/entry_json.h"
#include "registry/hosts.h"
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

bool answer_ranges(struct call *c, const struct usage_list *list, const char *host, json_t *answer,
		   struct err *err)
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
	return put_summary(&list, answer, err) && answer_ranges(c, &list, host, answer, err);
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

/* How many ports it has on other machines, by name. */
static bool put_other_hosts(struct call *c, const struct project *p, const char *host,
			    json_t *answer, struct err *err)
{
	json_t *array = json_array();
	struct host_list hosts;

	if (!json_put(answer, "otherHosts", array))
		return fail_memory(err);
	if (!hosts_read(c->registry, p->id, &c->arena, &hosts, err))
		return false;
	for (unsigned i = 0; i < hosts.count; i++)
		if (strcmp(hosts.items[i].host, host) != 0 && hosts.items[i].ports &&
		    !json_append(array, json_pack("{s:s, s:i}", "host", hosts.items[i].host,
						  "allocatedPorts", (int)hosts.items[i].ports)))
			return fail_memory(err);
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
	if (!json_put(answer, "project", project_json(&p)) || !json_put_text(answer, "host", host))
		return fail_memory(err);
	return put_other_hosts(c, &p, host, answer, err) && put_summary(&usage, answer, err) &&
	       put_instances(c, &p, (unsigned)json_int_of(input, "instance", 0), host, answer, err);
}

const struct operation op_show = {
	.schema = &schema_show,
	.access = ACCESS_READ,
	.before = live_look_if_asked,
	.run = show_run,
};
