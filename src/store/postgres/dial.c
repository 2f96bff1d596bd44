/*
 * postgres/dial.c - a connection, from its first moment in our hands.
 *
 * libpq prints what a server says by the way, "FATAL: terminating connection"
 * too, until it is told not to, and PQconnectdbParams gives nobody the time to
 * do so.  So it is done step by step here, with libpq's own patience
 * (connect_timeout) for each address: one that lets it run out is hung up, and
 * libpq goes on to the next.  A host that answers the call and then nothing can
 * only be left for another by libpq itself: several are its own to dial.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "store/postgres/db.h"

/* Source: libpq, connectDBComplete: shorter ones are taken for 2 s. */
#define LEAST_TIMEOUT_S 2

static void ignore_notice(void *arg, const char *message)
{
	(void)arg, (void)message;
}

/* In ms; -1: for ever. */
static int timeout_of(const struct session *s)
{
	PQconninfoOption *options = s->pq->conninfo(s->conn);
	long seconds = 0;

	for (const PQconninfoOption *o = options; o && o->keyword; o++)
		if (o->val && !strcmp(o->keyword, "connect_timeout"))
			seconds = strtol(o->val, NULL, 10);
	s->pq->conninfoFree(options);
	if (seconds <= 0)
		return -1;
	if (seconds < LEAST_TIMEOUT_S)
		seconds = LEAST_TIMEOUT_S;
	return seconds > INT_MAX / 1000 ? -1 : (int)seconds * 1000;
}

/* Until libpq can go on; false: not before `until` (0: for ever). */
static bool wait_for(const struct session *s, PostgresPollingStatusType what, int64_t until)
{
	struct pollfd at = { .fd = s->pq->socket(s->conn),
			     .events = what == PGRES_POLLING_READING ? POLLIN : POLLOUT };

	for (;;) {
		int64_t left = until ? until - clock_now_ms() : -1;
		int ready;

		if (until && left <= 0)
			return false;
		ready = poll(&at, 1, until ? (int)left : -1);
		if (ready > 0 || (ready < 0 && errno != EINTR))
			return true;
	}
}

/* False: somebody kept it waiting for too long. */
static bool finish_dialling(struct session *s)
{
	const int timeout_ms = timeout_of(s);
	PostgresPollingStatusType what = PGRES_POLLING_WRITING;
	bool in_time = true;
	int64_t until = timeout_ms < 0 ? 0 : clock_now_ms() + timeout_ms;

	while (what != PGRES_POLLING_OK && what != PGRES_POLLING_FAILED) {
		if (!wait_for(s, what, until)) {
			in_time = false;
			until = clock_now_ms() + timeout_ms;
			shutdown(s->pq->socket(s->conn), SHUT_RDWR);
		}
		what = s->pq->connectPoll(s->conn);
	}
	return in_time || what == PGRES_POLLING_OK;
}

bool pg_dial(struct session *s, const char *const *names, const char *const *values, bool several,
	     bool *ret_in_time)
{
	*ret_in_time = true;
	s->conn = (several ? s->pq->connectdbParams(names, values, 1)
			   : s->pq->connectStartParams(names, values, 1));
	if (!s->conn)
		return false;
	s->pq->setNoticeProcessor(s->conn, ignore_notice, NULL);
	if (!several && s->pq->status(s->conn) != CONNECTION_BAD)
		*ret_in_time = finish_dialling(s);
	return true;
}
