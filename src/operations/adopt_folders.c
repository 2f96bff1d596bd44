#include <stdio.h>
#include <string.h>

#include "operations/adopting.h"
#include "operations/enter.h"
#include "operations/place.h"
#include "registry/blocks.h"
#include "registry/instances.h"
#include "registry/projects.h"

static bool add_folder(struct adopting *a, const struct adopt_folder *f, struct adopt_folder **ret,
		       struct err *err)
{
	struct adopt_folder *copy = arena_alloc(a->arena, sizeof(*copy));

	a->folders = arena_grow(a->arena, a->folders, a->n_folders, &a->room_folders,
				sizeof(struct adopt_folder *));
	if (!copy || !a->folders)
		return fail_memory(err);
	*copy = *f;
	a->folders[a->n_folders++] = *ret = copy;
	return true;
}

/* --- in the book */

static struct adopt_folder *find_known(const struct adopting *a, const char *project_id,
				       unsigned instance)
{
	for (unsigned i = 0; i < a->n_folders; i++) {
		struct adopt_folder *f = a->folders[i];

		if (!f->where && f->instance == instance && !strcmp(f->project.id, project_id))
			return f;
	}
	return NULL;
}

static bool add_known(struct adopting *a, const struct project *p, unsigned instance,
		      const char *path, struct adopt_folder **ret, struct err *err)
{
	struct adopt_folder f = { .instance = instance };

	*ret = find_known(a, p->id, instance);
	if (*ret)
		return true;
	if (!project_copy(a->arena, p, &f.project))
		return fail_memory(err);
	f.name = f.project.name;
	f.path = path && *path ? arena_copy(a->arena, path) : NULL;
	return ((!path || !*path || f.path) || fail_memory(err)) && add_folder(a, &f, ret, err);
}

bool adopt_folder_of(struct adopting *a, const char *project_id, unsigned instance,
		     struct adopt_folder **ret, struct err *err)
{
	struct store *s = a->call->registry->store;
	struct project p;
	bool found;

	*ret = find_known(a, project_id, instance ? instance : 1);
	if (*ret)
		return true;
	return s->ops->project_find(s, PROJECT_BY_ID(project_id), a->arena, &p, &found, err) &&
	       (!found ||
		add_known(a, &p, instance ? instance : 1, instance > 1 ? NULL : p.path, ret, err));
}

bool adopt_folders_known(struct adopting *a, struct err *err)
{
	const struct project_list *all = &a->scene.projects;
	struct adopt_folder *f;

	for (unsigned i = 0; i < all->count; i++) {
		struct instance_list list;

		if (!add_known(a, &all->items[i], 1, all->items[i].path, &f, err) ||
		    !instances_read(a->call->registry, all->items[i].id, a->arena, &list, err))
			return false;
		for (unsigned n = 0; n < list.count; n++)
			if (!list.items[n].released_at_ms && list.items[n].worktree &&
			    !strcmp(list.items[n].host, a->host) &&
			    !add_known(a, &all->items[i], list.items[n].number,
				       list.items[n].worktree, &f, err))
				return false;
	}
	return true;
}

/* --- not in the book */

/* Where the system and its users keep everything: a project there has its own checkout. */
static bool is_of_system(const char *path)
{
	static const char *const folders[] = { "/bin", "/boot", "/dev", "/etc",	 "/lib",
					       "/nix", "/proc", "/run", "/sbin", "/snap",
					       "/sys", "/usr",	"/var" };
	const char *user = !strncmp(path, "/home/", 6) ? path + 6 : NULL;

	if (!strcmp(path, "/") || !strcmp(path, "/root") || (user && !strchr(user, '/')))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		size_t len = strlen(folders[i]);

		if (!strncmp(path, folders[i], len) && (!path[len] || path[len] == '/'))
			return true;
	}
	return false;
}

static bool may_become_project(const struct directory *d)
{
	return d->name[0] && (d->is_git || (enter_is_possible(d) && !is_of_system(d->path)));
}

static struct adopt_folder *find_new(const struct adopting *a, const char *root)
{
	for (unsigned i = 0; i < a->n_folders; i++)
		if (a->folders[i]->where && !strcmp(a->folders[i]->where->root, root))
			return a->folders[i];
	return NULL;
}

static bool add_new(struct adopting *a, const struct directory *d, struct adopt_folder **ret,
		    struct err *err)
{
	const struct adopt_folder f = { .path = d->root, .where = d, .name = d->name };

	*ret = find_new(a, d->root);
	return *ret || add_folder(a, &f, ret, err);
}

bool adopt_folder_at(struct adopting *a, const char *path, struct adopt_folder **ret,
		     struct err *err)
{
	struct directory *d = arena_alloc(a->arena, sizeof(*d));
	struct err why = { 0 };
	struct place place;
	bool found;

	*ret = NULL;
	if (!d)
		return fail_memory(err);
	/* It may have gone, or be another user's. */
	if (!directory_read(path, d, &why))
		return why.code != ERR_MEMORY || fail_memory(err);
	if (!place_of_directory(a->call, d, &place, &found, err))
		return false;
	if (found)
		return add_known(a, &place.project, place.instance, place.folder, ret, err);
	return !may_become_project(d) || add_new(a, d, ret, err);
}

/* --- entering */

/* What listens is the harder to move. */
static unsigned votes_for(const struct adopting *a, const struct adopt_folder *f,
			  struct port_range block)
{
	unsigned votes = 0;

	for (unsigned i = 0; i < a->count; i++) {
		const struct adoptee *one = &a->items[i];

		if (one->folder == f && one->says_whose &&
		    port_range_has(block, one->claim.ports.first))
			votes += one->listener ? 2 : 1;
	}
	return votes;
}

/* Nobody has it, and nobody's block is there. */
static bool is_free(struct adopting *a, unsigned number, struct port_range block, bool *ret,
		    struct err *err)
{
	struct registry *r = a->call->registry;
	struct project other;
	bool used, owned;

	if (!r->store->ops->project_find(r->store, PROJECT_BY_NUMBER((int)number), a->arena, &other,
					 &used, err) ||
	    !block_owner(r, a->host, block.first, a->arena, &other, &owned, err))
		return false;
	*ret = !used && !owned;
	return true;
}

/* The free number whose block has most of what is its; -1: none has any. */
static bool choose_number(struct adopting *a, const struct adopt_folder *f, int *ret,
			  struct err *err)
{
	const struct policy *policy;
	const struct policy_range *range;
	unsigned most = 0;

	*ret = -1;
	if (!registry_policy(a->call->registry, &policy, err))
		return false;
	range = blocks_range(policy);
	for (unsigned n = 0; range && n < policy_block_count(range); n++) {
		struct port_range block;
		bool free = false;

		if (!policy_block(policy, range, n, &block) || votes_for(a, f, block) <= most)
			continue;
		if (!is_free(a, n, block, &free, err))
			return false;
		if (free) {
			most = votes_for(a, f, block);
			*ret = (int)n;
		}
	}
	return true;
}

bool adopt_folder_enter(struct adopting *a, struct adopt_folder *f, struct err *err)
{
	const struct directory *d = f->where;
	struct place main = { .instance = 1 };
	bool found;
	int number;

	if (!d)
		return true;
	f->instance = 1;
	if (!place_main(a->call, d, &main, &found, err))
		return false;
	if (found)
		f->project = main.project;
	else if (!choose_number(a, f, &number, err) ||
		 !enter_project_numbered(a->call, d, number, &f->project, err))
		return false;
	if (d->is_worktree && !enter_worktree(a->call, d, &f->project, &f->instance, err))
		return false;
	f->name = f->project.name;
	f->where = NULL;
	return true;
}
