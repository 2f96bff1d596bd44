/*
 * A process is held by a pidfd.  The kernel names the thread that waits; a
 * descriptor of a thread (PIDFD_THREAD) is there since Linux 6.9, and before
 * that the process is held, whose descriptors a thread has as a rule.
 */
#include "enforce/foreign.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/fd.h"

#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL
#endif

/* Rationale: a line of numbers and a name of 15 characters; status has 60 lines. */
#define PROC_SIZE 4096

/* The beginning of /proc/PID/NAME; "" when there is none. */
static void read_proc(pid_t pid, const char *name, char ret[static PROC_SIZE])
{
	char path[64];
	CLEANUP(fd_cleanup) int fd = -1;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? 0 : read(fd, ret, PROC_SIZE - 1);
	ret[len > 0 ? len : 0] = '\0';
}

pid_t foreign_of_thread(pid_t tid)
{
	char status[PROC_SIZE];
	const char *line;

	read_proc(tid, "status", status);
	line = strstr(status, "\nTgid:");
	return line ? (pid_t)strtol(line + strlen("\nTgid:"), NULL, 10) : tid;
}

int foreign_hold(pid_t tid)
{
	int held = (int)syscall(SYS_pidfd_open, tid, PIDFD_THREAD);

	if (held >= 0 || errno != EINVAL)
		return held;
	return (int)syscall(SYS_pidfd_open, foreign_of_thread(tid), 0);
}

int foreign_descriptor(int process, int fd)
{
	return (int)syscall(SYS_pidfd_getfd, process, fd, 0);
}

bool foreign_read(pid_t tid, uint64_t at, void *to, size_t len)
{
	struct iovec here = { to, len }, there = { (void *)(uintptr_t)at, len };
	ssize_t got = len ? process_vm_readv(tid, &here, 1, &there, 1, 0) : 0;

	if (got >= 0 && (size_t)got == len)
		return true;
	if (got >= 0)
		errno = EFAULT;
	return false;
}

/*
 * The file's name, shortened to what the process calls itself where that is its
 * beginning: "python3" of python3.11.  Runtimes name their threads as they like.
 */
void foreign_program(pid_t tid, char ret[static PROGRAM_SIZE])
{
	pid_t pid = foreign_of_thread(tid);
	char path[64], file[PATH_MAX], own[PROC_SIZE];
	const char *name = NULL;
	ssize_t len;

	read_proc(pid, "comm", own);
	own[strcspn(own, "\n")] = '\0';
	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	len = readlink(path, file, sizeof(file) - 1);
	if (len > 0) {
		file[len] = '\0';
		name = strrchr(file, '/');
	}
	if (!name || !strncmp(name + 1, own, strlen(own)))
		snprintf(ret, PROGRAM_SIZE, "%.60s", *own ? own : "a process");
	else
		snprintf(ret, PROGRAM_SIZE, "%.60s", name + 1);
	name_make_safe(ret);
}

/* Who has a socket. */

/* What the link of a descriptor says of a socket. */
#define LINK_SIZE 40
static void link_of(ino_t socket, char ret[static LINK_SIZE])
{
	snprintf(ret, LINK_SIZE, "socket:[%llu]", (unsigned long long)socket);
}

static enum having leads_to(int folder, const char *fd, const char *socket)
{
	char link[LINK_SIZE];
	ssize_t len = readlinkat(folder, fd, link, sizeof(link));

	if (len < 0)
		return errno == ENOENT ? HAS_NOT : HAS_UNSEEN;
	return len == (ssize_t)strlen(socket) && !memcmp(link, socket, (size_t)len) ? HAS_IT
										    : HAS_NOT;
}

/* /proc/PID/fd; NULL: it may not be looked into, or there is no such process. */
static DIR *open_files(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	return opendir(path);
}

static bool is_number(const struct dirent *one)
{
	return one->d_name[0] >= '0' && one->d_name[0] <= '9';
}

/* Who ends has no files any more before they are closed; so has a first thread that has ended. */
static bool has_any(DIR *files)
{
	const struct dirent *one;

	while ((one = readdir(files)))
		if (is_number(one))
			return true;
	return false;
}

enum having foreign_has(pid_t pid, int fd, ino_t socket)
{
	char name[16], link[LINK_SIZE];
	DIR *files = open_files(pid);
	enum having has;

	if (!files)
		return HAS_UNSEEN;
	snprintf(name, sizeof(name), "%d", fd);
	link_of(socket, link);
	has = leads_to(dirfd(files), name, link);
	if (has == HAS_NOT && !has_any(files))
		has = HAS_IT;
	closedir(files);
	return has;
}

static bool find_in(pid_t pid, const char *link, int *ret_fd)
{
	DIR *files = open_files(pid);
	const struct dirent *one;
	bool found = false;

	while (files && !found && (one = readdir(files)))
		if (is_number(one) && leads_to(dirfd(files), one->d_name, link) == HAS_IT) {
			*ret_fd = (int)strtol(one->d_name, NULL, 10);
			found = true;
		}
	if (files)
		closedir(files);
	return found;
}

bool foreign_find(ino_t socket, pid_t *ret_pid, int *ret_fd)
{
	char link[LINK_SIZE];
	DIR *all = opendir("/proc");
	const struct dirent *one;
	bool found = false;

	link_of(socket, link);
	while (all && !found && (one = readdir(all))) {
		pid_t pid = is_number(one) ? (pid_t)strtol(one->d_name, NULL, 10) : 0;

		found = pid && pid != getpid() && find_in(pid, link, ret_fd);
		*ret_pid = pid;
	}
	if (all)
		closedir(all);
	return found;
}

/* What /proc/PID/stat says. */

/* The nth field of /proc/PID/stat behind the name, which may hold anything; the state is 0. */
static uint64_t stat_field(pid_t pid, unsigned nth)
{
	char stat[PROC_SIZE];
	const char *at;

	read_proc(pid, "stat", stat);
	at = strrchr(stat, ')');
	for (unsigned i = 0; at && i <= nth; i++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at + 1, NULL, 10) : 0;
}

pid_t foreign_parent(pid_t pid)
{
	return (pid_t)stat_field(pid, 1);
}

uint64_t foreign_start(pid_t pid)
{
	return stat_field(pid, 19);
}

/* Source: include/linux/sched.h; the kernel shows these flags. */
#define PF_EXITING 0x4

bool foreign_is_ending(pid_t pid)
{
	return stat_field(pid, 6) & PF_EXITING;
}
