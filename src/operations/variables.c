#include "operations/variables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "project/services.h"

/* Rationale: ours is a few lines; who keeps a megabyte there keeps something else. */
#define FILE_MAX_BYTES 1048576

static int by_service(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = strcmp(x->service, y->service);

	if (!order)
		order = (x->protocol > y->protocol) - (x->protocol < y->protocol);
	if (!order)
		order = (int)y->primary - (int)x->primary;
	if (!order)
		order = (x->allocated_at_ms > y->allocated_at_ms) -
			(x->allocated_at_ms < y->allocated_at_ms);
	return order ? order : strcmp(x->id, y->id);
}

static bool has_tcp(const struct entry_list *list, const char *service)
{
	for (unsigned i = 0; i < list->count; i++)
		if (list->items[i].protocol == PROTO_TCP &&
		    !strcmp(list->items[i].service, service))
			return true;
	return false;
}

/* A service on both protocols: DNS_PORT is the TCP one, DNS_UDP_PORT the other. */
static const char *variable_name(struct arena *a, const struct entry_list *list,
				 const struct entry *e, unsigned nth)
{
	char name[VARIABLE_SIZE], service[NAME_SIZE + 4];

	snprintf(service, sizeof(service), "%s%s", e->service,
		 e->protocol == PROTO_UDP && has_tcp(list, e->service) ? "_udp" : "");
	service[NAME_SIZE - 1] = '\0';
	name_variable(service, nth, name);
	return arena_copy(a, name);
}

static bool same_group(const struct entry *a, const struct entry *b)
{
	return !strcmp(a->service, b->service) && a->protocol == b->protocol;
}

static void fill_value(struct port_value *ret, const struct entry *e, unsigned nth)
{
	*ret = (struct port_value){
		.port = e->port,
		.protocol = e->protocol,
		.service = e->service,
		.nth = nth,
		.type = e->type && *e->type ? e->type : NULL,
		.description = e->description && *e->description ? e->description : NULL,
		.hostname = e->tunnel_hostname && *e->tunnel_hostname ? e->tunnel_hostname : NULL,
		.unit = e->unit && *e->unit ? e->unit : NULL,
	};
}

bool variables_read(struct call *c, const struct place *p, const char *environment,
		    const char *host, struct port_values *ret, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct entry_list list;
	struct port_value *items;
	unsigned nth = 0;

	f.project_id = p->project.id;
	f.instance = p->instance;
	f.environment = environment;
	f.host = host;
	if (!entries_read(c->registry, &f, &c->arena, &list, err))
		return false;
	if (list.count)
		qsort(list.items, list.count, sizeof(*list.items), by_service);
	items = arena_alloc(&c->arena, (list.count + 1) * sizeof(*items));
	if (!items)
		return fail_memory(err);
	for (unsigned i = 0; i < list.count; i++) {
		const struct entry *e = &list.items[i];

		nth = i && same_group(e, &list.items[i - 1]) ? nth + 1 : 1;
		fill_value(&items[i], e, nth);
		items[i].variable = variable_name(&c->arena, &list, e, nth);
		if (!items[i].variable)
			return fail_memory(err);
	}
	*ret = (struct port_values){ .project = p->project.name,
				     .environment = environment,
				     .instance = p->instance,
				     .command = "",
				     .items = items,
				     .count = list.count };
	return true;
}

static json_t *file_json(const char *path, const struct text *content, bool changed)
{
	json_t *o = json_object();

	if (json_put_text(o, "path", path) &&
	    json_put(o, "content", json_stringn(text_str(content), content->len)) &&
	    json_put_bool(o, "changed", changed))
		return o;
	json_decref(o);
	return NULL;
}

bool variables_file(struct call *c, const struct port_values *v, const char *folder, json_t **ret,
		    struct err *err)
{
	CLEANUP(text_release) struct text old = { 0 };
	CLEANUP(text_release) struct text new = { 0 };
	const char *path = arena_printf(&c->arena, "%s/%s", folder, PORTS_ENV);
	struct port_values ours = *v;
	struct file_bytes file = { .name = path };
	struct err why = { 0 };
	json_t *o;

	if (!path)
		return fail_memory(err);
	ours.command = "portbook env --write";
	if (file_read(path, FILE_MAX_BYTES, &old, &why)) {
		file.bytes = text_str(&old);
		file.len = old.len;
	} else if (why.code != ERR_NOT_FOUND) {
		*err = why;
		return false;
	}
	if (!render_splice(render_format_named("dotenv"), &ours, &file, NULL, &new, err))
		return false;
	o = file_json(path, &new,
		      new.len != old.len || memcmp(text_str(&new), text_str(&old), new.len));
	*ret = o;
	return o || fail_memory(err);
}
