#include "operations/checkouts.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cursor.h"

const char *checkout_state_name(enum checkout_state s)
{
	static const char *const names[] = {
		[CHECKOUT_MAIN] = "main", [CHECKOUT_KNOWN] = "known", [CHECKOUT_MOVED] = "moved",
		[CHECKOUT_NEW] = "new",	  [CHECKOUT_OTHER] = "other", [CHECKOUT_GONE] = "gone",
	};
	static_assert(ARRAY_LEN(names) == CHECKOUT_STATE_COUNT, "a state has no name");

	return names[s];
}

/* An instance that may have lost its worktree. */
struct candidate {
	struct instance *instance;
	bool taken; /* a worktree was found for it */
};

struct comparing {
	struct call *call;
	const struct project *project;
	struct worktree_list worktrees;
	struct checkouts all;
	struct candidate *candidates;
	unsigned n_candidates;
};

/* Is it a checkout, of whomever?  Where it cannot be told, it may be one. */
static bool may_have_checkout(const char *path)
{
	char git[PATH_MAX + 8];

	snprintf(git, sizeof(git), "%s/.git", path);
	return access(git, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

/* Is the path that of another project's, or of an instance of one? */
static bool is_others(struct comparing *x, const char *path, bool *ret, struct err *err)
{
	struct call *c = x->call;
	struct store *s = c->registry->store;
	struct instance i;
	struct project p;

	if (!s->ops->instance_find(s, c->registry->host, path, &c->arena, &i, ret, err))
		return false;
	return *ret || s->ops->project_find(s, PROJECT_BY_PATH(path), &c->arena, &p, ret, err);
}

static struct instance *instance_at(const struct comparing *x, const struct instance_list *list,
				    const char *path)
{
	for (unsigned i = 0; i < list->count; i++) {
		struct instance *one = &list->items[i];

		if (!one->released_at_ms && one->worktree && !strcmp(one->worktree, path) &&
		    !strcmp(one->host, x->call->registry->host))
			return one;
	}
	return NULL;
}

static bool place_worktree(struct comparing *x, const struct instance_list *list,
			   const struct worktree *w, struct checkout *ret, struct err *err)
{
	bool others;

	*ret = (struct checkout){
		.state = CHECKOUT_MAIN,
		.worktree = w,
		.instance = instance_at(x, list, w->path),
	};
	if (!w->git_name)
		return true;
	ret->state = ret->instance ? CHECKOUT_KNOWN : CHECKOUT_NEW;
	if (ret->instance)
		return true;
	if (!is_others(x, w->path, &others, err))
		return false;
	ret->state = others ? CHECKOUT_OTHER : CHECKOUT_NEW;
	return true;
}

static bool is_candidate(const struct comparing *x, const struct instance *i)
{
	return !i->released_at_ms && i->worktree && !strcmp(i->host, x->call->registry->host) &&
	       !worktree_at(&x->worktrees, i->worktree) && !may_have_checkout(i->worktree);
}

/* Git calls a worktree like its first folder, with a number where that is taken. */
static bool is_named_after(const char *git_name, const char *path)
{
	const char *folder = strrchr(path, '/');

	if (!folder || !folder[1] || !eat_word(&git_name, folder + 1))
		return false;
	while (isdigit((unsigned char)*git_name))
		git_name++;
	return eat_end(&git_name);
}

/* What speaks for a worktree being this instance's, moved. */
enum evidence {
	NONE,
	SAME_NAME,
	SAME_BRANCH,
	SAME_BOTH,
	SAME_PATH, /* git still has it there, and it is not */
	EVIDENCE_COUNT,
};

static enum evidence evidence_for(const struct worktree *w, const struct instance *i)
{
	bool branch = w->branch && i->branch && !strcmp(w->branch, i->branch);
	bool name = is_named_after(w->git_name, i->worktree);

	if (w->old_path && !strcmp(w->old_path, i->worktree))
		return SAME_PATH;
	/* Made later than the instance: whatever they share, it is another one. */
	if (w->made_at_ms > i->created_at_ms)
		return NONE;
	return branch ? (name ? SAME_BOTH : SAME_BRANCH) : name ? SAME_NAME : NONE;
}

/* Of those with this evidence the one that was entered soonest after the worktree was made. */
static struct candidate *best_candidate(struct comparing *x, const struct worktree *w,
					enum evidence least)
{
	struct candidate *best = NULL;

	for (unsigned i = 0; i < x->n_candidates; i++) {
		struct candidate *one = &x->candidates[i];

		if (!one->taken && evidence_for(w, one->instance) == least &&
		    (!best || one->instance->created_at_ms < best->instance->created_at_ms))
			best = one;
	}
	return best;
}

/* The strongest evidence first, so that nobody's instance goes to a worktree that is less like it. */
static void match_moved(struct comparing *x)
{
	for (enum evidence e = EVIDENCE_COUNT - 1; e > NONE; e--)
		for (unsigned i = 0; i < x->all.count; i++) {
			struct checkout *one = &x->all.items[i];
			struct candidate *found = one->state == CHECKOUT_NEW
							  ? best_candidate(x, one->worktree, e)
							  : NULL;

			if (!found)
				continue;
			found->taken = true;
			one->state = CHECKOUT_MOVED;
			one->instance = found->instance;
		}
}

/* A folder that is still there may be somebody's copy, which git never knew. */
static void add_gone(struct comparing *x)
{
	for (unsigned i = 0; i < x->n_candidates; i++) {
		struct instance *one = x->candidates[i].instance;

		if (!x->candidates[i].taken && directory_is_gone(one->worktree))
			x->all.items[x->all.count++] = (struct checkout){
				.state = CHECKOUT_GONE,
				.instance = one,
			};
	}
}

static bool compare(struct comparing *x, const struct instance_list *list, struct err *err)
{
	struct arena *a = &x->call->arena;

	x->all.items = arena_alloc(a, (x->worktrees.count + list->count) * sizeof(*x->all.items));
	x->candidates = arena_alloc(a, (list->count + 1) * sizeof(*x->candidates));
	if (!x->all.items || !x->candidates)
		return fail_memory(err);
	for (unsigned i = 0; i < x->worktrees.count; i++)
		if (!place_worktree(x, list, &x->worktrees.items[i], &x->all.items[x->all.count++],
				    err))
			return false;
	for (unsigned i = 0; i < list->count; i++)
		if (is_candidate(x, &list->items[i]))
			x->candidates[x->n_candidates++].instance = &list->items[i];
	match_moved(x);
	add_gone(x);
	return true;
}

bool checkouts_read(struct call *c, const struct directory *d, const struct project *p,
		    struct checkouts *ret, struct err *err)
{
	struct comparing x = { .call = c, .project = p };
	struct instance_list list;

	if (!worktrees_read(d, &c->arena, &x.worktrees, err) ||
	    !instances_read(c->registry, p->id, &c->arena, &list, err) || !compare(&x, &list, err))
		return false;
	*ret = x.all;
	return true;
}

const struct checkout *checkout_at(const struct checkouts *all, const char *path)
{
	for (unsigned i = 0; i < all->count; i++)
		if (all->items[i].worktree && !strcmp(all->items[i].worktree->path, path))
			return &all->items[i];
	return NULL;
}

const char *checkout_path(const struct checkout *one)
{
	return one->worktree ? one->worktree->path : one->instance->worktree;
}

static json_t *number_json(const struct checkout *one)
{
	if (one->instance)
		return json_integer(one->instance->number);
	return one->state == CHECKOUT_MAIN ? json_integer(1) : json_null();
}

json_t *checkout_json(const struct project *p, const struct checkout *one)
{
	const struct worktree *w = one->worktree;
	json_t *o = json_object();

	if (json_put_text(o, "projectName", p->name) && json_put(o, "instance", number_json(one)) &&
	    json_put_text(o, "path", checkout_path(one)) &&
	    json_put_text(o, "branch", w ? w->branch : one->instance->branch) &&
	    json_put_text(o, "state", checkout_state_name(one->state)) &&
	    json_put_bool(o, "isBare", w && w->is_bare) &&
	    json_put_bool(o, "isLocked", w && w->is_locked) &&
	    json_put_bool(o, "isMissing", !w || !w->is_there))
		return o;
	json_decref(o);
	return NULL;
}
