#include "operations/repositories.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "operations/place.h"
#include "registry/projects.h"

static bool fail_no_repository(const char *path, struct err *err)
{
	return fail(err, ERR_INVALID, "'%.200s' is in no git repository", path);
}

static bool read_repository(struct call *c, const char *path, bool enter, struct repository *ret,
			    struct err *err)
{
	struct repository *r = ret;

	if (!repository_read(path, &r->directory, err))
		return false;
	if (!r->directory.is_git)
		return fail_no_repository(path, err);
	return place_repository(c, &r->directory, enter, &r->project, err) &&
	       checkouts_read(c, &r->directory, &r->project, &r->checkouts, err);
}

bool repository_of_project(struct call *c, const struct project *p, struct repository *ret,
			   struct err *err)
{
	if (!p->path) {
		fail(err, ERR_INVALID, "the project '%s' has no directory", p->name);
		return fail_hint(err, "say where it is: portbook project set %s --path DIR",
				 p->name);
	}
	if (!repository_read(p->path, &ret->directory, err))
		return false;
	if (!ret->directory.is_git)
		return fail_no_repository(p->path, err);
	ret->project = *p;
	return checkouts_read(c, &ret->directory, p, &ret->checkouts, err);
}

/* A project may be a folder of a repository: the worktrees are those of the whole. */
static bool is_repository(struct call *c, const struct project *p, bool *ret, struct err *err)
{
	struct directory d;
	struct project whole;
	struct err why = { 0 };

	*ret = false;
	if (!p->path || directory_is_gone(p->path) || !repository_read(p->path, &d, NULL) ||
	    !d.is_git)
		return true;
	if (place_repository(c, &d, false, &whole, &why)) {
		*ret = !strcmp(whole.id, p->id);
		return true;
	}
	return why.code == ERR_NOT_FOUND || fail(err, why.code, "%s", why.text);
}

/* What may not be read is no reason to leave out the others. */
static bool visit(struct call *c, const struct project *p, repository_fn *fn, void *arg,
		  struct err *err)
{
	struct repository r;
	struct err why = { 0 };

	if (repository_of_project(c, p, &r, &why))
		return fn(c, &r, arg, err);
	if (why.code != ERR_IO && why.code != ERR_NOT_PERMITTED)
		return fail(err, why.code, "%s", why.text);
	registry_note(c->registry, "'%s' is left out: %s", p->name, why.text);
	return true;
}

static bool each_of_all(struct call *c, repository_fn *fn, void *arg, struct err *err)
{
	struct project_list list;
	bool is_one;

	if (!projects_read(c->registry, &c->arena, &list, err))
		return false;
	for (unsigned i = 0; i < list.count; i++)
		if (!is_repository(c, &list.items[i], &is_one, err) ||
		    (is_one && !visit(c, &list.items[i], fn, arg, err)))
			return false;
	return true;
}

bool repositories_each(struct call *c, const json_t *input, bool enter, repository_fn *fn,
		       void *arg, struct err *err)
{
	const char *name = json_text_of(input, "projectName"), *path = json_text_of(input, "path");
	struct repository r;
	struct project p;

	if (json_bool_of(input, "all"))
		return name ? fail(err, ERR_INVALID, "a project and all of them: give one of both")
			    : each_of_all(c, fn, arg, err);
	if (!name && !path)
		return fail(err, ERR_INVALID, "it is not said which repository is meant");
	if (name ? !project_need(c->registry, name, &c->arena, &p, err) ||
			    !repository_of_project(c, &p, &r, err)
		 : !read_repository(c, path, enter, &r, err))
		return false;
	return fn(c, &r, arg, err);
}

/* The path of the project whose instance is there; NULL: none is. */
static bool recorded_at(struct call *c, const char *path, const char **ret, struct err *err)
{
	struct store *s = c->registry->store;
	struct instance i;
	struct project p;
	bool found;

	*ret = NULL;
	if (!s->ops->instance_find(s, c->registry->host, path, &c->arena, &i, &found, err))
		return false;
	if (!found)
		return true;
	if (!s->ops->project_find(s, PROJECT_BY_ID(i.project_id), &c->arena, &p, &found, err))
		return false;
	*ret = found ? p.path : NULL;
	return true;
}

bool repository_of_path(struct call *c, const char *path, const char *here, bool enter,
			struct repository *ret, struct err *err)
{
	const char *recorded;

	if (!directory_is_gone(path))
		return read_repository(c, path, enter, ret, err);
	if (!recorded_at(c, path, &recorded, err))
		return false;
	if (!recorded && !here)
		return fail_no_repository(path, err);
	return read_repository(c, recorded ? recorded : here, enter, ret, err);
}

void repository_path(const char *typed, const char *here, char ret[static PATH_MAX])
{
	char whole[PATH_MAX], above[PATH_MAX], real[PATH_MAX];
	char *last;

	snprintf(whole, sizeof(whole), "%s%s%s",
		 *typed == '/' ? ""
		 : here	       ? here
			       : "",
		 *typed == '/' ? "" : "/", typed);
	for (size_t len = strlen(whole); len > 1 && whole[len - 1] == '/';)
		whole[--len] = '\0';
	snprintf(ret, PATH_MAX, "%s", whole);
	if (realpath(whole, ret))
		return;
	/* It is gone, or not there yet: what is above it may still be reached by links. */
	snprintf(ret, PATH_MAX, "%s", whole);
	memcpy(above, whole, sizeof(above));
	last = strrchr(above, '/');
	if (!last || last == above)
		return;
	*last = '\0';
	if (realpath(above, real) && snprintf(ret, PATH_MAX, "%s/%s", real, last + 1) >= PATH_MAX)
		snprintf(ret, PATH_MAX, "%s", whole);
}
