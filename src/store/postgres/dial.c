/*
 * postgres/dial.c - a connection, from its first moment in our hands.
 *
 * libpq prints what a server says by the way, "FATAL: terminating connection"
 * too, until it is told not to, and PQconnectdbParams gives nobody the time to
 * do so.  So it is done step by step here, with libpq's own patience
 * (connect_timeout) for each address: one that lets it run out is hung up, and
 * libpq goes on to the next.  Of several hosts, each is dialled by itself, as
 * libpq gives up where one answers the call and is then hung up.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"
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

/* ---- which host, and how ---- */

/* What the URL says goes before it. */
static const struct {
	const char *name, *value;
} defaults[] = {
	/* Rationale: a person at a prompt; whoever starts many commands may say less in the URL. */
	{ "connect_timeout", "10" },
	/*
	 * Rationale: a machine that went away without a word is noticed in half a
	 * minute, not in the kernel's two hours.
	 */
	{ "keepalives_idle", "15" },
	{ "tcp_user_timeout", "30000" },
	{ "application_name", "portbook" },
	{ "client_encoding", "UTF8" },
};

/* Source: libpq, DEF_PGPORT: what an item of a list that is empty means. */
#define DEFAULT_PORT "5432"

/* Lists, with an item for each host; one port is everyone's. */
enum { HOST, HOSTADDR, PORT, LIST_COUNT };
static const char *const list_names[LIST_COUNT] = { "host", "hostaddr", "port" };

/* Hosts that are tried one after the other, until one is as it is wanted. */
struct dialling {
	struct session *s;
	PQconninfoOption *options;
	const char *lists[LIST_COUNT]; /* NULL: the URL has none */
	const char *wanted;	       /* target_session_attrs, as the URL says; NULL: nothing */
	unsigned n_hosts;	       /* 1: the lists as they are, whatever they say */
	struct arena arena;
	const char **names, **values;
	unsigned n;
	struct text said; /* by those that were not what was wanted */
	bool in_time;
};

static void dialling_cleanup(struct dialling *d)
{
	d->s->pq->conninfoFree(d->options);
	arena_release(&d->arena);
	text_release(&d->said);
}

static bool parse(struct dialling *d, struct err *err)
{
	struct session *s = d->s;
	char *message = NULL;

	d->options = s->pq->conninfoParse(s->url, &message);
	if (d->options)
		return true;
	fail(err, ERR_INVALID, "the %s '%.300s' is not a URL that libpq reads: %.*s", s->noun,
	     s->shown, message ? (int)strcspn(message, "\n") : 0, message ? message : "");
	s->pq->freemem(message);
	return false;
}

static unsigned list_of(const char *name)
{
	unsigned i = 0;

	while (i < LIST_COUNT && strcmp(name, list_names[i]) != 0)
		i++;
	return i;
}

static unsigned count_items(const char *list)
{
	unsigned n = 1;

	for (const char *at = list; at && (at = strchr(at, ',')); at++)
		n++;
	return list && *list ? n : 0;
}

/* Lists that do not fit each other are left whole, and libpq says so. */
static unsigned count_hosts(const struct dialling *d)
{
	unsigned hosts = count_items(d->lists[HOST]), addresses = count_items(d->lists[HOSTADDR]);
	unsigned ports = count_items(d->lists[PORT]);
	unsigned n = addresses ? addresses : hosts;

	return (hosts && hosts != n) || (ports > 1 && ports != n) || !n ? 1 : n;
}

static bool read_options(struct dialling *d, struct err *err)
{
	unsigned n = 0;

	for (const PQconninfoOption *o = d->options; o->keyword; o++, n++) {
		unsigned list = list_of(o->keyword);

		if (list < LIST_COUNT)
			d->lists[list] = o->val;
		if (!strcmp(o->keyword, "target_session_attrs"))
			d->wanted = o->val;
	}
	d->n_hosts = count_hosts(d);
	/* Of each host the lists' items, what is wanted, and a NULL. */
	n += ARRAY_LEN(defaults) + LIST_COUNT + 2;
	d->names = arena_alloc(&d->arena, n * sizeof(*d->names));
	d->values = arena_alloc(&d->arena, n * sizeof(*d->values));
	return (d->names && d->values) || fail_memory(err);
}

static void set(struct dialling *d, const char *name, const char *value)
{
	d->names[d->n] = name;
	d->values[d->n++] = value;
}

/* The item of a list that is host `at`'s, or stands alone; NULL: there is no memory. */
static const char *item_of(struct dialling *d, unsigned list, unsigned at)
{
	const char *from = d->lists[list];
	int len;

	for (unsigned i = 0; i < at && strchr(from, ','); i++)
		from = strchr(from, ',') + 1;
	len = (int)strcspn(from, ",");
	return list == PORT && !len ? DEFAULT_PORT : arena_printf(&d->arena, "%.*s", len, from);
}

static bool set_items(struct dialling *d, unsigned at)
{
	for (unsigned list = 0; list < LIST_COUNT && d->n_hosts > 1; list++) {
		const char *item = d->lists[list] ? item_of(d, list, at) : "";

		if (!item)
			return false;
		set(d, list_names[list], item);
	}
	return true;
}

/* Later ones replace earlier ones, and libpq passes over those that are empty. */
static bool fill_in(struct dialling *d, unsigned at, const char *wanted)
{
	bool ok;

	d->n = 0;
	for (unsigned i = 0; i < ARRAY_LEN(defaults); i++)
		set(d, defaults[i].name, defaults[i].value);
	for (const PQconninfoOption *o = d->options; o->keyword; o++)
		if (d->n_hosts == 1 || list_of(o->keyword) == LIST_COUNT)
			set(d, o->keyword, o->val);
	ok = set_items(d, at);
	set(d, "target_session_attrs", wanted);
	d->names[d->n] = NULL;
	return ok;
}

/* ---- all of them ---- */

static bool dial_host(struct dialling *d, unsigned at, const char *wanted, struct err *err)
{
	struct session *s = d->s;

	if (!fill_in(d, at, wanted))
		return fail_memory(err);
	s->pq->finish(s->conn);
	s->conn = s->pq->connectStartParams(d->names, d->values, 0);
	if (!s->conn)
		return fail_memory(err);
	s->pq->setNoticeProcessor(s->conn, ignore_notice, NULL);
	if (s->pq->status(s->conn) != CONNECTION_BAD && !finish_dialling(s))
		d->in_time = false;
	if (pg_is_lost(s))
		text_add(&d->said, s->pq->errorMessage(s->conn));
	return true;
}

static bool dial_hosts(struct dialling *d, const char *wanted, struct err *err)
{
	for (unsigned i = 0; i < d->n_hosts && pg_is_lost(d->s); i++)
		if (!dial_host(d, i, wanted, err))
			return false;
	return true;
}

/* Of several hosts, the one that can be written to, if nothing is said: the others are its copies. */
static bool dial_all(struct dialling *d, struct err *err)
{
	const char *wanted = d->wanted ? d->wanted : "read-write";

	if (d->n_hosts == 1)
		return dial_hosts(d, d->wanted, err);
	/* A wish, and not a condition: only who has all hosts can keep to it. */
	if (!strcmp(wanted, "prefer-standby"))
		return dial_hosts(d, "standby", err) && dial_hosts(d, "any", err);
	return dial_hosts(d, wanted, err);
}

bool pg_dial(struct session *s, struct err *err)
{
	CLEANUP(dialling_cleanup) struct dialling d = { .s = s, .in_time = true };

	s->pq->finish(s->conn);
	s->conn = NULL;
	if (!parse(&d, err) || !read_options(&d, err) || !dial_all(&d, err))
		return false;
	return !pg_is_lost(s) ||
	       pg_fail_connection(s, ERR_IO,
				  d.in_time ? "cannot be reached"
					    : "cannot be reached, timeout expired",
				  text_str(&d.said), err);
}
