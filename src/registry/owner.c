#include "registry/owner.h"

#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "registry/listening.h"

/* Rationale: an id is written with 12 digits and more; a shorter one may be a name. */
#define CONTAINER_ID_MIN 12

static const char *const state_names[ENTRY_STATE_COUNT] = {
	[STATE_IN_USE] = "in_use",
	[STATE_DOWN] = "down",
	[STATE_SQUATTED] = "squatted",
	[STATE_UNKNOWN] = "unknown",
};

const char *entry_state_name(enum entry_state s)
{
	return state_names[s];
}

bool entry_state_from_name(const char *name, enum entry_state *ret)
{
	for (unsigned i = 0; i < ENTRY_STATE_COUNT; i++)
		if (!strcmp(state_names[i], name)) {
			*ret = (enum entry_state)i;
			return true;
		}
	return false;
}

/* Units and containers. */

static bool has_suffix(const char *unit)
{
	static const char *const kinds[] = { ".service", ".scope", ".socket", ".slice" };
	size_t len = strlen(unit);

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (len > strlen(kinds[i]) && !strcmp(unit + len - strlen(kinds[i]), kinds[i]))
			return true;
	return false;
}

/* Is `folder` of that length the unit, or the unit with ".service"? */
static bool is_folder_of(const char *folder, size_t len, const char *unit)
{
	static const char service[] = ".service";
	size_t name = strlen(unit);

	if (len == name)
		return !memcmp(folder, unit, len);
	return !has_suffix(unit) && len == name + strlen(service) && !memcmp(folder, unit, name) &&
	       !memcmp(folder + name, service, strlen(service));
}

bool process_is_in_unit(const struct process *p, const char *unit)
{
	const char *at = p->cgroup;

	if (!at || !unit || !*unit)
		return false;
	while (*at) {
		size_t len;

		at += *at == '/';
		len = strcspn(at, "/");
		if (is_folder_of(at, len, unit))
			return true;
		at += len;
	}
	return false;
}

/* "0123456789ab", or more of its digits. */
static bool is_container_id(const char *text)
{
	return strlen(text) >= CONTAINER_ID_MIN && text[strspn(text, "0123456789abcdef")] == '\0';
}

static bool is_container(const struct process *p, const char *container)
{
	if (!p->container || !container || !*container)
		return false;
	return !strcmp(p->container, container) ||
	       (p->container_id && is_container_id(container) &&
		!strncmp(p->container_id, container, strlen(container)));
}

/* Whose a process is. */

/* A folder that tells something: "/" is everybody's. */
static const char *telling(const char *folder)
{
	return folder && strcmp(folder, "/") != 0 ? folder : NULL;
}

static int compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int by_folder(const void *a, const void *b)
{
	const struct claimant *x = a, *y = b;
	int order = compare(!x->path, !y->path);

	if (!order && x->path)
		order = strcmp(x->path, y->path);
	order = order ? order : compare(y->instance, x->instance);
	/* Two projects may name one path: the older one has it. */
	return order ? order : strcmp(x->project_id, y->project_id);
}

struct claimant_list claimants_order(struct claimant *items, unsigned count)
{
	struct claimant_list list = { .items = items, .count = count };

	if (count)
		qsort(items, count, sizeof(*items), by_folder);
	while (list.n_folders < count && items[list.n_folders].path)
		list.n_folders++;
	return list;
}

/* The first `len` bytes of `folder` against a path. */
static int against(const char *folder, size_t len, const char *path)
{
	int order = strncmp(folder, path, len);

	return order ? order : -(path[len] != '\0');
}

/* The first claimant with exactly this folder. */
static const struct claimant *claimant_in(const struct claimant_list *all, const char *folder,
					  size_t len)
{
	unsigned low = 0, high = all->n_folders;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;

		if (against(folder, len, all->items[middle].path) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == all->n_folders || against(folder, len, all->items[low].path) != 0)
		return NULL;
	return &all->items[low];
}

static const struct claimant *claimant_of_folder(const struct claimant_list *all,
						 const char *folder)
{
	const struct claimant *found = NULL;

	for (size_t len = telling(folder) ? strlen(folder) : 0; !found && len > 1; len--)
		if (!folder[len] || folder[len] == '/')
			found = claimant_in(all, folder, len);
	return found;
}

static const struct claimant *claimant_of_unit(const struct claimant_list *all,
					       const struct process *p)
{
	for (unsigned i = 0; p->cgroup && i < all->count; i++)
		if (process_is_in_unit(p, all->items[i].unit))
			return &all->items[i];
	return NULL;
}

static const struct claimant *claimant_of_container(const struct claimant_list *all,
						    const struct process *p)
{
	for (unsigned i = 0; p->container && i < all->count; i++)
		if (is_container(p, all->items[i].container))
			return &all->items[i];
	return NULL;
}

static const struct claimant *claimant_of_compose(const struct claimant_list *all,
						  const struct process *p)
{
	return claimant_of_folder(all, p->container_folder);
}

/* Where a helper works is where its engine was started, whose containers ever it has. */
static const struct claimant *claimant_of_cwd(const struct claimant_list *all,
					      const struct process *p)
{
	return p->is_proxy ? NULL : claimant_of_folder(all, p->cwd);
}

/*
 * A daemon leaves its folder for "/", but who started it may still be there.
 * A process that works somewhere has left its parents' folder on purpose.
 */
static const struct claimant *claimant_of_lineage(const struct claimant_list *all,
						  const struct process *p)
{
	bool is_contained = p->container || p->is_proxy;

	for (unsigned i = 0; !telling(p->cwd) && !is_contained && i < p->n_ancestors; i++)
		if (telling(p->ancestors[i].cwd))
			return claimant_of_folder(all, p->ancestors[i].cwd);
	return NULL;
}

static const struct {
	enum owner_by by;
	const struct claimant *(*find)(const struct claimant_list *all, const struct process *p);
} ways[] = {
	{ OWNER_UNIT, claimant_of_unit },	{ OWNER_CONTAINER, claimant_of_container },
	{ OWNER_COMPOSE, claimant_of_compose }, { OWNER_FOLDER, claimant_of_cwd },
	{ OWNER_LINEAGE, claimant_of_lineage },
};

struct owner owner_of_process(const struct claimant_list *all, const struct process *p)
{
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		const struct claimant *found = ways[i].find(all, p);

		if (found)
			return (struct owner){ ways[i].by, found };
	}
	return (struct owner){ OWNER_UNKNOWN, NULL };
}

struct owner owner_of_listener(const struct claimant_list *all, const struct listener *l)
{
	struct owner found = { OWNER_UNKNOWN, NULL };

	for (unsigned i = 0; !found.claimant && i < l->n_processes; i++)
		found = owner_of_process(all, &l->processes[i]);
	return found;
}

const struct process *owner_process(const struct claimant_list *all, const struct owner *o,
				    const struct listener *l)
{
	for (unsigned i = 0; o->claimant && i < l->n_processes; i++)
		if (owner_of_process(all, &l->processes[i]).claimant == o->claimant)
			return &l->processes[i];
	return NULL;
}

/* Whether it is the entry's. */

/* What the book knows of where the owner of an entry runs. */
struct place_of {
	const char *path, *unit, *container;
};

static bool is_set(const char *text)
{
	return text && *text;
}

/*
 * By a folder it is the entry's if it is the entry's own folder that is the
 * closest: an instance with a worktree works there, one without in the
 * project's folder.  A unit or a container says project and instance.
 */
static bool is_owner(const struct owner *o, const struct entry *e, const struct place_of *place)
{
	const struct claimant *c = o->claimant;

	if (!c)
		return false;
	if (c->path)
		return is_set(place->path) && !strcmp(c->path, place->path);
	return !strcmp(c->project_id, e->project_id) && c->instance == e->instance;
}

/* Is there something of the process that could have matched what is known, and does not? */
static bool could_be_compared(const struct place_of *place, const struct process *p)
{
	bool in_container = p->container || p->is_proxy;
	bool has_name = p->container &&
			(!p->container_id || strcmp(p->container, p->container_id) != 0);

	/* A container that was made anew has another id, and its name again. */
	if (is_set(place->container) &&
	    (!in_container || (has_name && !is_container_id(place->container))))
		return true;
	if (is_set(place->unit) && p->unit && !in_container)
		return true;
	if (!is_set(place->path))
		return false;
	return p->container_folder || (!in_container && telling(p->cwd));
}

static struct judgement judge_process(const struct claimant_list *all, const struct entry *e,
				      const struct place_of *place, const struct process *p)
{
	struct judgement j = { .process = p, .owner = owner_of_process(all, p) };

	if (process_is_in_unit(p, place->unit))
		j.owner.by = OWNER_UNIT;
	else if (is_container(p, place->container))
		j.owner.by = OWNER_CONTAINER;
	else if (!is_owner(&j.owner, e, place))
		j.why = j.owner.claimant	      ? STRANGER_OF_ANOTHER
			: could_be_compared(place, p) ? STRANGER_MATCHES_NONE
						      : UNKNOWN_PLACE;
	if (j.why == UNKNOWN_PLACE && !is_set(place->path) && !is_set(place->unit) &&
	    !is_set(place->container))
		j.why = UNKNOWN_CLAIM;
	j.state = j.why == STRANGER_NONE       ? STATE_IN_USE
		  : j.why < UNKNOWN_UNREADABLE ? STATE_SQUATTED
					       : STATE_UNKNOWN;
	return j;
}

/* How sure a verdict is; of several processes the surest decides. */
static unsigned weight(const struct judgement *j)
{
	static const unsigned of_state[ENTRY_STATE_COUNT] = {
		[STATE_IN_USE] = 3,
		[STATE_SQUATTED] = 2,
		[STATE_UNKNOWN] = 1,
	};

	return 2 * of_state[j->state] + (j->why == STRANGER_OF_ANOTHER);
}

struct judgement entry_judge(const struct claimant_list *all, const struct entry *e,
			     const char *path, const char *container, const struct listener *l)
{
	const struct place_of place = {
		.path = is_set(e->worktree) ? e->worktree : path,
		.unit = e->unit,
		.container = container,
	};
	struct judgement best = { .state = STATE_DOWN };

	for (unsigned i = 0; l && i < l->n_processes; i++) {
		struct judgement j = judge_process(all, e, &place, &l->processes[i]);

		if (i == 0 || weight(&j) > weight(&best))
			best = j;
	}
	if (l && !l->n_processes)
		best = (struct judgement){ .state = STATE_UNKNOWN, .why = UNKNOWN_UNREADABLE };
	return best;
}
