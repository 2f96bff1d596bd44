/*
 * operations/where.c - where one is: what the bare `portbook` shows.
 */
#include <stdio.h>
#include <string.h>

#include "operations/declared.h"
#include "operations/enter.h"
#include "operations/operations.h"
#include "operations/schemas.h"
#include "registry/instances.h"

static bool put_directory(const struct directory *d, json_t *answer, struct err *err)
{
	json_t *o = json_object();

	if (json_put(answer, "directory", o) && json_put_text(o, "path", d->path) &&
	    json_put_text(o, "root", d->root) && json_put(o, "name", json_string(d->name)) &&
	    json_put_bool(o, "isGit", d->is_git) &&
	    json_put_bool(o, "isWorktree", d->is_worktree) && json_put_text(o, "branch", d->branch))
		return true;
	return fail_memory(err);
}

static bool put_place(struct call *c, const struct place *p, const char *host, json_t *answer,
		      unsigned *ret_ports, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct instance_list instances;
	struct entry_list list;
	struct instance i = { .number = p->instance, .slice = -1 };
	json_t *project, *instance;

	f.project_id = p->project.id;
	f.instance = p->instance;
	f.host = host;
	if (!answer_project(c, &p->project, host, &project, err))
		return false;
	if (!json_put(answer, "project", project))
		return fail_memory(err);
	if (!instances_read(c->registry, p->project.id, &c->arena, &instances, err) ||
	    !entries_read(c->registry, &f, &c->arena, &list, err))
		return false;
	for (unsigned n = 0; n < instances.count; n++)
		if (instances.items[n].number == p->instance)
			i = instances.items[n];
	if (!answer_instance(c, &p->project, &i, host, &instance, err))
		return false;
	*ret_ports = list.count;
	return (json_put(answer, "instance", instance) &&
		json_put(answer, "ports", answer_entries(&list))) ||
	       fail_memory(err);
}

/* `project`: that of a worktree which has no instance yet; NULL: none. */
static bool put_nothing(struct call *c, const struct project *project, const char *host,
			json_t *answer, struct err *err)
{
	json_t *o = NULL;

	if (project && !answer_project(c, project, host, &o, err))
		return false;
	return (json_put(answer, "project", o ? o : json_null()) &&
		json_put(answer, "instance", json_null()) &&
		json_put(answer, "ports", json_array())) ||
	       fail_memory(err);
}

/* A file that is wrong is a notice, as one only looks. */
static const struct declaration *look_for_declaration(struct call *c, const char *folder)
{
	const struct declaration *said = NULL;
	struct err why = { 0 };

	if (!declaration_read(folder, &c->arena, &said, &why))
		registry_note(c->registry, "%s", why.text);
	return said;
}

/* What is not entered in the default environment; `p` NULL: nothing is. */
static bool read_missing(struct call *c, const struct declaration *d, const struct place *p,
			 const char *host, struct declared_list *ret, struct err *err)
{
	struct service_key key = { .host = host };

	if (!registry_environment(c->registry, NULL, &c->arena, &key.environment, err))
		return false;
	if (!p) {
		declared_list(d, key.environment, 1, ret);
		return true;
	}
	key.project = &p->project;
	key.instance = p->instance;
	return declared_missing(c, d, &key, ret, err);
}

static bool has_service(const struct declared_list *list, const struct declared_service *s)
{
	for (unsigned i = 0; i < list->count; i++)
		if (list->items[i].service == s)
			return true;
	return false;
}

/* `folder` NULL: it is no project's. */
static bool put_declared(struct call *c, const char *folder, const struct place *p,
			 const char *host, json_t *answer, unsigned *ret_count, struct err *err)
{
	const struct declaration *d = folder ? look_for_declaration(c, folder) : NULL;
	struct declared_list list = { .count = 0 };
	json_t *array = json_array();

	if (!json_put(answer, "declared", array))
		return fail_memory(err);
	if (d && !read_missing(c, d, p, host, &list, err))
		return false;
	for (unsigned i = 0; d && i < d->n_services; i++) /* in the file's order */
		if (has_service(&list, &d->services[i]) &&
		    !json_append(array, json_string(d->services[i].name)))
			return fail_memory(err);
	*ret_count = list.count;
	return true;
}

static const char *const next_declared[] = {
	"portbook init",
	"portbook env",
	"portbook status",
	NULL,
};
static const char *const next_unknown[] = {
	"portbook init",
	"portbook get web",
	"portbook status",
	NULL,
};
static const char *const next_empty[] = {
	"portbook get web",
	"portbook init",
	"portbook status",
	NULL,
};
static const char *const next_known[] = {
	"PORT=$(portbook get web)",
	"portbook env --write",
	"portbook show",
	NULL,
};

static bool put_next(const char *const *lines, json_t *answer, struct err *err)
{
	json_t *array = json_array();

	if (!json_put(answer, "next", array))
		return fail_memory(err);
	for (; *lines; lines++)
		if (!json_append(array, json_string(*lines)))
			return fail_memory(err);
	return true;
}

/* The shared project is the book's own: it counts only when it has something, as in `status`. */
static bool count_project(const struct project *p, void *arg)
{
	unsigned *count = arg;

	*count += strcmp(p->name, SHARED_PROJECT) != 0;
	return true;
}

static bool count_shared(struct call *c, const char *host, unsigned *ret, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct store *s = c->registry->store;
	struct project shared;
	unsigned held;
	bool found;

	if (!s->ops->project_find(s, PROJECT_BY_NAME(SHARED_PROJECT), &c->arena, &shared, &found,
				  err))
		return false;
	if (!found)
		return true;
	f.project_id = shared.id;
	f.host = host;
	if (!s->ops->entry_count(s, &f, &held, err))
		return false;
	*ret += held > 0;
	return true;
}

static bool put_book(struct call *c, const char *host, json_t *answer, struct err *err)
{
	struct store *s = c->registry->store;
	const struct policy *policy;
	unsigned services, projects = 0;

	if (!registry_policy(c->registry, &policy, err) ||
	    !services_count(c->registry, host, NULL, &services, err) ||
	    !s->ops->project_each(s, count_project, &projects, err) ||
	    !count_shared(c, host, &projects, err))
		return false;
	return (json_put_text(answer, "book", c->book) &&
		json_put_text(answer, "policy", policy->name) &&
		json_put(answer, "summary",
			 json_pack("{s:i, s:i}", "services", (int)services, "projects",
				   (int)projects))) ||
	       fail_memory(err);
}

static const char *const *choose_next(bool is_known, unsigned ports, unsigned declared)
{
	if (declared)
		return next_declared;
	if (!is_known)
		return next_unknown;
	return ports ? next_known : next_empty;
}

static bool where_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	const char *host, *folder, *path = json_text_of(input, "path");
	struct directory d;
	struct place p;
	bool found, main_known = false;
	unsigned ports = 0, declared = 0;

	if (!input_host(c, input, &host, err) || !directory_read(path ? path : ".", &d, err) ||
	    !put_directory(&d, answer, err) || !place_of_directory(c, &d, &p, &found, err))
		return false;
	if (!found && !place_main(c, &d, &p, &main_known, err))
		return false;
	if (found ? !put_place(c, &p, host, answer, &ports, err)
		  : !put_nothing(c, main_known ? &p.project : NULL, host, answer, err))
		return false;
	folder = found ? p.folder : enter_is_possible(&d) ? d.root : NULL;
	if (!put_declared(c, folder, found ? &p : NULL, host, answer, &declared, err))
		return false;
	return put_book(c, host, answer, err) &&
	       put_next(choose_next(found || main_known, ports, declared), answer, err);
}

const struct operation op_where = {
	.schema = &schema_where,
	.access = ACCESS_READ,
	.of_folder = true,
	.run = where_run,
};
