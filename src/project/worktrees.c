#include "project/worktrees.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utf8.h"
#include "project/git.h"

static bool exists(const char *folder, const char *name)
{
	char path[PATH_MAX];

	return path_join(path, folder, name) && access(path, F_OK) == 0;
}

/* Source: gitrepository-layout(5), and git's own test, is_git_directory. */
static bool is_repository(const char *folder)
{
	return exists(folder, "HEAD") && exists(folder, "objects") && exists(folder, "refs");
}

bool repository_read(const char *path, struct directory *ret, struct err *err)
{
	struct directory d;
	char at[PATH_MAX];

	if (!directory_read(path, &d, err))
		return false;
	memcpy(at, d.path, sizeof(at));
	while (!d.is_git && !is_repository(at) && strcmp(at, "/") != 0)
		path_cut_last(at);
	if (!d.is_git && strcmp(at, "/") != 0) {
		d.is_git = true;
		memcpy(d.common, at, sizeof(d.common));
		memcpy(d.root, at, sizeof(d.root));
		git_main_root(at, d.main_root);
		directory_name(&d);
	}
	*ret = d;
	return true;
}

struct reading {
	const struct directory *d;
	struct arena *arena;
	struct worktree_list list;
	unsigned room;
};

static bool fail_read(const char *path, struct err *err)
{
	return fail(err, errno == EACCES ? ERR_NOT_PERMITTED : ERR_IO, "cannot read '%s': %s", path,
		    strerror(errno));
}

static bool add(struct reading *r, const struct worktree *w, struct err *err)
{
	struct worktree *items = arena_grow(r->arena, r->list.items, r->list.count, &r->room,
					    sizeof(*items));

	if (!items || !w->path)
		return fail_memory(err);
	r->list.items = items;
	items[r->list.count++] = *w;
	return true;
}

/* NULL in `*ret`: HEAD names none. */
static bool read_branch(struct reading *r, const char *git_dir, const char **ret, struct err *err)
{
	char head[PATH_MAX], branch[BRANCH_SIZE] = "";

	if (path_read_line(git_dir, "HEAD", head))
		git_branch(head, branch);
	*ret = branch[0] ? arena_copy(r->arena, branch) : NULL;
	return *ret || !branch[0] || fail_memory(err);
}

static bool add_main(struct reading *r, struct err *err)
{
	struct worktree w = { .is_bare = git_is_bare(r->d->common) };
	char root[PATH_MAX];

	git_main_root(r->d->common, root);
	w.path = arena_copy(r->arena, root);
	w.is_there = w.is_bare || exists(root, ".git");
	return read_branch(r, r->d->common, &w.branch, err) && add(r, &w, err);
}

/* Written once, when the worktree is made. */
static int64_t made_at_ms(const char *git_dir)
{
	char path[PATH_MAX];
	struct stat st;

	if (!path_join(path, git_dir, "commondir") || stat(path, &st) < 0)
		return 0;
	return (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
}

/* Where git has it: `gitdir` names the `.git` in its top.  `*ret_found` false: it says nothing. */
static bool read_top(const char *git_dir, char ret[static PATH_MAX], bool *ret_found,
		     struct err *err)
{
	char line[PATH_MAX], path[PATH_MAX];

	*ret_found = false;
	errno = 0;
	if (!path_read_path(git_dir, "gitdir", line))
		/* git has just begun to make it, or to take it away; else it is not known. */
		return !errno || errno == ENOENT || errno == ENOTDIR || fail_read(git_dir, err);
	/* From git 2.48 on it may be relative; of `.git` only the folder may be followed. */
	if (strcmp(path_last(line), ".git") != 0)
		return true;
	path_cut_last(line);
	if (!path_resolve(git_dir, line, path))
		return true;
	memcpy(ret, path, sizeof(path));
	*ret_found = utf8_is_valid(path, strlen(path));
	return true;
}

/* One that was moved by hand knows its repository before that knows of it. */
static bool is_here(const struct directory *d, const char *name)
{
	return d->is_worktree && !strcmp(d->git_name, name);
}

static bool add_linked(struct reading *r, const char *folder, const char *name, struct err *err)
{
	char git_dir[PATH_MAX], top[PATH_MAX];
	struct worktree w = { 0 };
	bool found;

	if (!path_join(git_dir, folder, name) || !utf8_is_valid(name, strlen(name)))
		return true;
	if (!read_top(git_dir, top, &found, err))
		return false;
	if (!found)
		return true;
	w.path = arena_copy(r->arena, top);
	w.is_there = exists(top, ".git");
	if (!w.is_there && is_here(r->d, name)) {
		w.is_there = true;
		w.old_path = w.path;
		w.path = arena_copy(r->arena, r->d->root);
	}
	w.git_name = arena_copy(r->arena, name);
	w.is_locked = exists(git_dir, "locked");
	w.made_at_ms = made_at_ms(git_dir);
	if (!w.git_name)
		return fail_memory(err);
	return read_branch(r, git_dir, &w.branch, err) && add(r, &w, err);
}

static bool add_all_linked(struct reading *r, const char *folder, DIR *dir, struct err *err)
{
	struct dirent *e;

	for (errno = 0; (e = readdir(dir)); errno = 0)
		if (e->d_name[0] != '.' && !add_linked(r, folder, e->d_name, err))
			return false;
	return !errno || fail_read(folder, err);
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct worktree *)a)->path, ((const struct worktree *)b)->path);
}

bool worktrees_read(const struct directory *d, struct arena *a, struct worktree_list *ret,
		    struct err *err)
{
	struct reading r = { .d = d, .arena = a };
	char folder[PATH_MAX];
	bool ok;
	DIR *dir;

	if (!add_main(&r, err))
		return false;
	dir = path_join(folder, d->common, "worktrees") ? opendir(folder) : NULL;
	if (!dir && errno != ENOENT)
		return fail_read(folder, err);
	ok = !dir || add_all_linked(&r, folder, dir, err);
	if (dir)
		closedir(dir);
	if (!ok)
		return false;
	qsort(r.list.items + 1, r.list.count - 1, sizeof(*r.list.items), by_path);
	*ret = r.list;
	return true;
}

const struct worktree *worktree_named(const struct worktree_list *list, const char *git_name)
{
	for (unsigned i = 0; i < list->count; i++)
		if (list->items[i].git_name && !strcmp(list->items[i].git_name, git_name))
			return &list->items[i];
	return NULL;
}

const struct worktree *worktree_at(const struct worktree_list *list, const char *path)
{
	for (unsigned i = 0; i < list->count; i++)
		if (!strcmp(list->items[i].path, path))
			return &list->items[i];
	return NULL;
}
