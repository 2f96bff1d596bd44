/*
 * operations/holders.c - who has a port, closely enough to end them.
 *
 * Nobody is ended here: an operation's only effect is in the store, and whoever
 * may reach a book may not for that signal the processes beside it.
 */
#include <string.h>

#include "operations/input.h"
#include "operations/live.h"
#include "operations/operations.h"
#include "operations/schemas.h"
#include "project/start.h"
#include "registry/entry_json.h"

/* With the number of the port the look is short; a service's is in the book. */
static bool holders_look(struct call *c, const json_t *input, struct err *err)
{
	uint16_t port = (uint16_t)json_int_of(input, "port", 0);
	struct look what = LOOK_ALL;

	what.learn = LEARN_ALL;
	if (port)
		what.ports = (struct port_range){ port, port };
	return registry_look(c->registry, c->registry->host, &what, &c->arena, &c->seen, err);
}

/* One process, with what tells it from any other. */

static json_t *process_row(const struct process *p)
{
	json_t *o = json_object();

	if (o && process_json_into(o, p) && json_put_int(o, "parent", p->parent) &&
	    json_put_text(o, "parentProgram", p->n_ancestors ? p->ancestors[0].program : NULL) &&
	    json_put_int(o, "fd", p->fd) && json_put_int(o, "inode", (int64_t)p->socket) &&
	    json_put_int(o, "start", (int64_t)p->start) && json_put_bool(o, "isProxy", p->is_proxy))
		return o;
	json_decref(o);
	return NULL;
}

static bool put_processes(json_t *row, const struct listener *l)
{
	json_t *array = json_array();

	if (!json_put(row, "processes", array))
		return false;
	/* One that only its engine tells of cannot be ended. */
	for (unsigned i = 0; l && i < l->n_processes; i++)
		if (l->processes[i].pid && !json_append(array, process_row(&l->processes[i])))
			return false;
	return json_put_bool(row, "partlyKnown", l && l->partly_known) &&
	       json_put(row, "uid", l ? json_integer(l->uid) : json_null()) &&
	       json_put_text(row, "user", l ? l->user : NULL);
}

/* Whose it seems to be. */

static json_t *owner_row(struct scene *s, struct listener *l)
{
	struct owner o = l ? scene_owner(s, l) : (struct owner){ 0 };
	const struct claimant *c = o.claimant;
	const struct process *p = l ? owner_process(&s->claimants, &o, l) : NULL;
	json_t *row = p ? json_object() : json_null();

	if (!p ||
	    (row && json_put_text(row, "projectName", c->project) &&
	     json_put_int(row, "instance", c->instance ? c->instance : 1) &&
	     json_put_text(row, "serviceName", c->service) && json_put_text(row, "path", c->path) &&
	     json_put_text(row, "startCommand", c->path ? project_start_command(c->path) : NULL) &&
	     json_put_text(row, "reason", owner_text(s->arena, &o, p))))
		return row;
	json_decref(row);
	return NULL;
}

/* Whose the port is. */

/* The member of an entry's metadata that says how the service is started. */
#define COMMAND_KEY "command"

/* package.json says how the project's own server is started, which is called web. */
static bool put_start(struct scene *s, const struct entry *e, const char *folder, json_t *row)
{
	CLEANUP(json_cleanup) json_t *metadata = NULL;
	const char *command = NULL;

	if (e->metadata && json_parse(e->metadata, strlen(e->metadata), &metadata, NULL))
		command = json_text_of(metadata, COMMAND_KEY);
	if (!command && folder && *folder && !strcmp(e->service, "web"))
		command = project_start_command(folder);
	return json_put_text(row, "startCommand", command);
}

static bool put_no_entry(json_t *row)
{
	return json_put(row, "entry", json_null()) && json_put_text(row, "folder", NULL) &&
	       json_put_text(row, "startCommand", NULL) && json_put_text(row, "state", NULL) &&
	       json_put_text(row, "reason", NULL);
}

static bool put_entry(struct call *c, struct scene *s, const struct entry *e, json_t *row,
		      struct err *err)
{
	struct project p = { 0 };
	struct judgement j;
	const char *folder;

	if (!e)
		return put_no_entry(row) || fail_memory(err);
	if (!project_need(c->registry, e->project, s->arena, &p, err))
		return false;
	j = scene_judge(s, e);
	folder = e->worktree && *e->worktree ? e->worktree : p.path;
	return (json_put(row, "entry", entry_json(e)) && json_put_text(row, "folder", folder) &&
		put_start(s, e, folder, row) &&
		json_put_text(row, "state", entry_state_name(j.state)) &&
		json_put_text(row, "reason", judgement_text(s->arena, &j))) ||
	       fail_memory(err);
}

static bool put_port(struct call *c, struct scene *s, enum protocol protocol, uint16_t port,
		     json_t *array, struct err *err)
{
	struct listener *l = scene_listener(s, protocol, port);
	json_t *row = json_object();

	if (!json_append(array, row) || !json_put_int(row, "port", port) ||
	    !json_put_text(row, "protocol", protocol_name(protocol)) ||
	    !json_put_bool(row, "listening", l != NULL) ||
	    !json_put(row, "owner", owner_row(s, l)) || !put_processes(row, l) ||
	    !json_put_text(row, "actual", l ? listener_text(s->arena, l) : "not running"))
		return fail_memory(err);
	return put_entry(c, s, scene_entry(s, protocol, port), row, err);
}

/* Which ports are meant. */

/* The first of the service's ports on another machine; false: none, or they cannot be read. */
static bool find_elsewhere(struct call *c, const struct entry_filter *here, struct entry *ret)
{
	struct entry_filter f = *here;
	struct entry_list list;

	f.host = NULL;
	if (!entries_read(c->registry, &f, &c->arena, &list, NULL) || !list.count)
		return false;
	*ret = list.items[0];
	return true;
}

static bool fail_nothing(struct call *c, const struct service_key *key,
			 const struct entry_filter *f, struct err *err)
{
	const char *name = service_subject(&c->arena, key->project->name, key->instance,
					   key->service);
	struct entry other;

	if (find_elsewhere(c, f, &other)) {
		fail(err, ERR_NOT_FOUND, "'%s' has its port on '%s' (%u), and none on '%s'",
		     name ? name : key->service, other.host, other.port, key->host);
		return fail_hint(err, "who has a port is seen, and ended, on the machine itself");
	}
	fail(err, ERR_NOT_FOUND, "'%s' has no port in %s", name ? name : key->service,
	     key->environment);
	return fail_hint(err, "see what is entered with: portbook list");
}

static bool put_service(struct call *c, const json_t *input, struct scene *s, json_t *array,
			struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct entry_list list;
	struct service_key key;
	struct place p;

	if (!place_find(c, input, false, &p, err) || !input_key(c, input, &p, &key, err))
		return false;
	f.project_id = p.project.id;
	f.instance = key.instance;
	f.service = key.service;
	f.environment = key.environment;
	f.host = key.host;
	f.protocol = json_text_of(input, "protocol") ? (int)key.protocol : -1;
	f.order = BY_AGE;
	if (!entries_read(c->registry, &f, s->arena, &list, err))
		return false;
	for (unsigned i = 0; i < list.count; i++)
		if (!put_port(c, s, list.items[i].protocol, list.items[i].port, array, err))
			return false;
	if (list.count)
		return true;
	return fail_nothing(c, &key, &f, err);
}

static bool holders_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	uint16_t port = (uint16_t)json_int_of(input, "port", 0);
	bool service = json_text_of(input, "serviceName") != NULL;
	json_t *array = json_array();
	struct scene scene;
	const char *host;

	if (!json_put(answer, "ports", array))
		return fail_memory(err);
	if (service == (port != 0))
		return fail(err, ERR_INVALID, "name a service or a port, and not both");
	if (!input_host(c, input, &host, err) || !live_scene(c, host, &scene, err))
		return false;
	if (!scene.can_see) {
		fail(err, ERR_INVALID,
		     "'%s' is another machine: who has its ports cannot be seen from here", host);
		return fail_hint(err, "ask it there; this machine is '%s' in the book",
				 c->registry->host);
	}
	if (service)
		return put_service(c, input, &scene, array, err);
	return put_port(c, &scene, input_protocol(input), port, array, err);
}

const struct operation op_holders = {
	.schema = &schema_holders,
	.access = ACCESS_READ,
	.before = holders_look,
	.run = holders_run,
};
