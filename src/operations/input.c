#include "operations/input.h"

#include <stdio.h>
#include <string.h>

#include "registry/entry_json.h"

enum protocol input_protocol(const json_t *input)
{
	const char *name = json_text_of(input, "protocol");
	enum protocol p = PROTO_TCP;

	if (name)
		(void)protocol_from_name(name, &p);
	return p;
}

bool input_name(struct call *c, const json_t *input, const char *key, const char *what,
		const char **ret, struct err *err)
{
	const char *text = json_text_of(input, key);
	char name[NAME_SIZE];

	if (!text) {
		*ret = NULL;
		return true;
	}
	if (!name_fold(what, text, name, err))
		return false;
	*ret = arena_copy(&c->arena, name);
	return *ret || fail_memory(err);
}

bool input_host(struct call *c, const json_t *input, const char **ret, struct err *err)
{
	return registry_host(c->registry, json_text_of(input, "host"), &c->arena, ret, err);
}

bool input_key(struct call *c, const json_t *input, const struct place *p, struct service_key *ret,
	       struct err *err)
{
	char service[NAME_SIZE];
	struct service_key key = {
		.project = &p->project,
		.instance = p->instance,
		.protocol = input_protocol(input),
	};

	if (!name_fold("service", json_text_of(input, "serviceName"), service, err) ||
	    !registry_environment(c->registry, json_text_of(input, "environment"), &c->arena,
				  &key.environment, err) ||
	    !input_host(c, input, &key.host, err))
		return false;
	key.service = arena_copy(&c->arena, service);
	if (!key.service)
		return fail_memory(err);
	*ret = key;
	return true;
}

struct details input_details(const json_t *input)
{
	return (struct details){
		.description = json_text_of(input, "description"),
		.notes = json_text_of(input, "notes"),
		.unit = json_text_of(input, "unit"),
		.type = json_text_of(input, "serviceType"),
		.role = json_text_of(input, "role"),
		.tunnel_hostname = json_text_of(input, "cloudflareHostname"),
		.tunnel_id = json_text_of(input, "cloudflareTunnelId"),
		.metadata = json_object_get(input, "metadata"),
	};
}

json_t *answer_usage(const struct usage *u)
{
	return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i}", "rangeStart", (int)u->ports.first,
			 "rangeEnd", (int)u->ports.last, "totalPorts", (int)u->total,
			 "allocatedPorts", (int)u->allocated, "availablePorts", (int)u->available,
			 "utilizationPercent", (int)usage_percent(u));
}

json_t *answer_entries(const struct entry_list *list)
{
	json_t *array = json_array();

	for (unsigned i = 0; array && i < list->count; i++)
		if (!json_append(array, entry_json(&list->items[i]))) {
			json_decref(array);
			return NULL;
		}
	return array;
}

struct others {
	struct arena *arena;
	const struct service_key *key;
	json_t *array;
	bool out_of_memory;
};

static bool add_other(const struct entry *e, void *arg)
{
	struct others *o = arg;
	bool is_here = !strcmp(e->host, o->key->host);
	const char *subject;

	if (is_here && !strcmp(e->environment, o->key->environment))
		return true;
	subject = entry_subject(o->arena, e);
	o->out_of_memory = !subject ||
			   !json_append(o->array,
					json_sprintf("%s in %s%s%s stays as it is (port %u)",
						     subject, e->environment, is_here ? "" : " on ",
						     is_here ? "" : e->host, e->port));
	return !o->out_of_memory;
}

bool answer_others(struct call *c, const struct service_key *key, json_t *answer, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct others o = { .arena = &c->arena, .array = json_array() };

	if (!json_put(answer, "others", o.array))
		return fail_memory(err);
	if (!key)
		return true;
	o.key = key;
	f.project_id = key->project->id;
	f.instance = key->instance;
	f.service = key->service;
	if (!c->registry->store->ops->entry_each(c->registry->store, &f, add_other, &o, err))
		return false;
	return !o.out_of_memory || fail_memory(err);
}

char *ports_text(struct port_range r, char ret[static PORTS_TEXT_SIZE])
{
	if (r.first == r.last)
		snprintf(ret, PORTS_TEXT_SIZE, "%u", r.first);
	else
		snprintf(ret, PORTS_TEXT_SIZE, "%u-%u", r.first, r.last);
	return ret;
}

static json_t *range_texts(const struct usage_list *list)
{
	json_t *array = json_array();
	char text[PORTS_TEXT_SIZE];

	for (unsigned i = 0; array && i < list->count; i++)
		if (!json_append(array, json_string(ports_text(list->items[i].ports, text)))) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static json_t *port_or_null(uint16_t port)
{
	return port ? json_integer(port) : json_null();
}

static bool put_ranges(json_t *o, const struct usage_list *list)
{
	struct usage sum = usage_sum(list);

	return json_put(o, "rangeStart", port_or_null(sum.ports.first)) &&
	       json_put(o, "rangeEnd", port_or_null(sum.ports.last)) &&
	       json_put(o, "ranges", range_texts(list));
}

bool answer_project(struct call *c, const struct project *p, const char *host, json_t **ret,
		    struct err *err)
{
	struct usage_list list;
	unsigned services;
	json_t *o;

	if (!usage_of_project(c->registry, p, host, &c->arena, &list, err) ||
	    !services_count(c->registry, host, p->id, &services, err))
		return false;
	o = project_json(p);
	if (!o || !put_ranges(o, &list) || !json_put_int(o, "services", services)) {
		json_decref(o);
		return fail_memory(err);
	}
	*ret = o;
	return true;
}
