/*
 * sqlite/watch.c - being told that another process has written the book.
 *
 * A writer that gives up its turn notes the ticket in BOOK-queue, after its commit.  That write,
 * which is made anyway, is the notice: inotify tells of it, and nobody pays for it who is not
 * watched.  Of the book's own files inotify would tell before the change can be seen.
 *
 * A file that was renamed or removed, with its book or without, is looked for again by its name.
 *
 * Syscalls: inotify_init1, inotify_add_watch, inotify_rm_watch, read, pread64, close
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/watcher.h"
#include "store/sqlite/queue.h"
#include "store/sqlite/sqlite.h"

#define WATCHED (IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF)

struct queue_watch {
	struct watcher watcher;
	char book[PATH_MAX];
	int queue;	 /* the file; -1: it is not there, or was not found again so far */
	int descriptor;	 /* inotify's of it */
	uint64_t served; /* when it was looked at last */
};

static void lose(struct queue_watch *w)
{
	if (w->queue < 0)
		return;
	inotify_rm_watch(w->watcher.fd, w->descriptor);
	fd_cleanup(&w->queue);
	w->queue = -1;
}

/* Made where there is none, as far as this user may; else who may read it can watch. */
static int open_to_watch(const char *book, const char *path)
{
	int fd = queue_open(book);

	return fd < 0 ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : fd;
}

/* The book may be a link, and its queue is beside the file itself. */
static bool find(struct queue_watch *w)
{
	char book[PATH_MAX], path[PATH_MAX];
	CLEANUP(fd_cleanup) int fd = -1;

	if (!realpath(w->book, book) || !queue_path(book, path))
		return false;
	fd = open_to_watch(book, path);
	if (fd < 0)
		return false;
	w->descriptor = inotify_add_watch(w->watcher.fd, path, WATCHED | IN_DONT_FOLLOW);
	if (w->descriptor < 0)
		return false;
	w->queue = fd_take(&fd);
	w->served = queue_served(w->queue);
	return true;
}

/* All that came; true: the file is no longer where it was, or nobody knows. */
static bool drain(int inotify)
{
	char bytes[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	bool lost = false;
	ssize_t len;

	while ((len = read(inotify, bytes, sizeof(bytes))) > 0)
		for (const char *at = bytes; at < bytes + len;) {
			const struct inotify_event *e = (const void *)at;

			lost |= (e->mask & ~(uint32_t)IN_MODIFY) != 0;
			at += sizeof(*e) + e->len;
		}
	return lost;
}

/* Who takes a ticket writes, too, and has changed nothing yet. */
static bool hear(struct watcher *watcher)
{
	struct queue_watch *w = (struct queue_watch *)watcher;
	uint64_t served;

	if (drain(w->watcher.fd))
		lose(w);
	if (w->queue < 0) {
		/* That it was made anew is written into it as well. */
		bool found = find(w);

		(void)drain(w->watcher.fd);
		return found;
	}
	served = queue_served(w->queue);
	if (served == w->served)
		return false;
	w->served = served;
	return true;
}

static void queue_watch_free(struct watcher *watcher)
{
	struct queue_watch *w = (struct queue_watch *)watcher;

	lose(w);
	fd_cleanup(&w->watcher.fd);
	free(w);
}

bool store_sqlite_watch(const char *path, struct watcher **ret, struct err *err)
{
	static const struct watcher_ops ops = { .hear = hear, .free = queue_watch_free };
	struct queue_watch *w = calloc(1, sizeof(*w));

	if (!w)
		return fail_memory(err);
	w->watcher.ops = &ops;
	w->queue = -1;
	snprintf(w->book, sizeof(w->book), "%s", path);
	w->watcher.fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (w->watcher.fd < 0) {
		fail(err, ERR_IO, "no inotify: %s", strerror(errno));
		free(w);
		return false;
	}
	(void)find(w);
	*ret = &w->watcher;
	return true;
}
