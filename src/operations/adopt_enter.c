#include <string.h>

#include "operations/adopting.h"
#include "operations/import_report.h"
#include "ports/known.h"
#include "registry/edit.h"
#include "registry/entry_json.h"
#include "registry/instances.h"
#include "registry/projects.h"

/* --- rows */

static bool put_sources(const struct finding_of_port *f, json_t *row)
{
	json_t *sources = json_array();

	if (!json_put(row, "sources", sources))
		return false;
	for (unsigned i = 0; i < f->count; i++) {
		const struct adoptee *one = &f->items[i];
		json_t *o = json_object();

		if (!json_append(sources, o) || !json_put_text(o, "source", one->source) ||
		    !json_put_bool(o, "listens", one->listener != NULL) ||
		    !json_put_text(o, "projectName", one->folder ? one->folder->name : NULL) ||
		    !json_put_text(o, "serviceName", one->claim.service))
			return false;
	}
	return true;
}

bool adopt_row(struct adopting *a, const struct finding_of_port *f, const char *action,
	       const struct entry *e, const char *message, const char *hint, struct err *err)
{
	json_t *row = json_object();

	return (json_append(a->rows, row) && json_put_int(row, "port", f->port) &&
		json_put_text(row, "protocol", protocol_name(f->protocol)) &&
		json_put_text(row, "action", action) &&
		json_put_text(row, "projectName", e ? e->project : NULL) &&
		json_put(row, "instance", e ? json_integer(e->instance) : json_null()) &&
		json_put_text(row, "serviceName", e ? e->service : NULL) &&
		json_put_bool(row, "listens", f->items[0].listener != NULL) &&
		json_put_text(row, "message", message) && json_put_text(row, "hint", hint) &&
		put_sources(f, row)) ||
	       fail_memory(err);
}

static bool refuse(struct adopting *a, const struct finding_of_port *f, const struct err *why,
		   struct err *err)
{
	if (!is_about_the_row(why->code)) {
		*err = *why;
		return false;
	}
	a->n_refused++;
	return adopt_row(a, f, "refused", NULL, why->text, why->hint, err);
}

/* --- whose it is */

static struct adopt_folder *folder_of(const struct finding_of_port *f)
{
	if (f->owner)
		return f->owner->folder;
	/* Who only passes on is in the project's folder, if nobody knows better. */
	for (unsigned i = 0; i < f->count; i++)
		if (f->items[i].folder)
			return f->items[i].folder;
	return NULL;
}

static bool read_key(struct adopting *a, const struct finding_of_port *f, struct project *ret_of,
		     struct service_key *ret, struct err *err)
{
	struct adopt_folder *folder = folder_of(f);
	char name[NAME_SIZE];

	*ret = (struct service_key){ .project = ret_of,
				     .instance = 1,
				     .environment = a->environment,
				     .host = a->host,
				     .protocol = f->protocol };
	if (!name_from_words(f->service, name))
		memcpy(name, CLAIM_SERVICE, sizeof(CLAIM_SERVICE));
	ret->service = arena_copy(a->arena, name);
	if (!ret->service)
		return fail_memory(err);
	if (!folder)
		return project_need(a->call->registry, SHARED_PROJECT, a->arena, ret_of, err);
	if (!adopt_folder_enter(a, folder, err))
		return false;
	*ret_of = folder->project;
	ret->instance = folder->instance;
	return true;
}

/* A second program that tells nothing of its service is not the same one. */
static bool tell_apart(struct adopting *a, const struct finding_of_port *f, struct service_key *key,
		       struct err *err)
{
	const struct listener *l = f->items[0].listener;
	const struct process *p = l ? listener_leader(l) : NULL;
	struct entry primary;
	char name[NAME_SIZE];
	bool found;

	if (!p || !p->program || !program_is_interpreter(p->program) || strcmp(key->service, "web"))
		return true;
	if (!service_primary(a->call->registry, key, a->arena, &primary, &found, err))
		return false;
	if (!found)
		return true;
	program_service(p->program, f->port, name);
	key->service = arena_copy(a->arena, name);
	return key->service || fail_memory(err);
}

/* --- entering */

static struct details details_of(const struct finding_of_port *f)
{
	struct details d = { 0 };

	for (unsigned i = 0; i < f->count; i++) {
		const struct claim *c = &f->items[i].claim;

		d.unit = d.unit ? d.unit : c->unit;
		d.tunnel_hostname = d.tunnel_hostname ? d.tunnel_hostname : c->tunnel_hostname;
		d.description = d.description ? d.description : c->description;
	}
	return d;
}

static bool is_well_known(const struct finding_of_port *f)
{
	const struct listener *l = f->items[0].listener;
	const struct process *p = l ? listener_leader(l) : NULL;

	return known_service(f->protocol, f->port, p ? p->program : NULL);
}

/* In the project's range where that has it; what listens stands where it stands. */
static bool take_port(struct adopting *a, const struct finding_of_port *f,
		      const struct service_key *key, struct port_answer *ret, struct err *err)
{
	struct registry *r = a->call->registry;
	const bool is_known = !folder_of(f) && is_well_known(f);
	const struct port_request in_range = { .key = *key,
					       .preferred = f->port,
					       .only_preferred = true,
					       .force = true,
					       .details = details_of(f) };
	const struct register_request outside = { .key = *key,
						  .port = f->port,
						  .force = f->items[0].listener != NULL,
						  .details = details_of(f) };
	struct err why = { 0 };

	if (!is_known && registry_allocate(r, &in_range, a->arena, ret, &why))
		return true;
	if (!is_known && !is_about_the_row(why.code)) {
		*err = why;
		return false;
	}
	return registry_register(r, &outside, a->arena, ret, err);
}

/* Entered for another: a file says what the book does not. */
static bool meet_holder(struct adopting *a, const struct finding_of_port *f,
			const struct entry *holder, struct err *err)
{
	const struct adopt_folder *folder = f->owner ? f->owner->folder : NULL;
	const char *message;

	if (!folder || (!folder->where && !strcmp(folder->project.id, holder->project_id))) {
		port_set_add(&a->unchanged[f->protocol], f->port);
		return true;
	}
	message = arena_printf(a->arena, "the book has it for %s/%s", holder->project,
			       holder->service);
	a->n_conflicts++;
	return message ? adopt_row(a, f, "conflict", NULL, message,
				   "see who is right, and give the other one a port of its own: "
				   "portbook get PROJECT/SERVICE",
				   err)
		       : fail_memory(err);
}

/* A port that the project gave back is not its own again because a file still names it. */
static bool was_given_back(struct adopting *a, const struct finding_of_port *f, bool *ret,
			   struct err *err)
{
	const struct adopt_folder *folder = folder_of(f);
	struct entry_filter filter = ENTRY_FILTER_ALL;
	struct entry e;

	*ret = false;
	if (f->items[0].listener || !folder || folder->where)
		return true;
	filter.project_id = folder->project.id;
	filter.host = a->host;
	filter.protocol = (int)f->protocol;
	filter.ports = (struct port_range){ f->port, f->port };
	filter.life = RELEASED_ONLY;
	return store_entry_find(a->call->registry->store, &filter, a->arena, &e, ret, err);
}

static bool enter(struct adopting *a, const struct finding_of_port *f, struct err *err)
{
	struct registry *r = a->call->registry;
	struct port_answer answer;
	struct project project;
	struct service_key key;
	struct instance i;
	struct err why = { 0 };
	bool entered;

	if (!read_key(a, f, &project, &key, &why) || !tell_apart(a, f, &key, &why) ||
	    !instance_need(r, key.project, key.instance, key.host, a->arena, &i, &entered, &why) ||
	    !take_port(a, f, &key, &answer, &why))
		return refuse(a, f, &why, err);
	port_set_add(&a->entered[f->protocol == PROTO_UDP], f->port);
	a->n_entered++;
	return adopt_row(a, f, "entered", &answer.entry, NULL, NULL, err);
}

bool adopt_enter(struct adopting *a, const struct finding_of_port *f, struct err *err)
{
	struct entry holder;
	bool held, given_back;

	if (!port_holder(a->call->registry, a->host, f->protocol, f->port, a->arena, &holder, &held,
			 err))
		return false;
	if (held)
		return meet_holder(a, f, &holder, err);
	if (!was_given_back(a, f, &given_back, err))
		return false;
	if (!given_back)
		return enter(a, f, err);
	a->n_left++;
	return adopt_row(a, f, "left", NULL, "the project gave it back, and a file still names it",
			 "change the file; or take it again: portbook register PROJECT/SERVICE "
			 "PORT",
			 err);
}
