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

bool variables_read(struct call *c, const struct place *p, const char *environment,
		    const char *host, struct variables *ret, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct entry_list list;
	struct variables v = { .count = 0 };
	unsigned nth = 0;

	f.project_id = p->project.id;
	f.instance = p->instance;
	f.environment = environment;
	f.host = host;
	if (!entries_read(c->registry, &f, &c->arena, &list, err))
		return false;
	if (list.count)
		qsort(list.items, list.count, sizeof(*list.items), by_service);
	v.items = arena_alloc(&c->arena, (list.count + 1) * sizeof(*v.items));
	v.services = arena_alloc(&c->arena, (list.count + 1) * sizeof(*v.services));
	if (!v.items || !v.services)
		return fail_memory(err);
	for (unsigned i = 0; i < list.count; i++) {
		const struct entry *e = &list.items[i];

		nth = i && same_group(e, &list.items[i - 1]) ? nth + 1 : 1;
		v.items[i].name = variable_name(&c->arena, &list, e, nth);
		v.items[i].port = e->port;
		v.services[i] = e->service;
		if (!v.items[i].name)
			return fail_memory(err);
		v.count++;
	}
	*ret = v;
	return true;
}

static const char heading[] =
	"# The ports of this checkout, from the port book: portbook env --write makes them anew.\n";

bool variables_file(struct call *c, const struct variables *v, const char *folder, json_t **ret,
		    struct err *err)
{
	CLEANUP(text_release) struct text old = { 0 };
	CLEANUP(text_release) struct text new = { 0 };
	const char *path = arena_printf(&c->arena, "%s/%s", folder, PORTS_ENV);
	struct err why = { 0 };
	bool is_new;
	json_t *o;

	if (!path)
		return fail_memory(err);
	is_new = !file_read(path, FILE_MAX_BYTES, &old, &why);
	if (is_new && why.code != ERR_NOT_FOUND) {
		*err = why;
		return false;
	}
	if (is_new)
		text_add(&new, heading);
	if (!dotenv_splice(text_str(&old), old.len, v->items, v->count, &new, err))
		return false;
	if (!text_ok(&new))
		return fail_memory(err);
	if (!utf8_is_valid(text_str(&new), new.len))
		return fail(err, ERR_INVALID, "'%s' is not UTF-8", path);
	o = json_object();
	if (!json_put_text(o, "path", path) ||
	    !json_put(o, "content", json_stringn(text_str(&new), new.len)) ||
	    !json_put_bool(o, "changed",
			   new.len != old.len || memcmp(text_str(&new), text_str(&old), new.len))) {
		json_decref(o);
		return fail_memory(err);
	}
	*ret = o;
	return true;
}
