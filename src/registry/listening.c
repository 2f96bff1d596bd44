#include "registry/listening.h"

#include <string.h>

#include "registry/containers.h"

bool can_look(const struct registry *r, const char *host)
{
	return r->listeners && !strcmp(host, r->host);
}

static const struct container_list *ask_engines(const struct listeners *machine, struct arena *a)
{
	struct container_list *list = arena_alloc(a, sizeof(*list));

	if (list)
		machine->ops->containers(machine->ctx, a, list);
	return list;
}

void registry_name_containers(struct registry *r, struct arena *a, struct listener_list *list,
			      struct listener *l)
{
	const struct container_list *all;
	bool named;

	if (!r->listeners->ops->containers || !listener_may_be_contained(l))
		return;
	if (!list->containers)
		list->containers = ask_engines(r->listeners, a);
	all = list->containers;
	if (!all)
		return;
	named = listener_name_containers(all, a, l);
	if (all->notice && (!named || all->was_slow))
		registry_note(r, "containers are shown without their names: %s", all->notice);
}

bool registry_look(struct registry *r, const char *host, const struct look *what, struct arena *a,
		   struct listener_list *ret, struct err *err)
{
	*ret = (struct listener_list){ 0 };
	if (!can_look(r, host))
		return true;
	if (!r->listeners->ops->look(r->listeners->ctx, what, a, ret, err))
		return false;
	if (ret->notice)
		registry_note(r, "%s", ret->notice);
	for (unsigned i = 0; (what->learn & LEARN_CGROUP) && i < ret->count; i++)
		registry_name_containers(r, a, ret, &ret->items[i]);
	return true;
}

bool listener_on(struct registry *r, const char *host, enum protocol protocol, uint16_t port,
		 struct arena *a, struct listener *ret)
{
	const struct look what = {
		.protocol = (int)protocol,
		.ports = { port, port },
		.learn = LEARN_ALL & ~(unsigned)LEARN_LINEAGE,
		.one_holder = true,
	};
	struct listener_list list = { 0 };
	struct err err = { 0 };

	if (!registry_look(r, host, &what, a, &list, &err))
		registry_note(r, "cannot see what listens on port %u: %s", port, err.text);
	if (!list.count)
		return false;
	*ret = list.items[0];
	return true;
}

struct listener *listener_in(const struct listener_list *list, enum protocol protocol,
			     uint16_t port)
{
	unsigned low = 0, high = list->count;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;

		if (list->items[middle].port < port)
			low = middle + 1;
		else
			high = middle;
	}
	/* The few that share a port differ in the protocol. */
	for (; low < list->count && list->items[low].port == port; low++)
		if (list->items[low].protocol == protocol)
			return &list->items[low];
	return NULL;
}

const struct process *listener_leader(const struct listener *l)
{
	return l->n_processes ? &l->processes[0] : NULL;
}

bool folder_is_below(const char *folder, const char *path)
{
	size_t len = path ? strlen(path) : 0;

	return folder && len > 1 && !strncmp(folder, path, len) &&
	       (folder[len] == '/' || !folder[len]);
}

const char *process_folder(const struct process *p)
{
	return p->container_folder || p->is_proxy ? p->container_folder : p->cwd;
}

/* Does one of its processes work there, or was its container started there? */
static bool is_below(const struct listener *l, const char *path)
{
	for (unsigned i = 0; i < l->n_processes; i++)
		if (folder_is_below(process_folder(&l->processes[i]), path))
			return true;
	return false;
}

struct worktree_search {
	unsigned instance;
	const struct listener *listener;
	bool is_own;
};

static bool match_worktree(const struct instance *i, void *arg)
{
	struct worktree_search *s = arg;

	if (i->number == s->instance && !i->released_at_ms)
		s->is_own = is_below(s->listener, i->worktree);
	return !s->is_own;
}

bool listener_is_own(struct registry *r, const struct project *p, unsigned instance,
		     const struct listener *l, bool *ret, struct err *err)
{
	struct worktree_search s = {
		.instance = instance,
		.listener = l,
		.is_own = is_below(l, p->path),
	};

	if (!s.is_own && !r->store->ops->instance_each(r->store, p->id, match_worktree, &s, err))
		return false;
	*ret = s.is_own;
	return true;
}

/* Rationale: engines show so many digits of an id, and take them for it. */
#define ID_SHOWN 12

static const char *container_text(struct arena *a, const struct process *p)
{
	bool is_id = p->container_id && !strcmp(p->container, p->container_id);

	return is_id ? arena_printf(a, "container %.*s", ID_SHOWN, p->container)
		     : arena_printf(a, "container %s", p->container);
}

/* ", user eva"; of a number without a name ", uid 999": it is the user of many a container. */
static const char *user_text(struct arena *a, const struct process *p)
{
	if (p->user)
		return arena_printf(a, ", user %s", p->user);
	return p->uid ? arena_printf(a, ", uid %u", (unsigned)p->uid) : "";
}

const char *process_text(struct arena *a, const struct process *p)
{
	const char *user = user_text(a, p);
	const char *cwd = p->cwd && !p->is_proxy ? p->cwd : "";
	const char *what = p->container ? container_text(a, p)
			   : p->program ? p->program
					: "a process";

	if (!what || !user)
		return NULL;
	/* Only the engine tells of it: the process cannot be seen. */
	if (!p->pid)
		return arena_printf(a, "%s%s%s%s", what, *user ? " (" : "", *user ? user + 2 : "",
				    *user ? ")" : "");
	return arena_printf(a, "%s (pid %d%s%s%s)", what, (int)p->pid, user, *cwd ? ", cwd " : "",
			    cwd);
}

/* The only other one, where there are two. */
static const struct process *other_of(const struct listener *l, const struct process *p)
{
	if (l->n_processes != 2)
		return NULL;
	return l->processes[0].pid == p->pid ? &l->processes[1] : &l->processes[0];
}

const char *listener_text_of(struct arena *a, const struct listener *l, const struct process *p)
{
	const char *text = process_text(a, p);
	const struct process *other = other_of(l, p);
	const char *second = other ? process_text(a, other) : "";

	if (!text || !second || l->n_processes < 2)
		return second ? text : NULL;
	return other ? arena_printf(a, "%s and %s", text, second)
		     : arena_printf(a, "%s and %u more", text, l->n_processes - 1);
}

const char *listener_text(struct arena *a, const struct listener *l)
{
	const struct process *leader = listener_leader(l);

	if (leader)
		return listener_text_of(a, l, leader);
	if (l->user)
		return arena_printf(a, "a process of the user %s", l->user);
	return arena_printf(a, "a process of uid %u", (unsigned)l->uid);
}
