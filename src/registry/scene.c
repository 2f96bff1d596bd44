#include "registry/scene.h"

#include <stdlib.h>
#include <string.h>

#include "registry/hosts.h"

/* The member of an entry's metadata that names its container. */
#define CONTAINER_KEY "container"

/* Who claims what. */

struct claiming {
	struct arena *arena;
	const char *host;
	struct claimant *items;
	unsigned count, room;
	bool out_of_memory;
};

static bool add_claimant(struct claiming *c, const struct claimant *claimant)
{
	struct claimant *grown = arena_grow(c->arena, c->items, c->count, &c->room,
					    sizeof(*c->items));

	c->out_of_memory = !grown;
	if (!grown)
		return false;
	c->items = grown;
	c->items[c->count++] = *claimant;
	return true;
}

static bool add_instance(const struct instance *i, void *arg)
{
	struct claiming *c = arg;
	struct instance copy;

	if (i->released_at_ms || !i->worktree || !*i->worktree || strcmp(i->host, c->host) != 0)
		return true;
	if (!instance_copy(c->arena, i, &copy)) {
		c->out_of_memory = true;
		return false;
	}
	return add_claimant(c, &(struct claimant){ .project_id = copy.project_id,
						   .project = copy.project,
						   .instance = copy.number,
						   .path = copy.worktree });
}

/* The container that the entry's metadata names; NULL: none, or no memory. */
static const char *container_of(struct arena *a, const struct entry *e)
{
	CLEANUP(json_cleanup) json_t *metadata = NULL;

	/* Rationale: most have none, and reading JSON a thousand times takes its time. */
	if (!e->metadata || !strstr(e->metadata, CONTAINER_KEY) ||
	    !json_parse(e->metadata, strlen(e->metadata), &metadata, NULL))
		return NULL;
	return arena_copy(a, json_text_of(metadata, CONTAINER_KEY));
}

static bool add_entry(struct claiming *c, const struct entry *e)
{
	const char *container = container_of(c->arena, e);
	bool has_unit = e->unit && *e->unit;

	return (!has_unit && !container) ||
	       add_claimant(c, &(struct claimant){ .project_id = e->project_id,
						   .project = e->project,
						   .instance = e->instance,
						   .service = e->service,
						   .unit = has_unit ? e->unit : NULL,
						   .container = container });
}

static bool read_claimants(struct scene *s, const char *host, struct err *err)
{
	struct claiming c = { .arena = s->arena, .host = host };
	struct store *store = s->registry->store;
	bool ok = true;

	for (unsigned i = 0; ok && i < s->projects.count; i++) {
		const struct project *p = &s->projects.items[i];

		ok = !p->path || !*p->path ||
		     add_claimant(&c, &(struct claimant){ .project_id = p->id,
							  .project = p->name,
							  .path = p->path });
	}
	if (ok && !store->ops->instance_each(store, NULL, add_instance, &c, err))
		return false;
	for (unsigned i = 0; !c.out_of_memory && i < s->entries.count; i++)
		ok = add_entry(&c, &s->entries.items[i]);
	if (!ok || c.out_of_memory)
		return fail_memory(err);
	s->claimants = claimants_order(c.items, c.count);
	return true;
}

/* The scene. */

static int by_id(const void *a, const void *b)
{
	const struct project *x = a, *y = b;

	return strcmp(x->id, y->id);
}

static int by_port(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return x->port != y->port ? x->port - y->port : (int)x->protocol - (int)y->protocol;
}

/* A store finds those of a host by an index, and would sort whole rows: they mostly are in order. */
static bool read_entries(struct registry *r, const char *host, struct arena *a,
			 struct entry_list *ret, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;

	f.host = host;
	f.order = AS_READ;
	if (!entries_read(r, &f, a, ret, err))
		return false;
	for (unsigned i = 1; i < ret->count; i++)
		if (by_port(&ret->items[i - 1], &ret->items[i]) > 0) {
			qsort(ret->items, ret->count, sizeof(*ret->items), by_port);
			break;
		}
	return true;
}

static bool read_scene(struct registry *r, const char *host, const struct listener_list *listeners,
		       const struct entry_list *only, struct arena *a, struct scene *ret,
		       struct err *err)
{
	struct scene s = { .registry = r, .arena = a, .host = host, .can_see = can_look(r, host) };

	if (s.can_see)
		s.listeners = *listeners;
	s.learned = arena_alloc(a, s.listeners.count + 1);
	for (s.n_slots = 64; s.n_slots < 4 * s.listeners.count;)
		s.n_slots *= 2;
	s.slots = arena_alloc(a, s.n_slots * sizeof(*s.slots));
	if (!s.learned || !s.slots)
		return fail_memory(err);
	if (only)
		s.entries = *only;
	else if (!read_entries(r, host, a, &s.entries, err))
		return false;
	if (!projects_read(r, a, &s.projects, err) || !read_claimants(&s, host, err))
		return false;
	if (s.projects.count)
		qsort(s.projects.items, s.projects.count, sizeof(*s.projects.items), by_id);
	*ret = s;
	return true;
}

bool scene_read(struct registry *r, const char *host, const struct listener_list *listeners,
		struct arena *a, struct scene *ret, struct err *err)
{
	return read_scene(r, host, listeners, NULL, a, ret, err);
}

bool scene_judge_one(struct registry *r, const struct entry *e,
		     const struct listener_list *listeners, struct arena *a, struct scene *ret,
		     struct judgement *ret_judgement, struct err *err)
{
	struct entry_list only = { .items = arena_alloc(a, sizeof(*only.items)), .count = 1 };

	if (!only.items)
		return fail_memory(err);
	only.items[0] = *e;
	if (!read_scene(r, e->host, listeners, &only, a, ret, err))
		return false;
	*ret_judgement = scene_judge(ret, e);
	if (ret_judgement->state == STATE_IN_USE && ret_judgement->owner.by == OWNER_FOLDER)
		return true;
	if (!scene_read(r, e->host, listeners, a, ret, err))
		return false;
	*ret_judgement = scene_judge(ret, e);
	return true;
}

const struct entry *scene_entry(const struct scene *s, enum protocol protocol, uint16_t port)
{
	unsigned low = 0, high = s->entries.count;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;

		if (s->entries.items[middle].port < port)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < s->entries.count && s->entries.items[low].port == port; low++)
		if (s->entries.items[low].protocol == protocol)
			return &s->entries.items[low];
	return NULL;
}

struct listener *scene_listener(const struct scene *s, enum protocol protocol, uint16_t port)
{
	return listener_in(&s->listeners, protocol, port);
}

/* Where a process is, or may be put, among those that were learned of; by pid. */
static const struct process **slot_of(const struct scene *s, pid_t pid)
{
	unsigned at = ((unsigned)pid * 2654435769U) & (s->n_slots - 1);

	while (s->slots[at] && s->slots[at]->pid != pid)
		at = (at + 1) & (s->n_slots - 1);
	return &s->slots[at];
}

/*
 * All that the look did not learn.  Who descends from whom says something only of
 * a process that does not say itself where it works (owner.c), and takes a look at each.
 */
static void learn_process(const struct scene *s, struct process *p)
{
	const struct listeners *machine = s->registry->listeners;
	const unsigned missing = LEARN_ALL & ~s->listeners.learned;
	const unsigned first = missing & ~(unsigned)LEARN_LINEAGE;

	/* One that has ended since is shown as it was seen. */
	if ((!first || machine->ops->learn(machine->ctx, first, s->arena, p)) &&
	    (missing & LEARN_LINEAGE) && (!p->cwd || !strcmp(p->cwd, "/")))
		(void)machine->ops->learn(machine->ctx, LEARN_LINEAGE, s->arena, p);
}

/* A process with many ports is looked at once. */
static void learn_once(struct scene *s, struct process *p)
{
	const struct process **slot = s->n_learned < s->n_slots / 2 ? slot_of(s, p->pid) : NULL;
	struct process known;

	if (!p->pid)
		return;
	if (!slot || !*slot) {
		learn_process(s, p);
		if (slot)
			*slot = p;
		s->n_learned += slot != NULL;
		return;
	}
	known = **slot;
	known.socket = p->socket;
	known.fd = p->fd;
	known.address = p->address;
	*p = known;
}

void scene_learn(struct scene *s, struct listener *l)
{
	size_t at = (size_t)(l - s->listeners.items);

	if (s->learned[at])
		return;
	s->learned[at] = true;
	for (unsigned i = 0; i < l->n_processes; i++)
		learn_once(s, &l->processes[i]);
	registry_name_containers(s->registry, s->arena, &s->listeners, l);
	if (l->n_processes && !l->user)
		l->user = l->processes[0].user;
}

static const char *path_of(const struct scene *s, const char *project_id)
{
	const struct project key = { .id = project_id };
	const struct project *found = s->projects.count
					      ? bsearch(&key, s->projects.items, s->projects.count,
							sizeof(*s->projects.items), by_id)
					      : NULL;

	return found ? found->path : NULL;
}

/* A path that may be another machine's shows who the owner is, and never who is not. */
static struct judgement spare(struct scene *s, const struct entry *e, const char *container,
			      const struct listener *l, struct judgement j)
{
	bool elsewhere = false;

	if (j.why != STRANGER_MATCHES_NONE || (e->worktree && *e->worktree) ||
	    entry_judge(&s->claimants, e, NULL, container, l).why == STRANGER_MATCHES_NONE)
		return j;
	if (!host_is_anybodys(s->registry) &&
	    project_is_elsewhere(s->registry, e->project_id, s->host, &elsewhere, NULL) &&
	    !elsewhere)
		return j;
	j.state = STATE_UNKNOWN;
	j.why = UNKNOWN_PATH;
	return j;
}

struct judgement scene_judge(struct scene *s, const struct entry *e)
{
	const char *path = path_of(s, e->project_id);
	const char *container = container_of(s->arena, e);
	struct listener *l;
	struct judgement j;

	if (!s->can_see || strcmp(e->host, s->host) != 0)
		return (struct judgement){ .state = STATE_UNKNOWN, .why = UNKNOWN_HOST };
	l = scene_listener(s, e->protocol, e->port);
	j = entry_judge(&s->claimants, e, path, container, l);
	if (!l || (j.state == STATE_IN_USE && j.owner.by == OWNER_FOLDER))
		return j;
	scene_learn(s, l);
	return spare(s, e, container, l, entry_judge(&s->claimants, e, path, container, l));
}

struct owner scene_owner(struct scene *s, struct listener *l)
{
	scene_learn(s, l);
	return owner_of_listener(&s->claimants, l);
}

/* Words. */

const char *claimant_text(struct arena *a, const struct claimant *c)
{
	const char *service = c->service ? c->service : "";

	if (c->instance <= 1)
		return arena_printf(a, "%s%s%s", c->project, *service ? "/" : "", service);
	return arena_printf(a, "%s@%u%s%s", c->project, c->instance, *service ? "/" : "", service);
}

const char *owner_text(struct arena *a, const struct owner *o, const struct process *p)
{
	switch (o->by) {
	case OWNER_UNKNOWN: return NULL;
	case OWNER_UNIT: return arena_printf(a, "runs in the unit %s", p->unit ? p->unit : "?");
	case OWNER_CONTAINER:
		return arena_printf(a, "%s the container %s", p->is_proxy ? "serves" : "runs in",
				    p->container ? p->container : "?");
	case OWNER_COMPOSE:
		return arena_printf(a, "its container was started by compose in %s",
				    o->claimant->path);
	case OWNER_FOLDER: return arena_printf(a, "works in %s", p->cwd ? p->cwd : "?");
	case OWNER_LINEAGE: return arena_printf(a, "was started from %s", o->claimant->path);
	}
	abort();
}

static const char *another_text(struct arena *a, const struct judgement *j)
{
	const char *whose = claimant_text(a, j->owner.claimant);
	const char *by = owner_text(a, &j->owner, j->process);

	return arena_printf(a, "belongs to %s: %s", whose ? whose : "another project",
			    by ? by : "?");
}

const char *judgement_text(struct arena *a, const struct judgement *j)
{
	switch (j->why) {
	case STRANGER_NONE: return j->process ? owner_text(a, &j->owner, j->process) : NULL;
	case STRANGER_OF_ANOTHER: return another_text(a, j);
	case STRANGER_MATCHES_NONE: return "fits neither path nor unit nor container of the owner";
	case UNKNOWN_UNREADABLE: return "the process belongs to another user and cannot be read";
	case UNKNOWN_CLAIM:
		return "the book knows neither path nor unit nor container of the owner";
	case UNKNOWN_PATH:
		return "the project is on another machine, too, and its path may be the one there";
	case UNKNOWN_PLACE: return "the process shows nothing that tells whose it is";
	case UNKNOWN_HOST: return "another machine cannot be looked at from here";
	}
	abort();
}
