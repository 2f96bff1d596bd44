/*
 * operations/worktree_remove.c - giving back what a removed worktree had.
 *
 * Git is not run here: who asks does that, as with files, and asks twice: first
 * what it would be, then, when git has done its part, to do it.
 */
#include <string.h>

#include "operations/input.h"
#include "operations/operations.h"
#include "operations/repositories.h"
#include "operations/schemas.h"
#include "registry/projects.h"
#include "registry/retire.h"

struct target {
	struct repository of;
	const struct checkout *one;
};

static bool fail_no_worktree(const char *typed, struct err *err)
{
	fail(err, ERR_NOT_FOUND, "'%.200s' is no worktree that git or the book knows", typed);
	return fail_hint(err, "see them with: portbook worktree list");
}

/* As git finds it: by its path, or by the end of it if that is no other's. */
static const struct checkout *find_typed(const struct checkouts *all, const char *path,
					 const char *typed)
{
	const struct checkout *found = NULL;
	size_t typed_len = strlen(typed);

	for (unsigned i = 0; i < all->count; i++) {
		const char *one = checkout_path(&all->items[i]);
		size_t len = strlen(one);
		bool ends = len > typed_len && one[len - typed_len - 1] == '/' &&
			    !strcmp(one + len - typed_len, typed);

		if (!strcmp(one, path))
			return &all->items[i];
		if (ends && found)
			return NULL;
		if (ends)
			found = &all->items[i];
	}
	return found;
}

static bool fail_main(const struct target *t, struct err *err)
{
	fail(err, ERR_INVALID, "'%.200s' is the main checkout of '%s', not a worktree beside it",
	     checkout_path(t->one), t->of.project.name);
	return fail_hint(err, "to strike out the project: portbook project remove %s",
			 t->of.project.name);
}

static bool find_by_path(struct call *c, const json_t *input, struct target *ret, struct err *err)
{
	const char *typed = json_text_of(input, "worktreePath");
	const char *here = json_text_of(input, "path");
	char path[PATH_MAX];

	if (!typed)
		return fail(err, ERR_INVALID, "it is not said which worktree is meant");
	repository_path(typed, here, path);
	/* Git may remove one of a project that nobody has entered: nothing stays of a trial. */
	if (!repository_of_path(c, path, here, c->is_trial, &ret->of, err))
		return false;
	ret->one = find_typed(&ret->of.checkouts, path, typed);
	return ret->one || fail_no_worktree(typed, err);
}

static bool find_by_number(struct call *c, const char *name, unsigned number, struct target *ret,
			   struct err *err)
{
	struct project p;

	if (!project_need(c->registry, name, &c->arena, &p, err) ||
	    !repository_of_project(c, &p, &ret->of, err))
		return false;
	ret->one = NULL;
	for (unsigned i = 0; i < ret->of.checkouts.count; i++)
		if (ret->of.checkouts.items[i].instance &&
		    ret->of.checkouts.items[i].instance->number == number)
			ret->one = &ret->of.checkouts.items[i];
	return ret->one ||
	       fail(err, ERR_NOT_FOUND, "'%s@%u' is the instance of no worktree", p.name, number);
}

static bool find_target(struct call *c, const json_t *input, struct target *ret, struct err *err)
{
	const char *name = json_text_of(input, "projectName");
	unsigned number = (unsigned)json_int_of(input, "instance", 0);

	if (name && number ? !find_by_number(c, name, number, ret, err)
			   : !find_by_path(c, input, ret, err))
		return false;
	return ret->one->state != CHECKOUT_MAIN || fail_main(ret, err);
}

/* Git first: an instance is not given back under a worktree that is in use. */
static bool check_removed(struct call *c, const struct target *t, struct err *err)
{
	if (c->is_trial || !t->one->worktree || !t->one->worktree->is_there)
		return true;
	fail(err, ERR_TAKEN, "git still has the worktree '%.200s'", checkout_path(t->one));
	return fail_hint(err, "portbook worktree remove takes it away, and its instance");
}

static bool put_target(const struct target *t, json_t *answer, struct err *err)
{
	const struct instance *i = t->one->instance;

	return (json_put_text(answer, "projectName", t->of.project.name) &&
		json_put(answer, "instance", i ? json_integer(i->number) : json_null()) &&
		json_put_text(answer, "worktreePath", checkout_path(t->one)) &&
		json_put_text(answer, "repositoryPath", t->of.directory.main_root) &&
		json_put_bool(answer, "isListed", t->one->worktree != NULL) &&
		json_put(answer, "released", json_array()) && json_put_int(answer, "count", 0) &&
		json_put(answer, "obstacle", json_null())) ||
	       fail_memory(err);
}

/* Who only tries is told what stands in the way; who does it has to have said yes. */
static bool check_obstacle(struct call *c, const json_t *input, const struct target *t,
			   json_t *answer, struct err *err)
{
	const char *obstacle;

	if (!retire_obstacle(c->registry, &t->of.project, t->one->instance->number, &c->arena,
			     &obstacle, err))
		return false;
	if (obstacle && !c->is_trial && !json_bool_of(input, "yes")) {
		fail(err, ERR_TAKEN, "%s", obstacle);
		return fail_hint(err, "release it all the same with: --yes");
	}
	return json_put_text(answer, "obstacle", obstacle) || fail_memory(err);
}

static bool remove_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	struct target t;
	struct retired gone;

	if (!find_target(c, input, &t, err) || !check_removed(c, &t, err) ||
	    !put_target(&t, answer, err))
		return false;
	if (!t.one->instance)
		return true;
	if (!check_obstacle(c, input, &t, answer, err) ||
	    !instance_retire(c->registry, &t.of.project, t.one->instance->number, &c->arena, &gone,
			     err))
		return false;
	return (json_put(answer, "released", answer_entries(&gone.entries)) &&
		json_put_int(answer, "count", gone.entries.count)) ||
	       fail_memory(err);
}

const struct operation op_worktree_remove = {
	.schema = &schema_worktree_remove,
	.access = ACCESS_WRITE,
	.run = remove_run,
};
