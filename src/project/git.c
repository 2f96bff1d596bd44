#include "project/git.h"

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

bool path_join(char ret[static PATH_MAX], const char *folder, const char *name)
{
	const char *slash = *folder && folder[strlen(folder) - 1] == '/' ? "" : "/";

	return snprintf(ret, PATH_MAX, "%s%s%s", folder, slash, name) < PATH_MAX;
}

/* What fits; false when it is empty, or cannot be read. */
static bool read_small(const char *folder, const char *name, char ret[static PATH_MAX])
{
	char path[PATH_MAX];
	ssize_t n;

	if (!path_join(path, folder, name))
		return false;

	CLEANUP(fd_cleanup) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	n = fd < 0 ? -1 : read(fd, ret, PATH_MAX - 1);
	if (n <= 0)
		return false;
	ret[n] = '\0';
	return true;
}

bool path_read_line(const char *folder, const char *name, char ret[static PATH_MAX])
{
	char text[PATH_MAX];

	if (!read_small(folder, name, text))
		return false;
	text[strcspn(text, "\r\n")] = '\0';
	memcpy(ret, text, strlen(text) + 1);
	return ret[0] != '\0';
}

bool path_read_path(const char *folder, const char *name, char ret[static PATH_MAX])
{
	char text[PATH_MAX];
	size_t len;

	if (!read_small(folder, name, text))
		return false;
	for (len = strlen(text); len && strchr("\r\n", text[len - 1]);)
		text[--len] = '\0';
	memcpy(ret, text, len + 1);
	return len > 0;
}

bool path_resolve(const char *folder, const char *path, char ret[static PATH_MAX])
{
	char whole[PATH_MAX], real[PATH_MAX];

	if (path[0] == '/')
		snprintf(whole, sizeof(whole), "%s", path);
	else if (!path_join(whole, folder, path))
		return false;
	memcpy(ret, realpath(whole, real) ? real : whole, PATH_MAX);
	return true;
}

const char *path_last(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

void path_cut_last(char *path)
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
	path_cut_last(common);
	if (strcmp(path_last(common), "worktrees"))
		return;
	path_cut_last(common);
	memcpy(git->common, common, sizeof(common));
	git->is_linked = true;
}

/* `dir` is a git directory: find what it has in common with others. */
static void find_common(struct git *git)
{
	char line[PATH_MAX];

	memcpy(git->common, git->dir, sizeof(git->common));
	if (path_read_path(git->dir, "commondir", line))
		git->is_linked = path_resolve(git->dir, line, git->common);
	else if (access(git->dir, F_OK) < 0)
		guess_common(git);
}

/* The git directory that `.git`, a file, points to. */
static bool follow_link(const char *folder, char ret[static PATH_MAX])
{
	char text[PATH_MAX];
	const char *at = text;

	return path_read_path(folder, ".git", text) && eat_word(&at, "gitdir: ") &&
	       path_resolve(folder, at, ret);
}

bool git_read(const char *folder, struct git *ret)
{
	struct git git = { 0 };
	char dot[PATH_MAX];
	struct stat st;
	bool is_link;

	if (!path_join(dot, folder, ".git") || stat(dot, &st) < 0)
		return false;
	is_link = S_ISREG(st.st_mode);
	if (is_link ? !follow_link(folder, git.dir) : !path_resolve(folder, dot, git.dir))
		return false;
	/* Like git, go on upwards from an empty .git; a link may point to what is not here. */
	if (!path_read_line(git.dir, "HEAD", git.head) && !is_link)
		return false;
	find_common(&git);
	*ret = git;
	return true;
}

void git_branch(const char *head, char ret[static BRANCH_SIZE])
{
	const char *at = head;

	/* A repository in reftable's form says .invalid here. */
	if (!eat_word(&at, "ref: refs/heads/") || !strcmp(at, ".invalid") ||
	    strlen(at) >= BRANCH_SIZE || !utf8_is_printable(at, strlen(at)))
		return;
	memcpy(ret, at, strlen(at) + 1);
}

static bool read_config(const char *common, struct text *ret)
{
	char path[PATH_MAX];

	return path_join(path, common, "config") && file_read(path, 1 << 20, ret, NULL);
}

/*
 * core.worktree of a repository that does not lie in its checkout, as a
 * submodule's does not.  git writes it as a line of its own, without quotes
 * unless the path needs them.
 */
static bool read_core_worktree(const char *common, char ret[static PATH_MAX])
{
	CLEANUP(text_release) struct text config = { 0 };
	char value[PATH_MAX];
	const char *at;

	if (!read_config(common, &config))
		return false;
	at = strstr(text_str(&config), "\tworktree = ");
	if (!at)
		return false;
	at += strlen("\tworktree = ");
	if (snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, "\r\n"), at) >= PATH_MAX)
		return false;
	return value[0] && value[0] != '"' && path_resolve(common, value, ret);
}

void git_main_root(const char *common, char ret[static PATH_MAX])
{
	if (read_core_worktree(common, ret))
		return;
	memcpy(ret, common, strlen(common) + 1);
	if (!strcmp(path_last(ret), ".git"))
		path_cut_last(ret);
}

bool git_is_bare(const char *common)
{
	CLEANUP(text_release) struct text config = { 0 };

	return read_config(common, &config) && strstr(text_str(&config), "\tbare = true");
}
