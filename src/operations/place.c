#include "operations/place.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "registry/instances.h"
#include "registry/projects.h"

static const char *entered(const struct call *c)
{
	return c->is_trial ? "would enter" : "entered";
}

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
	} while (!*ret_found && go_up(at) && strlen(at) >= least);
	return true;
}

bool place_of_directory(struct call *c, const struct directory *d, struct place *ret,
			bool *ret_found, struct err *err)
{
	struct place p = { .of_directory = true };

	snprintf(p.root, sizeof(p.root), "%s", d->root);
	/* A linked worktree may lie inside its main checkout, and is still not it. */
	if (!search_upwards(c, d->path, d->is_worktree ? d->root : NULL, &p, ret_found, err))
		return false;
	if (*ret_found)
		*ret = p;
	return true;
}

static bool is_above(const char *folder, const char *path)
{
	size_t len = strlen(folder);

	return !strcmp(folder, "/") ||
	       (path && !strncmp(path, folder, len) && (!path[len] || path[len] == '/'));
}

/* Does one of the folders in it have a `.git`?  What cannot be read has none. */
static bool holds_checkouts(const char *folder)
{
	char git[PATH_MAX];
	DIR *dir = opendir(folder);
	bool found = false;

	for (struct dirent *e; dir && !found && (e = readdir(dir));)
		found = e->d_name[0] != '.' &&
			snprintf(git, sizeof(git), "%s/%s/.git", folder, e->d_name) <
				(int)sizeof(git) &&
			access(git, F_OK) == 0;
	if (dir)
		closedir(dir);
	return found;
}

/*
 * A folder that is not a project but holds some: entered by a slip, it would
 * take in every checkout below it (the longest recorded path wins).  Named by
 * hand (init --project) it may still be one.
 */
static bool is_nobodys(const struct directory *d)
{
	struct stat st;

	if (d->is_git)
		return false;
	return is_above(d->path, getenv("HOME")) || holds_checkouts(d->path) ||
	       (stat(d->path, &st) == 0 && (st.st_mode & S_ISVTX) && (st.st_mode & S_IWOTH));
}

static bool fail_nobodys(const struct directory *d, struct err *err)
{
	fail(err, ERR_INVALID, "'%.200s' is no project's directory, but one above projects",
	     d->path);
	return fail_hint(err, "go to the project, or name it: project/service; if this is one: "
			      "portbook init --project NAME");
}

/* The folder's name, or with -2, -3 ... behind it where another folder has that. */
static bool free_name(struct call *c, const struct directory *d, char ret[static NAME_SIZE],
		      struct err *err)
{
	struct store *s = c->registry->store;
	struct project other;
	bool found = true;

	if (!d->name[0])
		return fail(err, ERR_INVALID,
			    "the folder '%.200s' gives no project name; give one with: "
			    "portbook init --project NAME",
			    d->main_root);
	snprintf(ret, NAME_SIZE, "%s", d->name);
	for (unsigned n = 2; found; n++) {
		if (!s->ops->project_find(s, PROJECT_BY_NAME(ret), &c->arena, &other, &found, err))
			return false;
		if (!found)
			return true;
		/* Entered by name, without a folder: this is where it lives. */
		if (!other.path && n == 2 && strcmp(other.name, SHARED_PROJECT) != 0)
			return true;
		snprintf(ret, NAME_SIZE, "%.55s-%u", d->name, n);
	}
	return true;
}

static bool adopt_folder(struct call *c, const struct project *known, const struct directory *d,
			 struct project *ret, struct err *err)
{
	struct project_change change = PROJECT_CHANGE_NONE;

	change.path = d->main_root;
	change.op = "project-set";
	change.host = c->registry->host;
	if (!project_set(c->registry, known, &change, &c->arena, ret, err))
		return false;
	registry_note(c->registry, "'%s' %s in %s from now on", ret->name,
		      c->is_trial ? "would live" : "lives", d->main_root);
	return true;
}

static bool enter_project(struct call *c, const struct directory *d, struct project *ret,
			  struct err *err)
{
	struct store *s = c->registry->store;
	char name[NAME_SIZE];
	struct project known;
	bool found;

	if (is_nobodys(d))
		return fail_nobodys(d, err);
	if (!free_name(c, d, name, err) ||
	    !s->ops->project_find(s, PROJECT_BY_NAME(name), &c->arena, &known, &found, err))
		return false;
	if (found)
		return adopt_folder(c, &known, d, ret, err);
	if (!project_add(c->registry,
			 &(struct project_new){ .name = name,
						.number = -1,
						.path = d->main_root,
						.host = c->registry->host },
			 &c->arena, ret, err))
		return false;
	registry_note(c->registry, "%s the project '%s' for %s%s", entered(c), name, d->main_root,
		      strcmp(name, d->name) != 0 ? " (another folder has the shorter name)" : "");
	return true;
}

/* A linked worktree is an instance of its own. */
static bool enter_worktree(struct call *c, const struct directory *d, struct place *p,
			   struct err *err)
{
	const struct instance_change change = { .branch = d->branch, .worktree = d->root };
	struct instance i;
	bool is_new;

	if (!instance_next(c->registry, &p->project, c->registry->host, &p->instance, err) ||
	    !instance_need(c->registry, &p->project, p->instance, c->registry->host, &c->arena, &i,
			   &is_new, err) ||
	    !instance_set(c->registry, &p->project, &i, &change, &c->arena, &i, err))
		return false;
	registry_note(c->registry, "%s the worktree %s as instance %u of '%s'", entered(c), d->root,
		      p->instance, p->project.name);
	return true;
}

bool place_main(struct call *c, const struct directory *d, struct place *ret)
{
	bool found = false;

	return d->is_worktree && search_upwards(c, d->main_root, NULL, ret, &found, NULL) && found;
}

static bool fail_unknown_directory(const struct directory *d, const struct project *main,
				   struct err *err)
{
	if (main) {
		fail(err, ERR_NOT_FOUND, "the worktree '%.200s' of '%s' has no ports yet", d->root,
		     main->name);
		return fail_hint(err, "portbook get SERVICE gives it an instance and a port");
	}
	fail(err, ERR_NOT_FOUND, "the book knows no project in '%.200s'", d->path);
	return fail_hint(err, "enter it with: portbook init (or name one: project/service)");
}

static bool place_new(struct call *c, const struct directory *d, bool enter, struct place *ret,
		      struct err *err)
{
	struct place p = { .of_directory = true, .instance = 1 };
	bool found = false;

	snprintf(p.root, sizeof(p.root), "%s", d->root);
	if (d->is_worktree && !search_upwards(c, d->main_root, NULL, &p, &found, err))
		return false;
	if (!enter)
		return fail_unknown_directory(d, found ? &p.project : NULL, err);
	if (!found && !enter_project(c, d, &p.project, err))
		return false;
	if (d->is_worktree && !enter_worktree(c, d, &p, err))
		return false;
	*ret = p;
	return true;
}

static bool place_here(struct call *c, const char *path, bool enter, struct place *ret,
		       struct err *err)
{
	struct directory d;
	bool found;

	if (!path)
		return fail(err, ERR_INVALID, "it is not said which project is meant");
	if (!directory_read(path, &d, err) || !place_of_directory(c, &d, ret, &found, err))
		return false;
	return found || place_new(c, &d, enter, ret, err);
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

/* Might the directory be a worktree of that project?  Most have none, and are done here. */
static bool may_be_worktree(struct call *c, const char *path, const struct project *p, bool *ret,
			    struct err *err)
{
	struct store *s = c->registry->store;
	char real[PATH_MAX];
	struct worktrees w = { .path = real };

	*ret = false;
	if (!path || !realpath(path, real))
		return true;
	if (!s->ops->instance_each(s, p->id, match_worktree, &w, err))
		return false;
	*ret = w.matches;
	return true;
}

/* The directory's instance, if the directory is that project's; else 1. */
static bool instance_here(struct call *c, const char *path, const struct project *p, unsigned *ret,
			  struct err *err)
{
	struct directory d;
	struct place here;
	bool found;

	*ret = 1;
	if (!may_be_worktree(c, path, p, &found, err))
		return false;
	if (!found || !directory_read(path, &d, NULL))
		return true;
	if (!place_of_directory(c, &d, &here, &found, err))
		return false;
	if (found && !strcmp(here.project.id, p->id))
		*ret = here.instance;
	return true;
}

static bool named_project(struct call *c, const char *name, bool create, struct project *ret,
			  struct err *err)
{
	struct err why = { 0 };

	if (project_need(c->registry, name, &c->arena, ret, &why))
		return true;
	if (!create || why.code != ERR_NOT_FOUND) {
		if (err)
			*err = why;
		return false;
	}
	if (!project_add(
		    c->registry,
		    &(struct project_new){ .name = name, .number = -1, .host = c->registry->host },
		    &c->arena, ret, err))
		return false;
	registry_note(c->registry, "%s the project '%s'", entered(c), ret->name);
	return true;
}

bool place_find(struct call *c, const json_t *input, bool enter, struct place *ret, struct err *err)
{
	const char *name = json_text_of(input, "projectName");
	const char *path = json_text_of(input, "path");
	unsigned instance = (unsigned)json_int_of(input, "instance", 0);
	struct place p = { 0 };

	if (!name) {
		if (!place_here(c, path, enter, &p, err))
			return false;
		if (instance)
			p.instance = instance;
		*ret = p;
		return true;
	}
	if (!named_project(c, name, enter && json_bool_of(input, "create"), &p.project, err))
		return false;
	p.instance = instance;
	if (!instance && !instance_here(c, path, &p.project, &p.instance, err))
		return false;
	*ret = p;
	return true;
}

bool place_project(struct call *c, const json_t *input, struct project *ret, struct err *err)
{
	const char *name = json_text_of(input, "projectName");
	struct place p;

	if (name)
		return project_need(c->registry, name, &c->arena, ret, err);
	if (!place_here(c, json_text_of(input, "path"), false, &p, err))
		return false;
	*ret = p.project;
	return true;
}
