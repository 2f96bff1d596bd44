#include "operations/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "operations/checkouts.h"
#include "operations/enter.h"
#include "registry/projects.h"

/* Cut the last part off a path; false when nothing is above it. */
static bool go_up(char *path)
{
	char *slash = strrchr(path, '/');

	if (!slash || !path[1])
		return false;
	slash[slash == path] = '\0';
	return true;
}

static bool known_instance(struct call *c, const char *path, struct place *ret, bool *ret_found,
			   struct err *err)
{
	struct store *s = c->registry->store;
	struct instance i;

	if (!s->ops->instance_find(s, c->registry->host, path, &c->arena, &i, ret_found, err))
		return false;
	if (!*ret_found)
		return true;
	ret->instance = i.number;
	return s->ops->project_find(s, PROJECT_BY_ID(i.project_id), &c->arena, &ret->project,
				    ret_found, err);
}

static bool known_project(struct call *c, const char *path, struct place *ret, bool *ret_found,
			  struct err *err)
{
	struct store *s = c->registry->store;

	ret->instance = 1;
	return s->ops->project_find(s, PROJECT_BY_PATH(path), &c->arena, &ret->project, ret_found,
				    err);
}

/* The longest recorded path from `path` upwards, not above `top`. */
static bool search_upwards(struct call *c, const char *path, const char *top, struct place *ret,
			   bool *ret_found, struct err *err)
{
	char at[PATH_MAX];
	size_t least = top ? strlen(top) : 0;

	snprintf(at, sizeof(at), "%s", path);
	do {
		if (!known_instance(c, at, ret, ret_found, err) ||
		    (!*ret_found && !known_project(c, at, ret, ret_found, err)))
			return false;
		if (*ret_found)
			memcpy(ret->folder, at, sizeof(at));
	} while (!*ret_found && go_up(at) && strlen(at) >= least);
	return true;
}

bool place_main(struct call *c, const struct directory *d, struct place *ret, bool *ret_found,
		struct err *err)
{
	*ret_found = false;
	return !d->is_worktree || search_upwards(c, d->main_root, NULL, ret, ret_found, err);
}

/* Is it the worktree of an instance that the book has elsewhere? */
static bool search_moved(struct call *c, const struct directory *d, struct place *ret,
			 bool *ret_found, struct err *err)
{
	struct place p = *ret;
	const struct checkout *here;
	struct checkouts all;
	struct err why = { 0 };

	if (!place_main(c, d, &p, ret_found, err))
		return false;
	if (!*ret_found)
		return true;
	*ret_found = false;
	/* Where git's files cannot be read, as in a container, it is a new one. */
	if (!checkouts_read(c, d, &p.project, &all, &why)) {
		if (why.code == ERR_NOT_PERMITTED || why.code == ERR_IO)
			return true;
		*err = why;
		return false;
	}
	here = checkout_at(&all, d->root);
	if (!here || here->state != CHECKOUT_MOVED)
		return true;
	*ret = p;
	ret->instance = here->instance->number;
	ret->has_moved = true;
	snprintf(ret->folder, sizeof(ret->folder), "%s", d->root);
	*ret_found = true;
	return true;
}

bool place_of_directory(struct call *c, const struct directory *d, struct place *ret,
			bool *ret_found, struct err *err)
{
	struct place p = { .of_directory = true };

	snprintf(p.root, sizeof(p.root), "%s", d->root);
	/* A linked worktree may lie inside its main checkout, and is still not it. */
	if (!search_upwards(c, d->path, d->is_worktree ? d->root : NULL, &p, ret_found, err) ||
	    (!*ret_found && d->is_worktree && !search_moved(c, d, &p, ret_found, err)))
		return false;
	if (*ret_found)
		*ret = p;
	return true;
}

static bool fail_unknown_directory(const struct directory *d, const struct project *main,
				   struct err *err)
{
	if (main) {
		fail(err, ERR_NOT_FOUND, "the worktree '%.200s' of '%s' has no ports yet", d->root,
		     main->name);
		return fail_hint(err,
				 "portbook get SERVICE gives it an instance and a port; the main "
				 "checkout's are those of %s@1",
				 main->name);
	}
	fail(err, ERR_NOT_FOUND, "the book knows no project in '%.200s'", d->path);
	return fail_hint(err, "enter it with: portbook init (or name one: project/service)");
}

static bool place_new(struct call *c, const struct directory *d, bool enter, struct place *ret,
		      struct err *err)
{
	struct place p = { .of_directory = true, .is_new = true };
	bool found;

	snprintf(p.root, sizeof(p.root), "%s", d->root);
	if (!place_main(c, d, &p, &found, err))
		return false;
	if (!enter)
		return fail_unknown_directory(d, found ? &p.project : NULL, err);
	p.instance = 1;
	if (!found && !enter_project(c, d, &p.project, err))
		return false;
	if (d->is_worktree && !enter_worktree(c, d, &p.project, &p.instance, err))
		return false;
	snprintf(p.folder, sizeof(p.folder), "%s", d->root);
	*ret = p;
	return true;
}

bool place_repository(struct call *c, const struct directory *d, bool enter, struct project *ret,
		      struct err *err)
{
	struct place p;
	bool found;

	if (!search_upwards(c, d->main_root, NULL, &p, &found, err))
		return false;
	if (!found)
		return enter ? enter_project(c, d, ret, err) : fail_unknown_directory(d, NULL, err);
	*ret = p.project;
	return true;
}

/* Of who asks from elsewhere: a shell is always in some folder. */
static bool fail_no_place(struct err *err)
{
	fail(err, ERR_INVALID, "it is not said which project is meant");
	return fail_hint(err, "name it, as in shop/web; in JSON or a URL it is projectName");
}

static bool place_here(struct call *c, const char *path, bool enter, struct place *ret,
		       struct err *err)
{
	struct directory d;
	bool found;

	if (!path)
		return fail_no_place(err);
	if (!directory_read(path, &d, err) || !place_of_directory(c, &d, ret, &found, err))
		return false;
	if (!found)
		return place_new(c, &d, enter, ret, err);
	return !enter || !ret->has_moved || enter_move(c, &d, &ret->project, ret->instance, err);
}

struct worktrees {
	const char *path;
	bool matches;
};

static bool match_worktree(const struct instance *i, void *arg)
{
	struct worktrees *w = arg;
	size_t len = i->worktree ? strlen(i->worktree) : 0;

	w->matches = len && !i->released_at_ms && !strncmp(w->path, i->worktree, len) &&
		     (!w->path[len] || w->path[len] == '/');
	return !w->matches;
}

/* Might the directory be an instance of that project?  Most are not, and are done here. */
static bool may_be_instance(struct call *c, const char *path, const struct project *p, bool *ret,
			    struct err *err)
{
	struct store *s = c->registry->store;
	char real[PATH_MAX];
	struct worktrees w = { .path = real };

	*ret = false;
	if (!path || !realpath(path, real))
		return true;
	*ret = directory_may_be_worktree(real);
	if (*ret)
		return true;
	if (!s->ops->instance_each(s, p->id, match_worktree, &w, err))
		return false;
	*ret = w.matches;
	return true;
}

static bool is_project(const struct place *here, const struct project *p)
{
	return !strcmp(here->project.id, p->id);
}

/* The directory is not in the book: is it a worktree of that project? */
static bool is_new_worktree(struct call *c, const struct directory *d, const struct project *p,
			    bool *ret, struct err *err)
{
	struct place main;

	if (!place_main(c, d, &main, ret, err))
		return false;
	*ret = *ret && is_project(&main, p);
	return true;
}

static bool instance_of(struct call *c, const struct directory *d, bool enter, struct place *p,
			struct err *err)
{
	const struct project *project = &p->project;
	struct place here;
	bool found, is_new;

	if (!place_of_directory(c, d, &here, &found, err))
		return false;
	if (found && is_project(&here, project)) {
		p->instance = here.instance;
		p->has_moved = here.has_moved;
		return !p->has_moved || !enter || enter_move(c, d, project, p->instance, err);
	}
	if (found)
		return true;
	if (!is_new_worktree(c, d, project, &is_new, err))
		return false;
	if (!is_new)
		return true;
	return enter ? enter_worktree(c, d, project, &p->instance, err)
		     : fail_unknown_directory(d, project, err);
}

/* The directory's instance, if the directory is that project's; else 1. */
static bool instance_here(struct call *c, const char *path, bool enter, struct place *p,
			  struct err *err)
{
	struct directory d;
	bool found;

	p->instance = 1;
	if (!may_be_instance(c, path, &p->project, &found, err))
		return false;
	return !found || !directory_read(path, &d, NULL) || instance_of(c, &d, enter, p, err);
}

static bool named_project(struct call *c, const char *name, bool may_create, bool create,
			  struct project *ret, struct err *err)
{
	struct err why = { 0 };

	if (project_need(c->registry, name, &c->arena, ret, &why))
		return true;
	if (!may_create || !create || why.code != ERR_NOT_FOUND) {
		if (why.code == ERR_NOT_FOUND && may_create)
			fail_hint(&why, "enter it with: portbook project add %s (or --create)",
				  name);
		if (err)
			*err = why;
		return false;
	}
	if (!project_add(
		    c->registry,
		    &(struct project_new){ .name = name, .number = -1, .host = c->registry->host },
		    &c->arena, ret, err))
		return false;
	registry_note(c->registry, "%s the project '%s'", enter_word(c), ret->name);
	return true;
}

bool place_find(struct call *c, const json_t *input, enum place_enter enter, struct place *ret,
		struct err *err)
{
	const char *name = json_text_of(input, "projectName");
	const char *path = json_text_of(input, "path");
	unsigned instance = (unsigned)json_int_of(input, "instance", 0);
	struct place p = { 0 };

	if (!name) {
		if (!place_here(c, path, enter != PLACE_ENTER_NOTHING, &p, err))
			return false;
		if (instance)
			p.instance = instance;
		*ret = p;
		return true;
	}
	if (!named_project(c, name, enter == PLACE_ENTER, json_bool_of(input, "create"), &p.project,
			   err))
		return false;
	p.instance = instance;
	if (!instance && !instance_here(c, path, enter, &p, err))
		return false;
	*ret = p;
	return true;
}

/* A worktree that is new has no instance, and yet a project. */
static bool project_here(struct call *c, const char *path, struct project *ret, struct err *err)
{
	struct directory d;
	struct place p;
	bool found;

	if (!path)
		return fail_no_place(err);
	if (!directory_read(path, &d, err) || !place_of_directory(c, &d, &p, &found, err) ||
	    (!found && !place_main(c, &d, &p, &found, err)))
		return false;
	if (!found)
		return fail_unknown_directory(&d, NULL, err);
	*ret = p.project;
	return true;
}

bool place_project(struct call *c, const json_t *input, struct project *ret, struct err *err)
{
	const char *name = json_text_of(input, "projectName");

	return name ? project_need(c->registry, name, &c->arena, ret, err)
		    : project_here(c, json_text_of(input, "path"), ret, err);
}
