#include <stdlib.h>
#include <string.h>

#include "operations/adopting.h"
#include "ports/known.h"
#include "registry/listening.h"

static bool add(struct adopting *a, const struct adoptee *one, struct err *err)
{
	a->items = arena_grow(a->arena, a->items, a->count, &a->room, sizeof(*a->items));
	if (!a->items)
		return fail_memory(err);
	a->items[a->count++] = *one;
	return true;
}

/* --- what listens */

static bool folder_of_listener(struct adopting *a, struct listener *l, struct adopt_folder **ret,
			       struct err *err)
{
	const struct owner o = scene_owner(&a->scene, l);
	const struct process *p = listener_leader(l);
	const char *path = p ? process_folder(p) : NULL;

	*ret = NULL;
	if (o.claimant)
		return adopt_folder_of(a, o.claimant->project_id, o.claimant->instance, ret, err);
	return !path || adopt_folder_at(a, path, ret, err);
}

/* Without a project: a daemon says that the port is its own, and what only passes on does not. */
static bool says_whose(const struct process *p, const struct adopt_folder *f)
{
	if (f)
		return true;
	return p && p->program && !p->is_proxy && !p->container &&
	       (adopt_unit(p) || !program_is_interpreter(p->program));
}

static bool add_listener(struct adopting *a, struct listener *l, struct err *err)
{
	struct adoptee one = { .listener = l };
	struct claim *c = &one.claim;
	const struct process *p;

	if (!folder_of_listener(a, l, &one.folder, err))
		return false;
	p = listener_leader(l);
	*c = claim_of(CLAIM_ENTRY, 0);
	c->protocol = l->protocol;
	c->ports = (struct port_range){ l->port, l->port };
	c->service = adopt_service(a->arena, l, p, one.folder, &one.is_named);
	c->unit = adopt_unit(p);
	one.says_whose = says_whose(p, one.folder);
	one.source = listener_text(a->arena, l);
	return (one.source || fail_memory(err)) && add(a, &one, err);
}

/* What is entered already is the audit's to judge. */
bool adopt_gather_listeners(struct adopting *a, struct err *err)
{
	for (unsigned i = 0; i < a->scene.listeners.count; i++) {
		struct listener *l = &a->scene.listeners.items[i];

		if (scene_entry(&a->scene, l->protocol, l->port))
			port_set_add(&a->unchanged[l->protocol], l->port);
		else if (!add_listener(a, l, err))
			return false;
	}
	return true;
}

/* --- what files name */

struct gathering {
	struct adopting *adopting;
	struct adopt_folder *folder; /* that is looked into; NULL: the machine's */
	struct err *err;
};

/* A unit is of the project whose folder it works in, wherever its file is. */
static bool folder_of_file(struct gathering *g, const struct named_port *p,
			   struct adopt_folder **ret)
{
	*ret = g->folder;
	return !p->claim.path || adopt_folder_at(g->adopting, p->claim.path, ret, g->err);
}

/* Rationale: below it are mail, web and name servers, which a program rarely is itself. */
#define FIRST_OWN_PORT 1024

/* DB_PORT=5432 says where the database is, and not that it is the project's own. */
static bool speaks_of_others(const struct named_port *p)
{
	uint16_t port = p->claim.ports.first;

	return p->by == NAMED_BY_ENV &&
	       (port < FIRST_OWN_PORT || known_service(p->claim.protocol, port, NULL));
}

static bool name_known(struct adopting *a, struct adoptee *one)
{
	const struct claim *c = &one->claim;
	const char *known = known_service(c->protocol, c->ports.first, NULL);

	one->folder = NULL;
	one->says_whose = false;
	one->is_named = known;
	one->claim.service = known ? known : c->service;
	return true;
}

static bool add_file(const struct named_port *p, void *arg)
{
	struct gathering *g = arg;
	struct adopting *a = g->adopting;
	struct adoptee one = { .claim = p->claim, .by = p->by };
	const char *by_unit = NULL;

	if (speaks_of_others(p) && p->claim.ports.first < FIRST_OWN_PORT)
		return true;
	one.source = arena_printf(a->arena, "%s:%u", p->file, p->claim.line);
	if (!one.source)
		return fail_memory(g->err);
	if (!folder_of_file(g, p, &one.folder))
		return false;
	one.says_whose = !named_by_proxy(p->by);
	if (p->claim.unit && one.folder)
		by_unit = adopt_unit_service(a->arena, p->claim.unit, one.folder->name);
	one.claim.service = by_unit ? by_unit : p->claim.service;
	one.is_named = strcmp(one.claim.service, CLAIM_SERVICE) != 0;
	return (!speaks_of_others(p) || name_known(a, &one)) && add(a, &one, g->err);
}

static void warn(const char *text, void *arg)
{
	const struct gathering *g = arg;

	registry_note(g->adopting->call->registry, "%s", text);
}

static bool search_folder(struct adopting *a, struct adopt_folder *f, struct err *err)
{
	struct gathering g = { a, f, err };
	const struct named_port_search s = { add_file, warn, &g, a->arena };

	if (f->is_searched || !f->path)
		return true;
	f->is_searched = true;
	return named_ports_of_folder(&s, f->path, err);
}

bool adopt_gather_files(struct adopting *a, const char *root, struct err *err)
{
	struct gathering g = { a, NULL, err };
	const struct named_port_search s = { add_file, warn, &g, a->arena };

	if (!adopt_folders_known(a, err) || !named_ports_of_machine(&s, root, getenv("HOME"), err))
		return false;
	/* A unit in one of them may lead to another. */
	for (unsigned i = 0; i < a->n_folders; i++)
		if (!search_folder(a, a->folders[i], err))
			return false;
	return true;
}

/* --- in order */

static int order(const struct adoptee *x, const struct adoptee *y)
{
	int order = (int)x->claim.ports.first - (int)y->claim.ports.first;

	order = order ? order : (int)x->claim.protocol - (int)y->claim.protocol;
	order = order ? order : (x->listener ? 0 : 1) - (y->listener ? 0 : 1);
	order = order ? order : (int)x->by - (int)y->by;
	return order ? order : strcmp(x->source, y->source);
}

static int compare(const void *x, const void *y)
{
	return order(x, y);
}

void adopt_sort(struct adopting *a)
{
	if (a->count)
		qsort(a->items, a->count, sizeof(*a->items), compare);
}
