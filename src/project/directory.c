#include "project/directory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/utf8.h"
#include "project/git.h"

static void find_main(const struct git *git, struct directory *d)
{
	memcpy(d->common, git->common, sizeof(d->common));
	d->is_worktree = git->is_linked;
	if (!git->is_linked) {
		memcpy(d->main_root, d->root, sizeof(d->main_root));
		return;
	}
	git_main_root(git->common, d->main_root);
	snprintf(d->git_name, sizeof(d->git_name), "%s", path_last(git->dir));
}

/* From the folder's name; a hidden one, such as shop/.bare, is only a place inside of shop. */
void directory_name(struct directory *d)
{
	char path[PATH_MAX], *folder;
	size_t len;

	memcpy(path, d->main_root, sizeof(path));
	if (d->is_worktree && *path_last(path) == '.')
		path_cut_last(path);
	folder = strrchr(path, '/');
	folder = folder ? folder + 1 : path;
	len = strlen(folder);
	if (len > 4 && !strcmp(folder + len - 4, ".git"))
		folder[len - 4] = '\0';
	if (!name_from_words(folder, d->name))
		d->name[0] = '\0';
}

static void look_upwards(struct directory *d)
{
	struct git git;

	memcpy(d->root, d->path, sizeof(d->root));
	while (!(d->is_git = git_read(d->root, &git)) && strcmp(d->root, "/") != 0)
		path_cut_last(d->root);
	if (d->is_git) {
		git_branch(git.head, d->branch);
		find_main(&git, d);
	} else {
		memcpy(d->root, d->path, sizeof(d->root));
		memcpy(d->main_root, d->path, sizeof(d->main_root));
	}
}

static bool fail_path(const char *path, struct err *err)
{
	enum err_code code = errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND
			     : errno == EACCES			 ? ERR_NOT_PERMITTED
								 : ERR_IO;

	return fail(err, code, "cannot look at the directory '%s': %s", path, strerror(errno));
}

bool directory_read(const char *path, struct directory *ret, struct err *err)
{
	struct directory d = { 0 };
	struct stat st;

	if (!realpath(path, d.path) || stat(d.path, &st) < 0)
		return fail_path(path, err);
	if (!S_ISDIR(st.st_mode))
		return fail(err, ERR_INVALID, "'%s' is not a directory", d.path);
	look_upwards(&d);
	if (!utf8_is_valid(d.path, strlen(d.path)) ||
	    !utf8_is_valid(d.main_root, strlen(d.main_root)))
		return fail(err, ERR_INVALID, "the path of this directory is not UTF-8");
	directory_name(&d);
	*ret = d;
	return true;
}

bool directory_is_gone(const char *path)
{
	struct stat st;

	if (!path || !*path)
		return false;
	if (stat(path, &st) == 0)
		return !S_ISDIR(st.st_mode);
	return errno == ENOENT || errno == ENOTDIR;
}

bool directory_may_be_worktree(const char *path)
{
	char folder[PATH_MAX], git[PATH_MAX];
	struct stat st;

	if ((size_t)snprintf(folder, sizeof(folder), "%s", path) >= sizeof(folder))
		return false;
	for (;;) {
		if (path_join(git, folder, ".git") && lstat(git, &st) == 0)
			return S_ISREG(st.st_mode);
		if (!strcmp(folder, "/") || !strchr(folder, '/'))
			return false;
		path_cut_last(folder);
	}
}
