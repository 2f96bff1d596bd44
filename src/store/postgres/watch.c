/*
 * postgres/watch.c - being told that somebody has changed the book.
 *
 * A connection of its own that listens (LISTEN), as that of a session is in the middle of its
 * answers.  Who writes tells after its commit, if somebody watches: SQL_TELL_WATCHERS.
 *
 * The file to wait for is an epoll, which stays the same where the connection does not.
 *
 * Syscalls: epoll_create1, epoll_ctl, close
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/watcher.h"
#include "store/postgres/db.h"
#include "store/postgres/postgres.h"

/* Rationale: to connect may take as long as a timeout, and who waits for changes has other work. */
#define AGAIN_MS 1000

struct pg_watch {
	struct watcher watcher;
	struct session *session;
	int64_t again_ms; /* not before */
	bool is_connected;
};

static bool attach(struct pg_watch *w, struct err *err)
{
	struct session *s = w->session;
	struct epoll_event event = { .events = EPOLLIN };

	w->again_ms = clock_now_ms() + AGAIN_MS;
	w->is_connected = false;
	if (!pg_connect_to_watch(s, err))
		return false;
	if (epoll_ctl(w->watcher.fd, EPOLL_CTL_ADD, s->pq->socket(s->conn), &event) < 0)
		return fail(err, ERR_IO, "cannot wait for the book: %s", strerror(errno));
	w->is_connected = true;
	return true;
}

static bool any_notice(struct session *s)
{
	bool any = false;

	for (PGnotify *n; (n = s->pq->notifies(s->conn)); any = true)
		s->pq->freemem(n);
	return any;
}

/* The epoll forgets a file that is closed. */
static void detach(struct pg_watch *w)
{
	w->session->pq->finish(w->session->conn);
	w->session->conn = NULL;
	w->is_connected = false;
}

static bool hear(struct watcher *watcher)
{
	struct pg_watch *w = (struct pg_watch *)watcher;
	struct session *s = w->session;

	if (!w->is_connected)
		return clock_now_ms() >= w->again_ms && attach(w, NULL);
	if (!s->pq->consumeInput(s->conn) || pg_is_lost(s)) {
		detach(w);
		return true;
	}
	return any_notice(s);
}

static void pg_watch_free(struct watcher *watcher)
{
	struct pg_watch *w = (struct pg_watch *)watcher;

	pg_session_cleanup(&w->session);
	fd_cleanup(&w->watcher.fd);
	free(w);
}

bool store_postgres_watch(const char *url, struct watcher **ret, struct err *err)
{
	static const struct watcher_ops ops = { .hear = hear, .free = pg_watch_free };
	CLEANUP(fd_cleanup) int fd = epoll_create1(EPOLL_CLOEXEC);
	struct pg_watch *w;

	if (fd < 0)
		return fail(err, ERR_IO, "no epoll: %s", strerror(errno));
	w = calloc(1, sizeof(*w));
	if (!w)
		return fail_memory(err);
	w->watcher = (struct watcher){ .ops = &ops, .fd = fd_take(&fd) };
	if (!pg_session_new(url, &w->session, err) || !attach(w, err)) {
		pg_watch_free(&w->watcher);
		return false;
	}
	*ret = &w->watcher;
	return true;
}
