/*
 * operations/names.c - what a half-typed word may become.
 *
 * It is asked at every press of a key, so it reads as little as it can: rows
 * and never counts, and no policy where none is needed.
 */
#include <stdio.h>
#include <string.h>

#include "base/cursor.h"
#include "base/utf8.h"
#include "operations/input.h"
#include "operations/operations.h"
#include "operations/schemas.h"
#include "project/declaration.h"
#include "registry/projects.h"

/* Rationale: more are not read by anybody, and a book of blocks has at most 650 projects. */
#define NAMES_MAX 2000

/* Rationale: one line of a list under the cursor. */
#define ABOUT_SIZE 80

struct one_name {
	char name[NAME_SIZE];
	char about[ABOUT_SIZE];
};

struct names {
	struct call *call;
	const json_t *input;
	const char *prefix, *host, *environment;
	bool has_project;
	struct project project; /* whose they are */
	const char *root;	/* top of the directory's checkout; NULL: a project was named */
	struct one_name *items; /* in the call's arena */
	unsigned count, room;
	bool is_full, out_of_memory;
};

static struct one_name *find_name(struct names *n, const char *name)
{
	for (unsigned i = 0; i < n->count; i++)
		if (!strcmp(n->items[i].name, name))
			return &n->items[i];
	return NULL;
}

/* A name that comes once. False: no more of them are wanted. */
static bool add_unique(struct names *n, const char *name, const char *about)
{
	struct one_name *items;

	if (strncmp(name, n->prefix, strlen(n->prefix)) != 0)
		return true;
	n->is_full = n->count == NAMES_MAX;
	if (n->is_full)
		return false;
	items = arena_grow(&n->call->arena, n->items, n->count, &n->room, sizeof(*items));
	n->out_of_memory = !items;
	if (!items)
		return false;
	n->items = items;
	snprintf(items[n->count].name, NAME_SIZE, "%s", name);
	snprintf(items[n->count++].about, ABOUT_SIZE, "%s", about ? about : "");
	return true;
}

static bool add_name(struct names *n, const char *name, const char *about)
{
	return find_name(n, name) || add_unique(n, name, about);
}

/* --- projects and hosts */

static bool add_project(const struct project *p, void *arg)
{
	const char *status = p->status == PROJECT_ACTIVE ? NULL : project_status_name(p->status);

	return add_unique(arg, p->name,
			  status	   ? status
			  : p->description ? p->description
					   : p->path);
}

static bool read_projects(struct names *n, struct err *err)
{
	struct store *s = n->call->registry->store;

	return s->ops->project_each(s, add_project, n, err);
}

static bool add_block_host(const struct block *b, void *arg)
{
	return add_name(arg, b->host, NULL);
}

static bool add_instance_host(const struct instance *i, void *arg)
{
	return i->released_at_ms || add_name(arg, i->host, NULL);
}

/* A policy without blocks has instances all the same. */
static bool read_hosts(struct names *n, struct err *err)
{
	struct store *s = n->call->registry->store;

	add_name(n, n->call->registry->host, "this machine");
	return s->ops->block_each(s, NULL, NULL, add_block_host, n, err) &&
	       s->ops->instance_each(s, NULL, add_instance_host, n, err);
}

/* --- of one project */

static bool find_project(struct names *n, const char *name, struct err *err)
{
	struct store *s = n->call->registry->store;
	char folded[NAME_SIZE];

	return name_fold("project", name, folded, err) &&
	       s->ops->project_find(s, PROJECT_BY_NAME(folded), &n->call->arena, &n->project,
				    &n->has_project, err);
}

/* A worktree that has no ports yet will have services like its main checkout's. */
static bool find_project_here(struct names *n, const char *path, struct err *err)
{
	struct directory d;
	struct place p;

	if (!path || !directory_read(path, &d, NULL))
		return true;
	n->root = arena_copy(&n->call->arena, d.root);
	if (!place_of_directory(n->call, &d, &p, &n->has_project, err) ||
	    (!n->has_project && !place_main(n->call, &d, &p, &n->has_project, err)))
		return false;
	if (n->has_project)
		n->project = p.project;
	return true;
}

/* "3100, 3101 in test, 3190 of @2": one entry more of a service. */
static void add_entry_about(struct names *n, char about[static ABOUT_SIZE], const struct entry *e)
{
	size_t len = strlen(about);

	len += (size_t)snprintf(about + len, ABOUT_SIZE - len, "%s%u%s", len ? ", " : "", e->port,
				e->protocol == PROTO_UDP ? "/udp" : "");
	if (len < ABOUT_SIZE && strcmp(e->environment, n->environment) != 0)
		len += (size_t)snprintf(about + len, ABOUT_SIZE - len, " in %.20s", e->environment);
	if (len < ABOUT_SIZE && e->instance != 1)
		snprintf(about + len, ABOUT_SIZE - len, " of @%u", e->instance);
}

static bool add_service(const struct entry *e, void *arg)
{
	struct names *n = arg;
	struct one_name *known;

	if (!add_name(n, e->service, NULL))
		return false;
	known = find_name(n, e->service);
	if (known)
		add_entry_about(n, known->about, e);
	return true;
}

static bool each_entry(struct names *n, struct entry_filter *f, entry_fn *fn, struct err *err)
{
	struct store *s = n->call->registry->store;

	f->project_id = n->project.id;
	f->host = n->host;
	return s->ops->entry_each(s, f, fn, n, err);
}

/* A file that is wrong is told by the command itself. */
static void add_declared(struct names *n)
{
	const struct declaration *d = NULL;

	if (!n->root || !declaration_read(n->root, &n->call->arena, &d, NULL))
		return;
	for (unsigned i = 0; d && i < d->n_services; i++)
		add_name(n, d->services[i].name, "declared in " DECLARATION_FILE);
}

static bool read_entered(struct names *n, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;

	f.instance = (unsigned)json_int_of(n->input, "instance", 0);
	if (!each_entry(n, &f, add_service, err))
		return false;
	if (n->count || !f.instance)
		return true;
	f.instance = 0;
	return each_entry(n, &f, add_service, err);
}

static bool read_services(struct names *n, struct err *err)
{
	if (n->has_project && !read_entered(n, err))
		return false;
	add_declared(n);
	return true;
}

static bool add_instance(const struct instance *i, void *arg)
{
	struct names *n = arg;
	char number[16], about[ABOUT_SIZE];
	const char *said[] = { i->purpose, i->branch, i->worktree };
	size_t len = 0;

	if (i->released_at_ms || strcmp(i->host, n->host) != 0)
		return true;
	about[0] = '\0';
	for (size_t k = 0; k < ARRAY_LEN(said); k++)
		if (said[k] && len < sizeof(about))
			len += (size_t)snprintf(about + len, sizeof(about) - len, "%s%s",
						len ? ", " : "", said[k]);
	snprintf(number, sizeof(number), "%u", i->number);
	return add_unique(n, number, about);
}

static bool read_instances(struct names *n, struct err *err)
{
	struct store *s = n->call->registry->store;

	return !n->has_project || s->ops->instance_each(s, n->project.id, add_instance, n, err);
}

/* --- ports */

static bool add_port(const struct entry *e, void *arg)
{
	char port[16], about[ABOUT_SIZE];

	snprintf(port, sizeof(port), "%u", e->port);
	snprintf(about, sizeof(about), "%s/%s", e->project, e->service);
	return add_unique(arg, port, about);
}

/* The numbers that begin with these digits: 31, 310-319, 3100-3199 ...; every project's. */
static bool read_ports_like(struct names *n, struct entry_filter *f, uint32_t digits,
			    struct err *err)
{
	struct store *s = n->call->registry->store;

	for (uint32_t first = digits, size = 1; first && first <= UINT16_MAX;
	     first *= 10, size *= 10) {
		uint32_t last = first + size - 1;

		f->ports = (struct port_range){
			(uint16_t)first,
			(uint16_t)(last < UINT16_MAX ? last : UINT16_MAX),
		};
		if (!s->ops->entry_each(s, f, add_port, n, err))
			return false;
	}
	return true;
}

static bool read_ports(struct names *n, struct err *err)
{
	const char *prefix = n->prefix, *service = json_text_of(n->input, "serviceName");
	struct entry_filter f = ENTRY_FILTER_ALL;
	uint64_t digits = 0;

	f.protocol = (int)input_protocol(n->input);
	f.host = n->host;
	f.limit = NAMES_MAX + 1;
	f.service = service;
	if (*prefix && !service)
		return !eat_number(&prefix, UINT16_MAX, &digits) || !eat_end(&prefix) ||
		       read_ports_like(n, &f, (uint32_t)digits, err);
	return !n->has_project || each_entry(n, &f, add_port, err);
}

/* --- words of the policy */

static bool add_environment(const struct entry *e, void *arg)
{
	return add_name(arg, e->environment, NULL);
}

static bool read_environments(struct names *n, struct err *err)
{
	static const char *const usual[] = { "dev", "test", "production" };
	struct entry_filter f = ENTRY_FILTER_ALL;
	const struct policy *p;

	if (!registry_policy(n->call->registry, &p, err))
		return false;
	add_name(n, p->environment, "the policy's default");
	for (unsigned i = 0; i < p->n_ranges; i++)
		for (unsigned k = 0; k < p->ranges[i].n_environments; k++)
			add_name(n, p->ranges[i].environments[k], p->ranges[i].description);
	for (size_t i = 0; i < ARRAY_LEN(usual); i++)
		add_name(n, usual[i], NULL);
	return !n->has_project || each_entry(n, &f, add_environment, err);
}

static bool read_types(struct names *n, struct err *err)
{
	static const char *const usual[] = { "web",   "api",	    "db",	"cache",
					     "queue", "monitoring", "temporal", "misc" };
	const struct policy *p;

	if (!registry_policy(n->call->registry, &p, err))
		return false;
	for (unsigned i = 0; i < p->n_ranges; i++)
		for (unsigned k = 0; k < p->ranges[i].n_types; k++)
			add_name(n, p->ranges[i].types[k], p->ranges[i].description);
	for (size_t i = 0; i < ARRAY_LEN(usual); i++)
		add_name(n, usual[i], NULL);
	return true;
}

static bool read_roles(struct names *n, struct err *err)
{
	const struct policy *p;
	char about[ABOUT_SIZE];

	if (!registry_policy(n->call->registry, &p, err))
		return false;
	for (unsigned i = 0; i < p->n_ranges; i++)
		for (unsigned k = 0; k < p->ranges[i].n_roles; k++) {
			snprintf(about, sizeof(about), "+%u in the slice",
				 p->ranges[i].roles[k].offset);
			add_name(n, p->ranges[i].roles[k].name, about);
		}
	return true;
}

/* --- the operation */

static const struct reader {
	const char *what;
	bool of_project;
	bool (*read)(struct names *n, struct err *err);
} readers[] = {
	{ "projects", false, read_projects },
	{ "services", true, read_services },
	{ "instances", true, read_instances },
	{ "ports", true, read_ports },
	{ "environments", true, read_environments },
	{ "types", false, read_types },
	{ "roles", false, read_roles },
	{ "hosts", false, read_hosts },
};

static const struct reader *reader_named(const char *what)
{
	for (size_t i = 0; i < ARRAY_LEN(readers); i++)
		if (!strcmp(readers[i].what, what))
			return &readers[i];
	return NULL;
}

static bool put_names(const struct names *n, json_t *answer, struct err *err)
{
	json_t *array = json_array();

	if (n->out_of_memory || !json_put(answer, "names", array) ||
	    !json_put_bool(answer, "complete", !n->is_full))
		return fail_memory(err);
	for (unsigned i = 0; i < n->count; i++) {
		json_t *o = json_object();

		/* What was cut may have been cut inside of a letter. */
		utf8_repair(n->items[i].about);
		if (!json_append(array, o) || !json_put_text(o, "name", n->items[i].name) ||
		    !json_put_text(o, "about", n->items[i].about))
			return fail_memory(err);
	}
	return true;
}

static bool names_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	const struct reader *reader = reader_named(json_text_of(input, "what"));
	const char *prefix = json_text_of(input, "prefix");
	const char *project = json_text_of(input, "projectName");
	struct names n = { .call = c, .input = input, .prefix = prefix ? prefix : "" };

	if (!reader)
		return fail(err, ERR_INVALID, "'what' names no kind of names");
	if (!input_host(c, input, &n.host, err))
		return false;
	if (reader->of_project &&
	    (!registry_environment(c->registry, NULL, &c->arena, &n.environment, err) ||
	     !(project ? find_project(&n, project, err)
		       : find_project_here(&n, json_text_of(input, "path"), err))))
		return false;
	return reader->read(&n, err) && put_names(&n, answer, err);
}

const struct operation op_names = {
	.schema = &schema_names,
	.access = ACCESS_READ,
	.run = names_run,
};
