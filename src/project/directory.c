#include "project/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cursor.h"
#include "base/fd.h"
#include "base/utf8.h"

/* The pieces of git's layout that are looked at. */
struct git {
	char dir[PATH_MAX];    /* of this checkout: .git, or what its file points to */
	char common[PATH_MAX]; /* of all checkouts of the repository */
	char head[PATH_MAX];   /* the line in HEAD; "": it cannot be read */
	bool is_linked;	       /* common is another's */
};

/* False when it would not fit; `ret` is then cut. */
static bool join(char ret[static PATH_MAX], const char *folder, const char *name)
{
	const char *slash = *folder && folder[strlen(folder) - 1] == '/' ? "" : "/";

	return snprintf(ret, PATH_MAX, "%s%s%s", folder, slash, name) < PATH_MAX;
}

/* The first line of a small file; false when there is none. */
static bool read_line(const char *path, char ret[static PATH_MAX])
{
	CLEANUP(fd_cleanup) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char line[PATH_MAX];
	ssize_t n = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);

	if (n <= 0)
		return false;
	line[n] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	memcpy(ret, line, sizeof(line));
	return line[0] != '\0';
}

static bool read_line_in(const char *folder, const char *name, char ret[static PATH_MAX])
{
	char path[PATH_MAX];

	return join(path, folder, name) && read_line(path, ret);
}

/* `path`, taken from `folder` if it is relative, without links if it is there. */
static bool resolve(const char *folder, const char *path, char ret[static PATH_MAX])
{
	char whole[PATH_MAX], real[PATH_MAX];

	if (path[0] == '/')
		snprintf(whole, sizeof(whole), "%s", path);
	else if (!join(whole, folder, path))
		return false;
	memcpy(ret, realpath(whole, real) ? real : whole, PATH_MAX);
	return true;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Cut the last part off; the root stays. */
static void cut_last(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash)
		slash[slash == path] = '\0';
}

/*
 * A worktree whose repository cannot be seen from here: its link still has the
 * form COMMON/worktrees/NAME.
 */
static void guess_common(struct git *git)
{
	char common[PATH_MAX];

	memcpy(common, git->dir, sizeof(common));
	cut_last(common);
	if (strcmp(last_part(common), "worktrees"))
		return;
	cut_last(common);
	memcpy(git->common, common, sizeof(common));
	git->is_linked = true;
}

/* `dir` is a git directory: find what it has in common with others. */
static void find_common(struct git *git)
{
	char line[PATH_MAX];

	memcpy(git->common, git->dir, sizeof(git->common));
	if (read_line_in(git->dir, "commondir", line))
		git->is_linked = resolve(git->dir, line, git->common);
	else if (access(git->dir, F_OK) < 0)
		guess_common(git);
}

/* The git directory that `dot`, a file, points to. */
static bool follow_link(const char *folder, const char *dot, char ret[static PATH_MAX])
{
	char line[PATH_MAX];
	const char *at = line;

	return read_line(dot, line) && eat_word(&at, "gitdir: ") && resolve(folder, at, ret);
}

/* Is `folder` the top of a checkout? */
static bool git_read(const char *folder, struct git *ret)
{
	struct git git = { 0 };
	char dot[PATH_MAX];
	struct stat st;
	bool is_link;

	if (!join(dot, folder, ".git") || stat(dot, &st) < 0)
		return false;
	is_link = S_ISREG(st.st_mode);
	if (is_link ? !follow_link(folder, dot, git.dir) : !resolve(folder, dot, git.dir))
		return false;
	/* Like git, go on upwards from an empty .git; a link may point to what is not here. */
	if (!read_line_in(git.dir, "HEAD", git.head) && !is_link)
		return false;
	find_common(&git);
	*ret = git;
	return true;
}

static void read_branch(const struct git *git, char ret[static BRANCH_SIZE])
{
	const char *at = git->head;

	/* A repository in reftable's form says .invalid here. */
	if (!eat_word(&at, "ref: refs/heads/") || !strcmp(at, ".invalid") ||
	    strlen(at) >= BRANCH_SIZE || !utf8_is_printable(at, strlen(at)))
		return;
	memcpy(ret, at, strlen(at) + 1);
}

/*
 * core.worktree of a repository that does not lie in its checkout, as a
 * submodule's does not.  git writes it as a line of its own, without quotes
 * unless the path needs them.
 */
static bool read_core_worktree(const char *common, char ret[static PATH_MAX])
{
	CLEANUP(text_release) struct text config = { 0 };
	char path[PATH_MAX], value[PATH_MAX];
	const char *at;

	if (!join(path, common, "config") || !file_read(path, 1 << 20, &config, NULL))
		return false;
	at = strstr(text_str(&config), "\tworktree = ");
	if (!at)
		return false;
	at += strlen("\tworktree = ");
	if (snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, "\r\n"), at) >= PATH_MAX)
		return false;
	return value[0] && value[0] != '"' && resolve(common, value, ret);
}

static void find_main(const struct git *git, struct directory *d)
{
	memcpy(d->main_root, d->root, sizeof(d->main_root));
	d->is_worktree = git->is_linked;
	if (!git->is_linked || read_core_worktree(git->common, d->main_root))
		return;
	memcpy(d->main_root, git->common, sizeof(d->main_root));
	if (!strcmp(last_part(d->main_root), ".git"))
		cut_last(d->main_root);
}

/* From the folder's name; a hidden one, such as shop/.bare, is only a place inside of shop. */
static void find_name(struct directory *d)
{
	char path[PATH_MAX], *folder;
	size_t len;

	memcpy(path, d->main_root, sizeof(path));
	if (d->is_worktree && *last_part(path) == '.')
		cut_last(path);
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
		cut_last(d->root);
	if (d->is_git) {
		read_branch(&git, d->branch);
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
	find_name(&d);
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
