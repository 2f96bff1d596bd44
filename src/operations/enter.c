#include "operations/enter.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "project/declaration.h"
#include "registry/field.h"
#include "registry/hosts.h"
#include "registry/instances.h"
#include "registry/projects.h"

const char *enter_word(const struct call *c)
{
	return c->is_trial ? "would enter" : "entered";
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
bool enter_is_possible(const struct directory *d)
{
	struct stat st;

	if (d->is_git)
		return true;
	return !is_above(d->path, getenv("HOME")) && !holds_checkouts(d->path) &&
	       !(stat(d->path, &st) == 0 && (st.st_mode & S_ISVTX) && (st.st_mode & S_IWOTH));
}

static bool fail_nobodys(const struct directory *d, struct err *err)
{
	fail(err, ERR_INVALID, "'%.200s' is no project's directory, but one above projects",
	     d->path);
	return fail_hint(err, "go to the project, or name it: project/service; if this is one: "
			      "portbook init --project NAME");
}

/* `name`, or with -2, -3 ... behind it where another folder has that. */
static bool free_name(struct call *c, const struct directory *d, const char *name,
		      char ret[static NAME_SIZE], struct err *err)
{
	struct store *s = c->registry->store;
	struct project other;
	bool found = true;

	if (!name[0])
		return fail(err, ERR_INVALID,
			    "the folder '%.200s' gives no project name; give one with: "
			    "portbook init --project NAME",
			    d->main_root);
	snprintf(ret, NAME_SIZE, "%s", name);
	for (unsigned n = 2; found; n++) {
		if (!s->ops->project_find(s, PROJECT_BY_NAME(ret), &c->arena, &other, &found, err))
			return false;
		if (!found)
			return true;
		/* Entered by name, without a folder: this is where it lives. */
		if (!other.path && n == 2 && strcmp(other.name, SHARED_PROJECT) != 0)
			return true;
		snprintf(ret, NAME_SIZE, "%.55s-%u", name, n);
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

/*
 * The folder's name was given by whoever uses it; a declared one comes from
 * elsewhere, and must not get at the ports of a project by its name alone.
 */
static bool fail_adoption(const struct project *known, const struct directory *d, struct err *err)
{
	fail(err, ERR_TAKEN,
	     "the " DECLARATION_FILE " of '%.200s' calls its project '%s', which the book knows "
	     "without a folder",
	     d->root, known->name);
	return fail_hint(err,
			 "if this is it: portbook init --project %s; if not, give it another name: "
			 "portbook init --project NAME",
			 known->name);
}

/* With the number that is declared, if it can be had. */
static bool add_numbered(struct call *c, struct project_new *what, struct project *ret,
			 struct err *err)
{
	struct err why = { 0 };

	if (what->number < 0)
		return project_add(c->registry, what, &c->arena, ret, err);
	if (project_add(c->registry, what, &c->arena, ret, &why))
		return true;
	if (why.code != ERR_TAKEN && why.code != ERR_INVALID) {
		if (err)
			*err = why;
		return false;
	}
	what->number = -1;
	if (!project_add(c->registry, what, &c->arena, ret, err))
		return false;
	registry_note(c->registry, "'%s' has not the number that " DECLARATION_FILE " gives it: %s",
		      ret->name, why.text);
	return true;
}

static bool add_said(struct call *c, const struct directory *d, const struct declaration *said,
		     const char *name, int number, struct project *ret, struct err *err)
{
	struct project_new what = {
		.name = name,
		.number = said && said->number >= 0 ? said->number : number,
		.owner = said ? said->owner : NULL,
		.description = said ? said->description : NULL,
		.path = d->main_root,
		.host = c->registry->host,
	};

	return add_numbered(c, &what, ret, err);
}

bool enter_project_named(struct call *c, const struct directory *d, const char *name,
			 struct project *ret, struct err *err)
{
	const struct declaration *said;

	return declaration_read(d->root, &c->arena, &said, err) &&
	       add_said(c, d, said, name, -1, ret, err);
}

bool enter_project(struct call *c, const struct directory *d, struct project *ret, struct err *err)
{
	return enter_project_numbered(c, d, -1, ret, err);
}

bool enter_is_elsewhere(struct call *c, const struct project *p, bool *ret, struct err *err)
{
	*ret = false;
	return !directory_is_gone(p->path) || host_is_anybodys(c->registry) ||
	       project_is_elsewhere(c->registry, p->id, c->registry->host, ret, err);
}

/* Why it is not called what the folder is called; "": it is. */
static bool why_longer(struct call *c, const char *name, const char *wanted, const char **ret,
		       struct err *err)
{
	struct store *s = c->registry->store;
	bool found, elsewhere = false;
	struct project other;

	*ret = "";
	if (!strcmp(name, wanted))
		return true;
	if (!s->ops->project_find(s, PROJECT_BY_NAME(wanted), &c->arena, &other, &found, err) ||
	    (found && !enter_is_elsewhere(c, &other, &elsewhere, err)))
		return false;
	*ret = elsewhere
		       ? arena_printf(&c->arena,
				      " ('%s' is on another machine; if this is the same: portbook "
				      "undo, then portbook init --project %s)",
				      wanted, wanted)
		       : " (another folder has the shorter name)";
	return *ret || fail_memory(err);
}

bool enter_project_numbered(struct call *c, const struct directory *d, int number,
			    struct project *ret, struct err *err)
{
	struct store *s = c->registry->store;
	const struct declaration *said;
	const char *wanted, *why;
	char name[NAME_SIZE];
	struct project known;
	bool found;

	if (!enter_is_possible(d))
		return fail_nobodys(d, err);
	if (!declaration_read(d->root, &c->arena, &said, err))
		return false;
	wanted = said && said->project[0] ? said->project : d->name;
	if (!free_name(c, d, wanted, name, err) ||
	    !s->ops->project_find(s, PROJECT_BY_NAME(name), &c->arena, &known, &found, err))
		return false;
	if (found)
		return strcmp(wanted, d->name) ? fail_adoption(&known, d, err)
					       : adopt_folder(c, &known, d, ret, err);
	if (!why_longer(c, name, wanted, &why, err) ||
	    !add_said(c, d, said, name, number, ret, err))
		return false;
	registry_note(c->registry, "%s the project '%s' for %s%s", enter_word(c), name,
		      d->main_root, why);
	return true;
}

bool worktree_enter(struct call *c, const struct checkout_at *at, const struct project *project,
		    unsigned *ret, struct err *err)
{
	const struct instance_change change = { .branch = at->branch, .worktree = at->root };
	struct instance i;
	unsigned number;
	bool entered;

	/* Who goes on after this failed must not find an instance without its path. */
	if (!field_is_path(at->root, err))
		return false;
	if (!instance_next(c->registry, project, c->registry->host, &number, err) ||
	    !instance_need(c->registry, project, number, c->registry->host, &c->arena, &i, &entered,
			   err) ||
	    !instance_set(c->registry, project, &i, &change, &c->arena, &i, err))
		return false;
	*ret = number;
	return true;
}

bool worktree_move(struct call *c, const struct checkout_at *at, const struct project *project,
		   unsigned number, const char **ret_was, struct err *err)
{
	const struct instance_change change = {
		.branch = at->branch && *at->branch ? at->branch : NULL,
		.worktree = at->root,
	};
	struct instance i, moved;
	bool entered;

	if (!instance_need(c->registry, project, number, c->registry->host, &c->arena, &i, &entered,
			   err) ||
	    !instance_set(c->registry, project, &i, &change, &c->arena, &moved, err))
		return false;
	*ret_was = i.worktree ? i.worktree : "";
	return true;
}

bool enter_worktree(struct call *c, const struct directory *d, const struct project *project,
		    unsigned *ret, struct err *err)
{
	const struct checkout_at at = { d->root, d->branch };

	if (!worktree_enter(c, &at, project, ret, err))
		return false;
	registry_note(c->registry, "%s the worktree %s as instance %u of '%s'", enter_word(c),
		      d->root, *ret, project->name);
	return true;
}

bool enter_checkout(struct call *c, const struct directory *d, const struct project *project,
		    struct err *err)
{
	const struct checkout_at at = { d->main_root, d->is_worktree ? NULL : d->branch };
	unsigned number;

	if (!worktree_enter(c, &at, project, &number, err))
		return false;
	registry_note(c->registry,
		      "%s %s as instance %u of '%s', whose path '%s' is another machine's",
		      enter_word(c), d->main_root, number, project->name, project->path);
	return true;
}

bool enter_move(struct call *c, const struct directory *d, const struct project *project,
		unsigned number, struct err *err)
{
	const struct checkout_at at = { d->root, d->branch };
	const char *was;

	if (!worktree_move(c, &at, project, number, &was, err))
		return false;
	registry_note(c->registry, "instance %u of '%s' %s from %s to %s", number, project->name,
		      c->is_trial ? "would move" : "has moved", was, d->root);
	return true;
}
