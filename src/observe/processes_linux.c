/*
 * /proc/PID/fd holds a link for each open file, and a socket's says
 * "socket:[INODE]".  There is no way back from the socket to its processes, so
 * processes are looked through until one has it.  Rationale of the order: a
 * process of the socket's own user is likelier than others, and of those the
 * newest: what just took a port just started.
 *
 * A process is held by a descriptor of its folder: when it ends, every look
 * through that fails, whoever gets its number next.
 */
#include "observe/processes.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cursor.h"
#include "base/fd.h"
#include "base/utf8.h"

/* What the kernel adds to the name of a folder that was deleted: proc(5), /proc/PID/cwd. */
#define DELETED " (deleted)"

struct pids {
	pid_t *at;
	size_t count, size;
};

struct search {
	const struct socket_row *rows;
	unsigned count;
};

static void pids_release(struct pids *pids)
{
	free(pids->at);
}

static bool pids_add(struct pids *pids, pid_t pid)
{
	if (pids->count == pids->size) {
		size_t size = pids->size ? 2 * pids->size : 512;
		pid_t *at = reallocarray(pids->at, size, sizeof(*at));

		if (!at)
			return false;
		pids->at = at;
		pids->size = size;
	}
	pids->at[pids->count++] = pid;
	return true;
}

static void folder_cleanup(DIR **folder)
{
	if (*folder)
		closedir(*folder);
}

static bool pid_parse(const char *name, pid_t *ret)
{
	uint64_t pid;

	if (!eat_number(&name, INT_MAX, &pid) || !eat_end(&name))
		return false;
	*ret = (pid_t)pid;
	return true;
}

/* In the order of /proc, oldest number first; those there is no memory for are left out. */
static void pids_read(struct pids *ret)
{
	CLEANUP(folder_cleanup) DIR *proc = opendir("/proc");
	const struct dirent *file;
	pid_t pid;

	while (proc && (file = readdir(proc)))
		if (pid_parse(file->d_name, &pid) && !pids_add(ret, pid))
			return;
}

static int open_folder(int at, const char *name)
{
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Read a link whole; false: it is not there, not ours to read, or too long. */
static bool read_link(int at, const char *name, char *ret, size_t size)
{
	ssize_t len = readlinkat(at, name, ret, size);

	if (len < 0 || (size_t)len >= size)
		return false;
	ret[len] = '\0';
	return true;
}

/* The inode of "socket:[INODE]"; 0: it is another file. */
static ino_t socket_of_link(const char *link)
{
	uint64_t inode;

	if (!eat_word(&link, "socket:[") || !eat_number(&link, UINT64_MAX, &inode) ||
	    !eat_char(&link, ']'))
		return 0;
	return inode;
}

/* NULL: it is none of those that are looked for. */
static const struct socket_row *row_of(const struct search *s, ino_t inode)
{
	for (unsigned i = 0; inode && i < s->count; i++)
		if (s->rows[i].inode == inode)
			return &s->rows[i];
	return NULL;
}

static bool is_of_wanted_user(const struct search *s, uid_t uid)
{
	for (unsigned i = 0; i < s->count; i++)
		if (s->rows[i].uid == uid)
			return true;
	return false;
}

/* The first of the sockets that the process has open; NULL: none that we may see. */
static const struct socket_row *find_socket(int process, const struct search *s)
{
	int fd = open_folder(process, "fd");
	CLEANUP(folder_cleanup) DIR *files = fd < 0 ? NULL : fdopendir(fd);
	const struct socket_row *found = NULL;
	const struct dirent *file;
	char link[64];

	if (fd >= 0 && !files)
		close(fd);
	while (!found && files && (file = readdir(files)))
		if (read_link(fd, file->d_name, link, sizeof(link)))
			found = row_of(s, socket_of_link(link));
	return found;
}

/* False when the process is gone. */
static bool read_program(int process, char *ret, size_t size)
{
	CLEANUP(fd_cleanup) int fd = openat(process, "comm", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, ret, size - 1);

	if (len < 0)
		return false;
	while (len > 0 && ret[len - 1] == '\n')
		len--;
	ret[len] = '\0';
	/* A program names itself as it likes: keep the terminal and JSON safe from it. */
	if (!utf8_is_printable(ret, (size_t)len))
		for (char *c = ret; *c; c++)
			if (*c < ' ' || *c > '~')
				*c = '?';
	return true;
}

/*
 * In another mount namespace a path may name another folder than for us, as
 * in a container; or the same, as in a unit with PrivateTmp: compare.  Not
 * done where it need not be, for a folder on a dead server would hold us up.
 */
static bool is_path_of_ours(int process, const char *path)
{
	char its[64], ours[64];
	struct stat there, here;

	if (!read_link(process, "ns/mnt", its, sizeof(its)) ||
	    !read_link(AT_FDCWD, "/proc/self/ns/mnt", ours, sizeof(ours)))
		return false;
	return strcmp(its, ours) == 0 ||
	       (fstatat(process, "cwd", &there, 0) == 0 && stat(path, &here) == 0 &&
		there.st_dev == here.st_dev && there.st_ino == here.st_ino);
}

static void read_cwd(int process, char *ret, size_t size)
{
	const size_t tail = sizeof(DELETED) - 1;
	size_t len;

	if (!read_link(process, "cwd", ret, size) || !is_path_of_ours(process, ret)) {
		ret[0] = '\0';
		return;
	}
	len = strlen(ret);
	if (len > tail && strcmp(ret + len - tail, DELETED) == 0)
		ret[len - tail] = '\0';
	if (!utf8_is_printable(ret, strlen(ret)))
		ret[0] = '\0';
}

static bool look_into(pid_t pid, const struct search *s, bool own_user, struct listener *ret)
{
	char path[sizeof("/proc/2147483647")];
	const struct socket_row *found;
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d", pid);

	CLEANUP(fd_cleanup) int process = open_folder(AT_FDCWD, path);

	if (process < 0 || fstat(process, &st) < 0 || is_of_wanted_user(s, st.st_uid) != own_user)
		return false;
	found = find_socket(process, s);
	if (!found || !read_program(process, ret->program, sizeof(ret->program)))
		return false;
	read_cwd(process, ret->cwd, sizeof(ret->cwd));
	ret->pid = pid;
	ret->uid = found->uid;
	return true;
}

bool process_of_sockets(const struct socket_row *rows, unsigned count, struct listener *ret)
{
	const struct search search = { .rows = rows, .count = count };
	CLEANUP(pids_release) struct pids pids = { 0 };

	pids_read(&pids);
	for (size_t i = pids.count; i-- > 0;)
		if (look_into(pids.at[i], &search, true, ret))
			return true;
	for (size_t i = pids.count; i-- > 0;)
		if (look_into(pids.at[i], &search, false, ret))
			return true;
	return false;
}
