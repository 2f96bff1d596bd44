/*
 * loop/wakers.c - signals, time and other threads, as files to wait for.
 *
 * Syscalls: rt_sigprocmask, signalfd4, eventfd2, timerfd_create, timerfd_settime, read, write
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/fd.h"
#include "loop/loop.h"

bool signals_open(const int *signals, int *ret_fd, struct err *err)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	for (; *signals; signals++)
		sigaddset(&set, *signals);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 ||
	    (fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
		return fail(err, ERR_IO, "cannot wait for signals: %s", strerror(errno));
	*ret_fd = fd;
	return true;
}

int signals_read(int fd)
{
	struct signalfd_siginfo info;

	return read(fd, &info, sizeof(info)) == sizeof(info) ? (int)info.ssi_signo : 0;
}

bool bell_open(int *ret_fd, struct err *err)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (fd < 0)
		return fail(err, ERR_IO, "no eventfd: %s", strerror(errno));
	*ret_fd = fd;
	return true;
}

void bell_ring(int fd)
{
	const uint64_t one = 1;

	/* It fails only when it has been rung 2^64 times and nobody has heard it. */
	(void)!write(fd, &one, sizeof(one));
}

static void read_count(int fd)
{
	uint64_t count;

	(void)!read(fd, &count, sizeof(count));
}

void bell_hear(int fd)
{
	read_count(fd);
}

bool ticker_open(int64_t every_ms, int *ret_fd, struct err *err)
{
	CLEANUP(fd_cleanup) int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	const struct timespec every = { every_ms / 1000, every_ms % 1000 * 1000000 };
	const struct itimerspec when = { every, every };

	if (fd < 0 || timerfd_settime(fd, 0, &when, NULL) < 0)
		return fail(err, ERR_IO, "no timer: %s", strerror(errno));
	*ret_fd = fd_take(&fd);
	return true;
}

void ticker_hear(int fd)
{
	read_count(fd);
}
