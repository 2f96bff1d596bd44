#include "enforce/say.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "enforce/foreign.h"

/* Rationale: four names of 63, two numbers and the words between; less than a pipe takes at once. */
#define LINE_SIZE 1024

void speaker_init(struct speaker *s, bool quiet)
{
	struct stat st;

	*s = (struct speaker){ .leader = getpid(), .quiet = quiet };
	if (fstat(STDERR_FILENO, &st) == 0) {
		s->device = st.st_dev;
		s->inode = st.st_ino;
	}
}

static bool is_first_stderr(const struct speaker *s, const struct stat *st)
{
	return st->st_dev == s->device && st->st_ino == s->inode && s->inode;
}

static bool is_for_people(int fd, const struct stat *st)
{
	return S_ISFIFO(st->st_mode) || (S_ISCHR(st->st_mode) && isatty(fd));
}

/* -1: it has none that may be used; `any`: also one that is not the first. */
static int borrow(const struct speaker *s, pid_t tid, bool any)
{
	CLEANUP(fd_cleanup) int process = foreign_hold(tid);
	CLEANUP(fd_cleanup) int fd = process < 0 ? -1 : foreign_descriptor(process, STDERR_FILENO);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	if (!is_first_stderr(s, &st) && !(any && is_for_people(fd, &st)))
		return -1;
	return fd_take(&fd);
}

static int find_stderr(const struct speaker *s, pid_t tid)
{
	int fd = borrow(s, tid, true);

	return fd >= 0 ? fd : borrow(s, s->leader, false);
}

void say_to(const struct speaker *s, pid_t tid, const char *format, ...)
{
	CLEANUP(fd_cleanup) int fd = s->quiet ? -1 : find_stderr(s, tid);
	struct pollfd one = { .fd = fd, .events = POLLOUT };
	char line[LINE_SIZE];
	va_list args;
	int len;

	if (fd < 0)
		return;
	len = snprintf(line, sizeof(line) - 1, "portbook: ");
	va_start(args, format);
	len += vsnprintf(line + len, sizeof(line) - 1 - (size_t)len, format, args);
	va_end(args);
	if (len > LINE_SIZE - 2)
		len = LINE_SIZE - 2;
	line[len++] = '\n';
	/* Who does not read must not stop all that listen. */
	if (poll(&one, 1, 0) == 1 && (one.revents & POLLOUT) && write(fd, line, (size_t)len) < 0)
		return;
}
