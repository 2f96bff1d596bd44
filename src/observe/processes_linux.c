/*
 * What /proc/PID says of a process.  The folder is held by a descriptor: when
 * the process ends, every look through that fails, whoever gets its number next.
 */
#include <limits.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/utf8.h"
#include "observe/processes_linux.h"
#include "observe/proc_text_linux.h"
#include "base/cursor.h"

/* What the kernel adds to the name of a folder that was deleted: proc(5), /proc/PID/cwd. */
#define DELETED " (deleted)"
/* Rationale: a command line that is longer is not read by anybody. */
#define COMMAND_SIZE 1024
/* Rationale: every file but cmdline is shorter; a cgroup path may be long. */
#define FILE_SIZE 8192
/* Rationale: of the shell of a terminal it is five; deeper is a supervisor of supervisors. */
#define MAX_ANCESTORS 12

int proc_folder_open(int at, const char *name)
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

ino_t proc_socket_of(int files, const char *fd)
{
	char link[64];
	const char *at = link;
	uint64_t inode;

	if (!read_link(files, fd, link, sizeof(link)) || !eat_word(&at, "socket:[") ||
	    !eat_number(&at, UINT64_MAX, &inode) || !eat_char(&at, ']'))
		return 0;
	return inode;
}

/* The file's start, ended by a NUL; its length, -1 when the process is gone or not ours. */
static ssize_t read_file(int process, const char *name, char *ret, size_t size)
{
	CLEANUP(fd_cleanup) int fd = openat(process, name, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, ret, size - 1);

	if (len >= 0)
		ret[len] = '\0';
	return len;
}

/* A copy that can be shown; NULL: there is none, or no memory for it. */
static const char *kept(struct arena *a, struct piece_of piece)
{
	char *copy = piece.at && piece.len ? arena_alloc(a, piece.len + 1) : NULL;

	if (!copy)
		return NULL;
	memcpy(copy, piece.at, piece.len);
	make_printable(copy);
	return copy;
}

static const char *kept_text(struct arena *a, const char *text)
{
	return kept(a, (struct piece_of){ text, strlen(text) });
}

/*
 * Node names its first thread so since it has a name for each: the file that runs says more.
 */
static bool hides_program(struct piece_of name)
{
	return name.len == strlen("MainThread") && !memcmp(name.at, "MainThread", name.len);
}

static const char *program_of(int process, struct piece_of name, struct arena *a)
{
	char exe[PATH_MAX];

	if (hides_program(name) && read_link(process, "exe", exe, sizeof(exe)) && strrchr(exe, '/'))
		return kept_text(a, strrchr(exe, '/') + 1);
	return kept(a, name);
}

static void learn_program(int process, struct arena *a, struct process *p)
{
	char text[64];

	if (read_file(process, "comm", text, sizeof(text)) > 0)
		p->program = program_of(process, (struct piece_of){ text, strcspn(text, "\n") }, a);
}

static int64_t nanoseconds(clockid_t clock)
{
	struct timespec t = { 0 };

	clock_gettime(clock, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* Both clocks go on in sleep, so that their difference is the time of the boot. */
static int64_t time_of_tick(uint64_t tick)
{
	int64_t boot_ms = (nanoseconds(CLOCK_REALTIME) - nanoseconds(CLOCK_BOOTTIME)) / 1000000;
	long per_second = sysconf(_SC_CLK_TCK);

	return boot_ms + (int64_t)(tick * 1000 / (uint64_t)(per_second > 0 ? per_second : 100));
}

static void learn_start(int process, struct arena *a, struct process *p)
{
	char text[1024];
	struct stat_line line;

	if (read_file(process, "stat", text, sizeof(text)) <= 0 || !stat_line_parse(text, &line))
		return;
	p->program = program_of(process, line.program, a);
	p->parent = line.parent;
	p->start = line.start;
	p->started_at_ms = time_of_tick(line.start);
}

static void learn_command(int process, struct arena *a, struct process *p)
{
	char text[COMMAND_SIZE];
	ssize_t len = read_file(process, "cmdline", text, sizeof(text));

	if (len <= 0)
		return;
	command_line_join(text, (size_t)len);
	p->command = kept_text(a, text);
}

static void learn_cgroup(int process, struct arena *a, struct process *p)
{
	char text[FILE_SIZE];
	struct cgroup_text cgroup;

	if (read_file(process, "cgroup", text, sizeof(text)) <= 0)
		return;
	cgroup_text_parse(text, &cgroup);
	p->cgroup = kept(a, cgroup.path);
	p->unit = kept(a, cgroup.unit);
	p->container = kept(a, cgroup.container);
	p->container_id = cgroup.is_container_id ? p->container : NULL;
	p->container_folder = p->container_service = NULL;
}

void viewpoint_read(struct viewpoint *ret)
{
	if (!read_link(AT_FDCWD, "/proc/self/ns/mnt", ret->mounts, sizeof(ret->mounts)))
		ret->mounts[0] = '\0';
}

/*
 * In another mount namespace a path may name another folder than for us, as
 * in a container; or the same, as in a unit with PrivateTmp: compare.  Not
 * done where it need not be, for a folder on a dead server would hold us up.
 */
static bool is_path_of_ours(int process, const char *path, const struct viewpoint *from)
{
	struct viewpoint its;
	struct stat there, here;

	if (!from->mounts[0] || !read_link(process, "ns/mnt", its.mounts, sizeof(its.mounts)))
		return false;
	return strcmp(its.mounts, from->mounts) == 0 ||
	       (fstatat(process, "cwd", &there, 0) == 0 && stat(path, &here) == 0 &&
		there.st_dev == here.st_dev && there.st_ino == here.st_ino);
}

static const char *folder_of(int process, const struct viewpoint *from, struct arena *a)
{
	const size_t tail = sizeof(DELETED) - 1;
	char path[PATH_MAX];
	size_t len;

	if (!read_link(process, "cwd", path, sizeof(path)) || !is_path_of_ours(process, path, from))
		return NULL;
	len = strlen(path);
	if (len > tail && strcmp(path + len - tail, DELETED) == 0)
		path[len - tail] = '\0';
	return utf8_is_printable(path, strlen(path)) ? arena_copy(a, path) : NULL;
}

/* One step up; 0: there is no parent, or it cannot be told. */
static pid_t ancestor_read(pid_t pid, const struct viewpoint *from, struct arena *a,
			   struct ancestor *ret)
{
	struct process p = { .pid = pid };
	CLEANUP(fd_cleanup) int process = proc_folder_of(pid);

	*ret = (struct ancestor){ .pid = pid };
	if (process < 0)
		return 0;
	learn_start(process, a, &p);
	ret->program = p.program;
	ret->cwd = folder_of(process, from, a);
	return p.parent;
}

static void learn_lineage(const struct viewpoint *from, struct arena *a, struct process *p)
{
	struct ancestor *line = arena_alloc(a, MAX_ANCESTORS * sizeof(*line));
	pid_t pid = p->parent;

	p->ancestors = line;
	p->n_ancestors = 0;
	while (line && pid > 1 && p->n_ancestors < MAX_ANCESTORS)
		pid = ancestor_read(pid, from, a, &line[p->n_ancestors++]);
}

void process_read(int process, unsigned learn, const struct viewpoint *from, struct arena *a,
		  struct process *p)
{
	struct stat st;

	if (fstat(process, &st) == 0)
		p->uid = st.st_uid;
	if (learn & (LEARN_START | LEARN_LINEAGE))
		learn_start(process, a, p);
	else if (learn & LEARN_PROGRAM)
		learn_program(process, a, p);
	if (learn & LEARN_FOLDER)
		p->cwd = folder_of(process, from, a);
	if (learn & LEARN_COMMAND)
		learn_command(process, a, p);
	if (learn & LEARN_CGROUP)
		learn_cgroup(process, a, p);
	if (learn & LEARN_LINEAGE)
		learn_lineage(from, a, p);
}

int proc_folder_of(pid_t pid)
{
	char path[sizeof("/proc/2147483647")];

	snprintf(path, sizeof(path), "/proc/%d", pid);
	return proc_folder_open(AT_FDCWD, path);
}

/* Does it still have the socket open as that descriptor? */
static bool still_holds(int process, const struct process *p)
{
	char fd[sizeof("fd/2147483647")];

	snprintf(fd, sizeof(fd), "fd/%d", p->fd);
	return proc_socket_of(process, fd) == p->socket;
}

bool process_learn(unsigned learn, struct arena *a, struct process *p)
{
	CLEANUP(fd_cleanup) int process = proc_folder_of(p->pid);
	struct process now = *p;
	struct viewpoint from;

	if (process < 0 || !still_holds(process, p))
		return false;
	viewpoint_read(&from);
	process_read(process, learn, &from, a, &now);
	if (!still_holds(process, p))
		return false;
	*p = now;
	return true;
}
