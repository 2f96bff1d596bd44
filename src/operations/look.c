/*
 * operations/look.c - questions: show, status, summary, check.
 */
#include "registry/look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "operations/input.h"
#include "operations/operations.h"
#include "operations/schemas.h"
#include "registry/choose.h"
#include "registry/entry_json.h"
#include "registry/instances.h"
#include "registry/listening.h"
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
	json_t *o;

	f.project_id = p->id;
	f.instance = i->number;
	f.host = host;
	if (!answer_instance(c, p, i, host, &o, err))
		return false;
	if (!json_append(array, o))
		return fail_memory(err);
	if (!entries_read(c->registry, &f, &c->arena, &list, err))
		return false;
	return json_put(o, "ports", answer_entries(&list)) || fail_memory(err);
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
		if (!json_append(array, service_row(&list.items[i])))
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

	if (!input_host(c, input, &host, err) || !registry_policy(c->registry, &policy, err) ||
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
	.run = status_run,
};

/* Check. */

static bool asker_of(struct call *c, const json_t *input, struct check_asker *who, struct place *p,
		     struct err *err)
{
	struct err why = { 0 };

	who->protocol = input_protocol(input);
	who->instance = 1;
	if (!input_host(c, input, &who->host, err))
		return false;
	if (place_find(c, input, PLACE_ENTER_NOTHING, p, &why)) {
		who->project = &p->project;
		who->instance = p->instance;
		return true;
	}
	/* A directory that the book does not know asks as nobody; a wrong name is an error. */
	if (!json_text_of(input, "projectName") &&
	    (why.code == ERR_NOT_FOUND || why.code == ERR_INVALID))
		return true;
	*err = why;
	return false;
}

static const char *held_text(struct call *c, const struct check_answer *a, bool yours)
{
	const char *subject = entry_subject(&c->arena, &a->holder);

	return arena_printf(&c->arena, "%u %s '%s' (%s)%s", a->holder.port,
			    yours ? "is yours:" : "belongs to", subject ? subject : "?",
			    a->holder.environment, a->listening ? "" : ", which is down");
}

static const char *check_text(struct call *c, const struct check_answer *a, uint16_t port)
{
	const char *who = a->listening ? listener_text(&c->arena, &a->listener) : "";

	switch (a->verdict) {
	case VERDICT_YOURS:
	case VERDICT_ENTERED: return held_text(c, a, a->verdict == VERDICT_YOURS);
	case VERDICT_BLOCK:
		return arena_printf(&c->arena, "%u lies in the block of '%s'", port, a->owner.name);
	case VERDICT_RESERVED:
		return arena_printf(&c->arena, "%u is reserved%s%s", port,
				    !strncmp(a->reason, "for ", 4) ? " "
				    : *a->reason		   ? ": "
								   : "",
				    a->reason);
	case VERDICT_LISTENING:
		return arena_printf(&c->arena, "%u is entered nowhere, but %s listens there", port,
				    who ? who : "a process");
	case VERDICT_FREE:
		return arena_printf(&c->arena, "%u is free%s%s%s", port,
				    a->own_block ? ", in your own block" : "",
				    a->in_range ? "" : ", and outside the book's ranges",
				    a->listening ? "; your own process listens there" : "");
	}
	__builtin_unreachable();
}

static bool check_row(struct call *c, const struct check_asker *who, uint16_t port,
		      uint16_t instead, json_t *array, struct err *err)
{
	struct check_answer a;
	json_t *o = json_object();
	bool held, ok, yours;

	if (!json_append(array, o))
		return fail_memory(err);
	if (!registry_check(c->registry, who, port, &c->arena, &a, err))
		return false;
	held = a.verdict == VERDICT_YOURS || a.verdict == VERDICT_ENTERED;
	yours = a.verdict == VERDICT_YOURS;
	ok = yours || a.verdict == VERDICT_FREE;
	if (!json_put_int(o, "port", port) ||
	    !json_put_bool(o, "free", a.verdict == VERDICT_FREE) ||
	    !json_put_bool(o, "yours", yours) ||
	    !json_put_text(o, "verdict", verdict_name(a.verdict)) ||
	    !json_put_text(o, "message", check_text(c, &a, port)) ||
	    !json_put(o, "holder", held ? entry_json(&a.holder) : json_null()) ||
	    !json_put(o, "listener", a.listening ? listener_json(&a.listener) : json_null()) ||
	    !json_put(o, "instead", !ok && instead ? json_integer(instead) : json_null()))
		return fail_memory(err);
	return true;
}

static bool suggest(struct call *c, const json_t *input, const struct check_asker *who,
		    uint16_t *ret, struct err *err)
{
	/* A name that no policy gives a role: what any new service would get. */
	struct service_key key = {
		.project = who->project,
		.instance = who->instance,
		.service = "a-new-service",
		.host = who->host,
		.protocol = who->protocol,
	};

	*ret = 0;
	return !who->project ||
	       (registry_environment(c->registry, json_text_of(input, "environment"), &c->arena,
				     &key.environment, err) &&
		registry_suggest(c->registry, &key, &c->arena, ret, err));
}

/* Rationale: a table that is longer is not read; `list` and `summary` are for that. */
#define CHECK_MAX_PORTS 1000

static bool check_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	struct port_range ports[PORT_LIST_MAX];
	struct check_asker who = { 0 };
	struct place p;
	unsigned count, total = 0;
	uint16_t instead;
	json_t *array = json_array();

	if (!json_put(answer, "ports", array))
		return fail_memory(err);
	if (!port_list_parse(json_text_of(input, "ports"), ports, &count, err) ||
	    !asker_of(c, input, &who, &p, err) || !suggest(c, input, &who, &instead, err))
		return false;
	for (unsigned i = 0; i < count; i++)
		total += port_range_size(ports[i]);
	if (total > CHECK_MAX_PORTS)
		return fail(err, ERR_INVALID, "%u ports are more than can be checked at once (%d)",
			    total, CHECK_MAX_PORTS);
	for (unsigned i = 0; i < count; i++)
		for (unsigned port = ports[i].first; port <= ports[i].last; port++)
			if (!check_row(c, &who, (uint16_t)port, instead, array, err))
				return false;
	return true;
}

const struct operation op_check = {
	.schema = &schema_check,
	.access = ACCESS_READ,
	.run = check_run,
};
