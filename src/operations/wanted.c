#include "operations/wanted.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static_assert(DECLARATION_MAX_SERVICES <= SERVICES_MAX, "all that is declared is wanted");

static void want(struct wanted_list *list, const char *service, const char *source,
		 enum protocol protocol)
{
	struct wanted *w = &list->items[list->count];

	for (unsigned i = 0; i < list->count; i++)
		if (!strcmp(list->items[i].service, service))
			return;
	if (list->count == ARRAY_LEN(list->items))
		return;
	*w = (struct wanted){ .source = source, .protocol = protocol };
	snprintf(w->service, sizeof(w->service), "%s", service);
	list->count++;
}

/* Of a service on both protocols the TCP port is the main one. */
static bool is_second_port(const struct wanted_list *list, const struct wanted *w)
{
	if (w->protocol != PROTO_UDP)
		return false;
	for (unsigned i = 0; i < list->count; i++)
		if (list->items[i].protocol == PROTO_TCP &&
		    !strcmp(list->items[i].service, w->service))
			return true;
	return false;
}

static bool want_declared(struct call *c, const struct declared_port *port,
			  struct wanted_list *list, struct err *err)
{
	struct wanted *w = &list->items[list->count];

	*w = (struct wanted){ .protocol = port->protocol, .declared = port->service };
	memcpy(w->service, port->service->name, sizeof(w->service));
	w->source = arena_printf(&c->arena, DECLARATION_FILE ":%u", port->service->place.line);
	list->count++;
	return w->source || fail_memory(err);
}

static bool want_all_declared(struct call *c, const json_t *input, const struct declaration *d,
			      unsigned instance, struct wanted_list *list, struct err *err)
{
	const char *environment;
	struct declared_list declared;

	if (!registry_environment(c->registry, json_text_of(input, "environment"), &c->arena,
				  &environment, err))
		return false;
	declared_list(d, environment, instance, &declared);
	for (unsigned i = 0; i < declared.count; i++)
		if (!want_declared(c, &declared.items[i], list, err))
			return false;
	return true;
}

/* The primary ports of instance 1, oldest first, as they were entered. */
static bool want_of_main(struct call *c, const json_t *input, const struct project *p,
			 struct wanted_list *list, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct entry_list main;

	if (!registry_environment(c->registry, json_text_of(input, "environment"), &c->arena,
				  &f.environment, err) ||
	    !input_host(c, input, &f.host, err))
		return false;
	f.project_id = p->id;
	f.instance = 1;
	f.primary_only = true;
	f.order = BY_AGE;
	if (!entries_read(c->registry, &f, &c->arena, &main, err))
		return false;
	for (unsigned i = 0; i < main.count && list->count < ARRAY_LEN(list->items); i++) {
		const struct entry *e = &main.items[i];
		struct wanted *w = &list->items[list->count++];

		*w = (struct wanted){ .source = "the main checkout",
				      .protocol = e->protocol,
				      .type = e->type };
		snprintf(w->service, sizeof(w->service), "%s", e->service);
	}
	return true;
}

/* What is named by hand has what is declared of it. */
static void find_declared(const struct declaration *d, struct wanted_list *list)
{
	for (unsigned i = 0; i < list->count; i++) {
		struct wanted *w = &list->items[i];

		w->declared = declaration_service(d, w->service);
		if (w->declared && !declared_on(w->declared, PROTO_TCP))
			w->protocol = PROTO_UDP;
	}
}

static bool want_named(const json_t *names, struct wanted_list *list, struct err *err)
{
	size_t i;
	json_t *name;

	json_array_foreach(json_walked(names), i, name) {
		char folded[NAME_SIZE];

		if (!name_fold("service", json_string_value(name), folded, err))
			return false;
		want(list, folded, "named by hand", PROTO_TCP);
	}
	return true;
}

static bool is_only_default(const struct found_services *found)
{
	return found->count == 1 && !strcmp(found->items[0].source, "default");
}

/* What .ports.env has is the project's, even if no other file speaks of it. */
static void want_found(const struct found_services *found, struct wanted_list *list)
{
	if (!is_only_default(found) || !found->kept.count)
		for (unsigned i = 0; i < found->count; i++)
			want(list, found->items[i].name, found->items[i].source,
			     found->items[i].protocol);
	for (unsigned i = 0; i < found->kept.count; i++)
		if (found->kept.items[i].nth <= 1)
			want(list, found->kept.items[i].service, PORTS_ENV,
			     found->kept.items[i].protocol);
}

void wanted_keep_numbers(const struct found_services *found, struct wanted_list *list)
{
	for (unsigned i = 0; i < list->count; i++)
		for (unsigned k = 0; k < found->kept.count; k++)
			if (found->kept.items[k].nth <= 1 &&
			    !is_second_port(list, &list->items[i]) &&
			    !strcmp(found->kept.items[k].service, list->items[i].service))
				list->items[i].kept = found->kept.items[k].port;
}

bool wanted_services(struct call *c, const json_t *input, const struct place *p,
		     const struct declaration *d, const struct found_services *found,
		     struct wanted_list *list, struct err *err)
{
	const json_t *names = json_object_get(input, "services");
	bool by_hand = names && json_array_size(names) > 0;

	if (by_hand && !want_named(names, list, err))
		return false;
	if (!by_hand && d && d->n_services)
		return want_all_declared(c, input, d, p->instance, list, err);
	if (!by_hand && p->instance != 1 && !want_of_main(c, input, &p->project, list, err))
		return false;
	if (!list->count)
		want_found(found, list);
	if (d)
		find_declared(d, list);
	return true;
}
