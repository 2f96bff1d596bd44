/*
 * operations/init.c - entering the project of a directory, with the services its files speak of.
 *
 * The files are only read: what is to be written is in the answer, and whoever
 * asked writes it.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "operations/enter.h"
#include "operations/operations.h"
#include "operations/schemas.h"
#include "operations/variables.h"
#include "operations/wanted.h"
#include "registry/edit.h"
#include "registry/entry_json.h"
#include "registry/instances.h"
#include "registry/projects.h"

#define EXAMPLE		    ".ports.env.example"
#define GITIGNORE_MAX_BYTES 1048576

/* The project. */

static bool fail_other_project(const struct project *known, const char *path, struct err *err)
{
	fail(err, ERR_TAKEN, "'%.200s' belongs to the project '%s'", path, known->name);
	return fail_hint(err, "to call it something else: portbook project rename %s NAME",
			 known->name);
}

/* A project named by hand, folded, becomes this folder's. */
static bool name_folder(struct call *c, const char *name, const struct directory *d,
			struct err *err)
{
	struct project_change change = PROJECT_CHANGE_NONE;
	struct store *s = c->registry->store;
	struct project p;
	bool found, elsewhere;

	if (!s->ops->project_find(s, PROJECT_BY_NAME(name), &c->arena, &p, &found, err))
		return false;
	if (!found)
		return enter_project_named(c, d, name, &p, err);
	if (p.path && strcmp(p.path, d->main_root) != 0) {
		if (!enter_is_elsewhere(c, &p, &elsewhere, err))
			return false;
		return elsewhere ? enter_checkout(c, d, &p, err)
				 : fail(err, ERR_TAKEN, "the project '%s' lives in '%.200s'",
					p.name, p.path);
	}
	change.path = d->main_root;
	change.op = "project-set";
	change.host = c->registry->host;
	return project_set(c->registry, &p, &change, &c->arena, &p, err);
}

static bool find_place(struct call *c, const json_t *input, struct place *ret, bool *ret_created,
		       struct err *err)
{
	const char *name = json_text_of(input, "projectName");
	CLEANUP(json_cleanup) json_t *here = json_deep_copy(input);
	char folded[NAME_SIZE];
	struct directory d;
	bool known;

	if (!here)
		return fail_memory(err);
	if (name && !name_fold("project", name, folded, err))
		return false;
	json_object_del(here, "projectName");
	if (!directory_read(json_text_of(input, "path"), &d, err) ||
	    !place_of_directory(c, &d, ret, &known, err))
		return false;
	*ret_created = !known;
	if (known && name && strcmp(folded, ret->project.name) != 0)
		return fail_other_project(&ret->project, d.path, err);
	if (!known && name && !name_folder(c, folded, &d, err))
		return false;
	return place_find(c, here, PLACE_ENTER, ret, err);
}

/* The services. */

static bool put_port(json_t *array, const struct port_answer *port, const char *source,
		     struct err *err)
{
	json_t *o = entry_json(&port->entry);

	return (json_append(array, o) && json_put_text(o, "source", source) &&
		json_put_bool(o, "created", port->created)) ||
	       fail_memory(err);
}

static void note_not_kept(struct call *c, const char *service, uint16_t kept,
			  const struct check_answer *a)
{
	bool entered = a->verdict == VERDICT_ENTERED || a->verdict == VERDICT_YOURS;
	const char *whose = entered			  ? entry_subject(&c->arena, &a->holder)
			    : a->verdict == VERDICT_BLOCK ? a->owner.name
							  : NULL;

	if (whose)
		registry_note(c->registry, "%u, which %s gives to '%s', belongs to '%s'", kept,
			      PORTS_ENV, service, whose);
	else
		registry_note(
			c->registry, "%u, which %s gives to '%s', is %s", kept, PORTS_ENV, service,
			a->verdict == VERDICT_RESERVED ? "reserved" : "listened on by a stranger");
}

/* A number that the checkout uses already is kept where it is free, in the block or not. */
static bool keep_number(struct call *c, const struct place *p, const struct port_request *asked,
			uint16_t kept, struct port_answer *ret, bool *ret_done, struct err *err)
{
	const struct service_key *key = &asked->key;
	const struct check_asker who = { &p->project, p->instance, key->host, key->protocol };
	struct port_request inside = *asked;
	struct register_request q = { .key = *key, .port = kept, .details = asked->details };

	struct err why = { 0 };
	struct check_answer a;
	struct entry e;
	bool has;

	*ret_done = false;
	if (!kept)
		return true;
	if (!service_primary(c->registry, key, &c->arena, &e, &has, err) ||
	    !registry_check(c->registry, &who, kept, NULL, &c->arena, &a, err))
		return false;
	if (has)
		return true;
	if (a.verdict != VERDICT_FREE) {
		note_not_kept(c, key->service, kept, &a);
		return true;
	}
	*ret_done = true;
	q.details.type = asked->type;
	inside.preferred = kept;
	inside.only_preferred = true;
	if (registry_allocate(c->registry, &inside, &c->arena, ret, &why))
		return true;
	if (why.code != ERR_INVALID) {
		*err = why;
		return false;
	}
	return registry_register(c->registry, &q, &c->arena, ret, err);
}

static void note_other_port(struct call *c, const struct port_request *q,
			    const struct port_answer *a)
{
	if (!a->created && q->preferred && q->preferred != a->entry.port)
		registry_note(c->registry,
			      "'%s/%s' keeps %u; " DECLARATION_FILE
			      " prefers %u, to move it there: "
			      "portbook allocate %s/%s --replace --port %u",
			      a->entry.project, a->entry.service, a->entry.port, q->preferred,
			      a->entry.project, a->entry.service, q->preferred);
}

/* By its number in .ports.env, else as it is declared. */
static bool enter_by(struct call *c, const struct place *p, const struct wanted *w,
		     struct port_request *q, struct port_answer *ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *facts = NULL;
	bool done;

	if (w->declared && !declared_fill(c, w->declared, q, &facts, err))
		return false;
	if (!keep_number(c, p, q, w->kept, ret, &done, err))
		return false;
	if (!done && !registry_get(c->registry, q, &c->arena, ret, err))
		return false;
	note_other_port(c, q, ret);
	return true;
}

static bool enter_service(struct call *c, const json_t *input, const struct place *p,
			  const struct wanted *w, json_t *array, struct err *err)
{
	struct port_request q = { .key = { .project = &p->project,
					   .instance = p->instance,
					   .service = w->service,
					   .protocol = w->protocol },
				  .type = w->type };
	struct port_answer port;

	if (!registry_environment(c->registry, json_text_of(input, "environment"), &c->arena,
				  &q.key.environment, err) ||
	    !input_host(c, input, &q.key.host, err))
		return false;
	if (!enter_by(c, p, w, &q, &port, err))
		return fail_while(err, "'%s' (%s)", w->service, w->source);
	return put_port(array, &port, w->source, err);
}

static bool enter_services(struct call *c, const json_t *input, const struct place *p,
			   const struct wanted_list *list, json_t *answer, struct err *err)
{
	json_t *ports = json_array();

	if (!json_put(answer, "ports", ports))
		return fail_memory(err);
	for (unsigned i = 0; i < list->count; i++)
		if (!enter_service(c, input, p, &list->items[i], ports, err))
			return false;
	return true;
}

/* What is to be written. */

static bool put_file(struct call *c, const json_t *input, const struct place *p, json_t *answer,
		     struct port_values *ret, struct err *err)
{
	const char *environment, *host;
	json_t *file;

	if (!registry_environment(c->registry, json_text_of(input, "environment"), &c->arena,
				  &environment, err) ||
	    !input_host(c, input, &host, err) ||
	    !variables_read(c, p, environment, host, ret, err) ||
	    !variables_file(c, ret, p->root, &file, err))
		return false;
	return json_put(answer, "file", file) || fail_memory(err);
}

static bool put_example(struct call *c, const struct port_values *v, const char *folder,
			json_t *answer, struct err *err)
{
	CLEANUP(text_release) struct text content = { 0 };
	const char *path = arena_printf(&c->arena, "%s/%s", folder, EXAMPLE);

	text_add(&content,
		 "# The variables that " PORTS_ENV " holds; portbook env --write makes it.\n");
	for (unsigned i = 0; i < v->count; i++)
		text_addf(&content, "%s=\n", v->items[i].variable);
	if (!path || !text_ok(&content))
		return fail_memory(err);
	return json_put(answer, "example",
			json_pack("{s:s, s:s, s:b}", "path", path, "content", text_str(&content),
				  "exists", (int)(access(path, F_OK) == 0))) ||
	       fail_memory(err);
}

static bool has_line(const char *text, const char *line)
{
	size_t len = strlen(line);

	for (const char *at = text; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (!strncmp(at, line, len) && (!at[len] || at[len] == '\n' || at[len] == '\r'))
			return true;
	}
	return false;
}

static bool is_ignored(const char *gitignore)
{
	static const char *const lines[] = { PORTS_ENV, ("/" PORTS_ENV), "*.env", ".*", ".*.env" };
	CLEANUP(text_release) struct text text = { 0 };

	if (!file_read(gitignore, GITIGNORE_MAX_BYTES, &text, NULL))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		if (has_line(text_str(&text), lines[i]))
			return true;
	return false;
}

static bool put_gitignore(struct call *c, const char *folder, json_t *answer, struct err *err)
{
	const char *path = arena_printf(&c->arena, "%s/.gitignore", folder);
	struct directory d;

	if (!path)
		return fail_memory(err);
	if (!directory_read(folder, &d, NULL) || !d.is_git)
		return json_put(answer, "gitignore", json_null()) || fail_memory(err);
	return json_put(answer, "gitignore",
			json_pack("{s:s, s:b, s:s}", "path", path, "missing",
				  (int)!is_ignored(path), "line", PORTS_ENV)) ||
	       fail_memory(err);
}

static bool put_warnings(const struct found_services *found, json_t *answer, struct err *err)
{
	json_t *array = json_array();

	if (!json_put(answer, "warnings", array))
		return fail_memory(err);
	for (unsigned i = 0; i < found->n_warnings; i++)
		if (!json_append(array, json_string(found->warnings[i].text)))
			return fail_memory(err);
	return true;
}

/* What the folder says: its declaration, NULL if there is none, and its other files. */
static bool read_files(struct call *c, const json_t *input, const struct place *p,
		       const struct declaration **ret_declared, struct found_services *ret_found,
		       struct err *err)
{
	if (!declared_read(c, input, p, ret_declared, err) ||
	    !services_scan(p->root, ret_found, err))
		return false;
	/* A name given by hand is the last word. */
	return !*ret_declared || json_text_of(input, "projectName") ||
	       declared_note_name(c, *ret_declared, &p->project, err);
}

static bool init_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	struct found_services *found = arena_alloc(&c->arena, sizeof(*found));
	struct wanted_list *list = arena_alloc(&c->arena, sizeof(*list));
	const struct declaration *declared;
	json_t *project;
	struct port_values v;
	struct instance i;
	struct place p;
	const char *host;
	bool created, entered;

	if (!found || !list)
		return fail_memory(err);
	if (!find_place(c, input, &p, &created, err) || !input_host(c, input, &host, err) ||
	    !instance_need(c->registry, &p.project, p.instance, host, &c->arena, &i, &entered,
			   err) ||
	    !read_files(c, input, &p, &declared, found, err) ||
	    !wanted_services(c, input, &p, declared, found, list, err))
		return false;
	wanted_keep_numbers(found, list);
	if (!enter_services(c, input, &p, list, answer, err) ||
	    !answer_project(c, &p.project, host, &project, err))
		return false;
	if (!json_put(answer, "project", project) || !json_put_bool(answer, "created", created))
		return fail_memory(err);
	return put_file(c, input, &p, answer, &v, err) && put_example(c, &v, p.root, answer, err) &&
	       put_gitignore(c, p.root, answer, err) && put_warnings(found, answer, err);
}

const struct operation op_init = {
	.schema = &schema_init,
	.access = ACCESS_WRITE,
	.run = init_run,
};
