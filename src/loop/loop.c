/*
 * Syscalls: epoll_create1, epoll_ctl, epoll_wait, close
 */
#include "loop/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* Rationale: a guard has a connection with each program that `run` started. */
#define LOOP_MAX 1024

struct watched {
	int fd; /* -1: this place is free */
	loop_fn *fn;
	void *arg;
};

struct loop {
	int fd;
	struct watched watched[LOOP_MAX];
};

bool loop_open(struct loop **ret, struct err *err)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (!l)
		return fail_memory(err);
	for (unsigned i = 0; i < LOOP_MAX; i++)
		l->watched[i].fd = -1;
	l->fd = epoll_create1(EPOLL_CLOEXEC);
	if (l->fd < 0) {
		fail(err, ERR_IO, "no epoll: %s", strerror(errno));
		free(l);
		return false;
	}
	*ret = l;
	return true;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	close(l->fd);
	free(l);
}

void loop_cleanup(struct loop **l)
{
	loop_free(*l);
}

static struct watched *place_of(struct loop *l, int fd)
{
	for (unsigned i = 0; i < LOOP_MAX; i++)
		if (l->watched[i].fd == fd)
			return &l->watched[i];
	return NULL;
}

bool loop_add(struct loop *l, int fd, uint32_t events, loop_fn *fn, void *arg, struct err *err)
{
	struct watched *w = place_of(l, -1);
	struct epoll_event event = { .events = events, .data.ptr = w };

	if (!w)
		return fail(err, ERR_IO, "more than %d files to wait for", LOOP_MAX);
	if (epoll_ctl(l->fd, EPOLL_CTL_ADD, fd, &event) < 0)
		return fail(err, ERR_IO, "cannot wait for a file: %s", strerror(errno));
	*w = (struct watched){ fd, fn, arg };
	return true;
}

void loop_remove(struct loop *l, int fd)
{
	struct watched *w = fd < 0 ? NULL : place_of(l, fd);

	if (!w)
		return;
	epoll_ctl(l->fd, EPOLL_CTL_DEL, fd, NULL);
	w->fd = -1;
}

bool loop_wait(struct loop *l, int timeout_ms, struct err *err)
{
	struct epoll_event events[LOOP_MAX];
	int count = epoll_wait(l->fd, events, LOOP_MAX, timeout_ms);

	if (count < 0)
		return errno == EINTR || fail(err, ERR_IO, "cannot wait: %s", strerror(errno));
	for (int i = 0; i < count; i++) {
		const struct watched *w = events[i].data.ptr;

		if (w->fd >= 0) /* one before it in the list may have removed it */
			w->fn(w->arg, events[i].events);
	}
	return true;
}
