/*
 * operations/release.c - giving ports back: a service, a port, a whole instance or project.
 */
#include "registry/release.h"

#include <stdio.h>
#include <string.h>

#include "operations/input.h"
#include "operations/operations.h"
#include "operations/schemas.h"
#include "registry/entry_json.h"
#include "registry/projects.h"

static bool put_released(json_t *answer, const struct entry_list *list, struct err *err)
{
	if (json_put(answer, "released", answer_entries(list)) &&
	    json_put_int(answer, "count", list->count))
		return true;
	return fail_memory(err);
}

static bool fail_nothing(struct err *err, const json_t *others, const char *what)
{
	CLEANUP(text_release) struct text all = { 0 };
	const json_t *other;
	size_t i;

	json_array_foreach(others, i, other)
		text_addf(&all, "%s%s", i ? "; " : "", json_string_value(other));
	fail(err, ERR_NOTHING, "%s: nothing to release", what);
	return all.len ? fail_hint(err, "%s", text_str(&all))
		       : fail_hint(err, "see what is entered with: portbook list");
}

/* "'shop@2'": an instance that is named is said, also the first. */
static const char *name_all(struct call *c, const struct project *p, unsigned instance)
{
	const char *name = instance ? arena_printf(&c->arena, "'%s@%u'", p->name, instance)
				    : arena_printf(&c->arena, "'%s'", p->name);

	return name ? name : p->name;
}

/* A worktree that is new holds nothing: what the project has that it is of is not meant. */
static bool find_project(struct call *c, const json_t *input, struct project *ret, struct err *err)
{
	struct place here;

	if (json_text_of(input, "projectName"))
		return place_project(c, input, ret, err);
	if (!place_find(c, input, false, &here, err))
		return false;
	*ret = here.project;
	return true;
}

static bool release_all(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct entry_list list;
	struct project p;

	if (!store_need_alone(c->registry->store, err) || !find_project(c, input, &p, err))
		return false;
	f.project_id = p.id;
	f.instance = (unsigned)json_int_of(input, "instance", 0);
	/* An environment or a host that is named narrows it; none means all of them. */
	if (json_text_of(input, "environment") &&
	    !registry_environment(c->registry, json_text_of(input, "environment"), &c->arena,
				  &f.environment, err))
		return false;
	if (json_text_of(input, "host") && !input_host(c, input, &f.host, err))
		return false;
	if (!registry_release_all(c->registry, &f, &c->arena, &list, err) ||
	    !answer_others(c, NULL, answer, err))
		return false;
	if (!list.count)
		return fail_nothing(err, NULL, name_all(c, &p, f.instance));
	return put_released(answer, &list, err);
}

/*
 * Whose port it is, is known only when it is read: what that service has of the port is
 * released.  Has it another by then, or have several it, all is done in the book alone.
 */
static bool hold_holder(struct call *c, struct entry_filter *f, struct err *err)
{
	struct store *store = c->registry->store;
	struct entry_list list;

	if (!store->is_shared)
		return true;
	if (!entries_read(c->registry, f, &c->arena, &list, err))
		return false;
	if (list.count != 1)
		return store_need_alone(store, err);
	f->id = list.items[0].id;
	return store_hold(store, list.items[0].project_id, list.items[0].service, err);
}

static bool release_port(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct entry_list list;
	uint16_t port = (uint16_t)json_int_of(input, "port", 0);
	char what[32];

	f.ports = (struct port_range){ port, port };
	if (json_text_of(input, "protocol"))
		f.protocol = (int)input_protocol(input);
	if (!input_host(c, input, &f.host, err) || !hold_holder(c, &f, err) ||
	    !registry_release_all(c->registry, &f, &c->arena, &list, err) ||
	    (!list.count && !store_need_alone(c->registry->store, err)) ||
	    !answer_others(c, NULL, answer, err))
		return false;
	snprintf(what, sizeof(what), "port %u", port);
	return list.count ? put_released(answer, &list, err) : fail_nothing(err, NULL, what);
}

static bool release_service(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct entry_list list;
	struct service_key key;
	struct place p;
	uint16_t port = (uint16_t)json_int_of(input, "port", 0);

	if (!place_find(c, input, PLACE_ENTER_NOTHING, &p, err) ||
	    !input_key(c, input, &p, &key, err) ||
	    !store_hold(c->registry->store, p.project.id, key.service, err))
		return false;
	f.project_id = p.project.id;
	f.instance = key.instance;
	f.service = key.service;
	f.environment = key.environment;
	f.host = key.host;
	if (json_text_of(input, "protocol"))
		f.protocol = (int)key.protocol;
	if (port)
		f.ports = (struct port_range){ port, port };
	f.order = BY_AGE;
	if (!registry_release_all(c->registry, &f, &c->arena, &list, err) ||
	    !answer_others(c, &key, answer, err))
		return false;
	if (!list.count) {
		const char *name = service_subject(&c->arena, p.project.name, key.instance,
						   key.service);
		const char *what = arena_printf(&c->arena, "'%s' has no port in %s",
						name ? name : key.service, key.environment);

		return fail_nothing(err, json_object_get(answer, "others"), what ? what : "");
	}
	return put_released(answer, &list, err);
}

static bool release_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	bool all = json_bool_of(input, "all");
	bool service = json_text_of(input, "serviceName") != NULL;

	if (all && service)
		return fail(err, ERR_INVALID,
			    "a service releases all of its ports anyway: 'all' is for "
			    "an instance or a project");
	if (all)
		return release_all(c, input, answer, err);
	if (service)
		return release_service(c, input, answer, err);
	if (json_int_of(input, "port", 0))
		return release_port(c, input, answer, err);
	fail(err, ERR_INVALID, "it is not said what to release");
	return fail_hint(err, "name a service, a port, or a project with --all");
}

const struct operation op_release = {
	.schema = &schema_release,
	.access = ACCESS_WRITE,
	.of_project = true,
	.shares = true,
	.run = release_run,
};
