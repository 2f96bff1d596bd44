#include <string.h>

#include "operations/adopting.h"
#include "registry/blocks.h"
#include "registry/look.h"
#include "registry/projects.h"

static bool is_in_blocks(const struct block_list *blocks, uint16_t port)
{
	for (unsigned i = 0; i < blocks->count; i++)
		if (port_range_has(blocks->span[i], port))
			return true;
	return blocks->count == 0;
}

static bool is_named_by(const struct adoptee *one, const struct entry *e)
{
	return !one->listener && one->claim.ports.first == e->port &&
	       one->claim.protocol == e->protocol;
}

static bool is_of(const struct adopt_folder *f, const struct entry *e)
{
	return f && !strcmp(f->name, e->project);
}

/* What listens, and what a file of the project names though its service is down. */
static bool is_there(const struct adopting *a, const struct entry *e)
{
	for (unsigned i = 0; i < a->count; i++)
		if (is_named_by(&a->items[i], e) && is_of(a->items[i].folder, e))
			return true;
	return scene_listener(&a->scene, e->protocol, e->port) != NULL;
}

/* Files that name the old port: they are to be changed, too. */
static bool put_written(struct adopting *a, const struct entry *e, json_t *row)
{
	json_t *written = json_array();

	if (!json_put(row, "writtenIn", written))
		return false;
	for (unsigned i = 0; i < a->count; i++) {
		const struct adoptee *one = &a->items[i];

		if (is_named_by(one, e) && !json_append(written, json_string(one->source)))
			return false;
	}
	return true;
}

/* The service's first port is replaced; another one of it is given up for a new one. */
static const char *command_for(struct adopting *a, const struct entry *e)
{
	const char *of = entry_subject(a->arena, e);

	if (!of)
		return NULL;
	return e->primary ? arena_printf(a->arena, "portbook allocate %s --replace", of)
			  : arena_printf(a->arena,
					 "portbook release %s --port %u && portbook allocate %s",
					 of, e->port, of);
}

static bool put_row(struct adopting *a, const struct entry *e, uint16_t would_be, struct err *err)
{
	const char *command = command_for(a, e);
	char variable[VARIABLE_SIZE];
	const char *line;
	json_t *row = json_object();

	name_variable(e->service, 1, variable);
	line = arena_printf(a->arena, "%s=%u", variable, would_be);
	if (!command || !line || !json_append(a->outside, row))
		return fail_memory(err);
	return (json_put_int(row, "port", e->port) &&
		json_put_text(row, "protocol", protocol_name(e->protocol)) &&
		json_put_text(row, "projectName", e->project) &&
		json_put_int(row, "instance", e->instance) &&
		json_put_text(row, "serviceName", e->service) &&
		json_put_int(row, "wouldBe", would_be) && json_put_text(row, "command", command) &&
		json_put_text(row, "envLine", line) && put_written(a, e, row)) ||
	       fail_memory(err);
}

static bool list_one(struct adopting *a, const struct policy_range *range, const struct entry *e,
		     struct err *err)
{
	struct registry *r = a->call->registry;
	struct project project;
	struct service_key key = { .project = &project,
				   .instance = e->instance,
				   .service = e->service,
				   .environment = e->environment,
				   .host = e->host,
				   .protocol = e->protocol };
	struct block_list blocks;
	uint16_t would_be;
	bool found;

	if (!r->store->ops->project_find(r->store, PROJECT_BY_ID(e->project_id), a->arena, &project,
					 &found, err) ||
	    !blocks_read(r, e->project_id, range->name, e->host, &blocks, err))
		return false;
	if (is_in_blocks(&blocks, e->port) || !found)
		return true;
	if (!registry_suggest(r, &key, &a->suggested, a->arena, &would_be, err))
		return false;
	if (!would_be)
		return true;
	port_set_add(&a->suggested, would_be);
	return put_row(a, e, would_be, err);
}

bool adopt_list_outside(struct adopting *a, struct err *err)
{
	const struct policy *policy;
	const struct policy_range *range;
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct entry_list list;

	f.host = a->host;
	if (!registry_policy(a->call->registry, &policy, err) ||
	    !entries_read(a->call->registry, &f, a->arena, &list, err))
		return false;
	range = blocks_range(policy);
	for (unsigned i = 0; range && i < list.count; i++) {
		const struct entry *e = &list.items[i];

		if (!strcmp(e->project, SHARED_PROJECT) ||
		    (a->only && strcmp(e->project, a->only)) || !is_there(a, e))
			continue;
		if (!list_one(a, range, e, err))
			return false;
	}
	return true;
}
