/*
 * http/carrier.c - libmicrohttpd as we want it.
 *
 * It neither listens nor waits: our loop accepts, so that a socket may be of any kind and the
 * caller behind it is known, and watches the epoll file that libmicrohttpd has.  One of its
 * daemons talks TLS or does not, and has one certificate: where that is read anew, a new daemon
 * has the connections from then on, and the old one keeps those that it has.
 *
 * libmicrohttpd 0.9.75 takes more than it should: two Hosts, both lengths.  guard.c refuses what
 * can be seen of that.
 *
 * Syscalls: getrlimit, setrlimit
 */
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include "http/serving.h"
#include "loop/loop.h"
#include "trust/certificate.h"

/* Rationale: see LIMIT_ALL. */
#define CONNECTION_MEMORY 4096
/* Rationale: beside connections: the book, its log and queue, listening sockets, standard files. */
#define FILES_BESIDE 64
/* What everybody has had for ten years, and nothing before it. */
#define PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

#define FLAGS (MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC)

/* As many files as the system lets us have, up to what we can use. */
static unsigned connections_most(unsigned wanted)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return wanted;
	if (files.rlim_cur < (rlim_t)wanted + FILES_BESIDE) {
		files.rlim_cur = files.rlim_max < (rlim_t)wanted + FILES_BESIDE
					 ? files.rlim_max
					 : (rlim_t)wanted + FILES_BESIDE;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	if (files.rlim_cur <= FILES_BESIDE)
		return 1;
	return files.rlim_cur - FILES_BESIDE < wanted ? (unsigned)(files.rlim_cur - FILES_BESIDE)
						      : wanted;
}

/* The target is decoded by target.c: "%2F" in a name is no slash. */
static size_t leave_as_it_is(void *carrier, struct MHD_Connection *c, char *text)
{
	return strlen(text);
}

static void on_daemon(void *server, uint32_t events)
{
	/* server_run lets it run each time that something was ready. */
}

static struct carrier *free_place(struct server *s)
{
	for (unsigned i = 0; i < CARRIERS_MAX; i++)
		if (!s->carriers[i].daemon)
			return &s->carriers[i];
	return NULL;
}

/* Nothing at all, whatever is waited for: a line that is bad for a moment is no slow client. */
static unsigned silence_most_s(const struct limits *l)
{
	int64_t ms = l->header_ms > LIMIT_HEADER_MS ? l->header_ms : LIMIT_HEADER_MS;

	return (unsigned)((ms + 999) / 1000);
}

static struct MHD_Daemon *start_daemon(struct carrier *c, const struct certificate *certificate)
{
	const struct limits *l = &c->server->limits;
	/* libmicrohttpd copies neither, and changes neither. */
	const struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0,
		  certificate ? (char *)(uintptr_t)certificate_chain(certificate) : NULL },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0,
		  certificate ? (char *)(uintptr_t)certificate_key(certificate) : NULL },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, (char *)(uintptr_t)PRIORITIES },
		{ MHD_OPTION_END, 0, NULL },
	};
	const struct MHD_OptionItem none[] = { { MHD_OPTION_END, 0, NULL } };

	return MHD_start_daemon(
		FLAGS | (certificate ? MHD_USE_TLS : 0), 0, NULL, NULL, exchange_request, c,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
		MHD_OPTION_CONNECTION_LIMIT, connections_most(l->all),
		MHD_OPTION_CONNECTION_TIMEOUT, silence_most_s(l), MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_NOTIFY_CONNECTION,
		connection_notice, c, MHD_OPTION_NOTIFY_COMPLETED, exchange_completed, c,
		MHD_OPTION_URI_LOG_CALLBACK, exchange_line, c, MHD_OPTION_UNESCAPE_CALLBACK,
		leave_as_it_is, c, MHD_OPTION_ARRAY, certificate ? tls : none, MHD_OPTION_END);
}

static bool watch(struct server *s, struct carrier *c, struct err *err)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(c->daemon, MHD_DAEMON_INFO_EPOLL_FD);

	return info ? loop_add(s->loop, info->epoll_fd, EPOLLIN, on_daemon, s, err)
		    : fail(err, ERR_IO, "libmicrohttpd has no epoll");
}

static void carrier_stop(struct server *s, struct carrier *c)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(c->daemon, MHD_DAEMON_INFO_EPOLL_FD);

	if (info)
		loop_remove(s->loop, info->epoll_fd);
	MHD_stop_daemon(c->daemon);
	c->daemon = NULL;
}

bool carrier_start(struct server *s, const struct certificate *certificate, struct carrier **ret,
		   struct err *err)
{
	struct carrier *c = free_place(s);

	if (!c)
		return fail(err, ERR_BUSY,
			    "connections with %d certificates of before are still open",
			    CARRIERS_MAX - 2);
	*c = (struct carrier){ .server = s, .is_far = certificate != NULL };
	c->daemon = start_daemon(c, certificate);
	if (!c->daemon)
		return fail(err, ERR_IO, "libmicrohttpd does not start");
	if (!watch(s, c, err)) {
		carrier_stop(s, c);
		return false;
	}
	*ret = c;
	return true;
}

/* Nobody connects to it any more. */
static bool is_left(const struct server *s, const struct carrier *c)
{
	return c->is_far && c != s->far && !c->connections;
}

void carriers_run(struct server *s)
{
	for (struct carrier *c = s->carriers; c < s->carriers + CARRIERS_MAX; c++) {
		if (!c->daemon)
			continue;
		MHD_run(c->daemon);
		if (is_left(s, c))
			carrier_stop(s, c);
	}
}

int carriers_wait_ms(const struct server *s, int most)
{
	for (const struct carrier *c = s->carriers; c < s->carriers + CARRIERS_MAX; c++) {
		MHD_UNSIGNED_LONG_LONG wait;

		if (c->daemon && MHD_get_timeout(c->daemon, &wait) == MHD_YES &&
		    wait < (unsigned)most)
			most = (int)wait;
	}
	return most;
}

void carriers_stop(struct server *s)
{
	for (struct carrier *c = s->carriers; c < s->carriers + CARRIERS_MAX; c++)
		if (c->daemon)
			carrier_stop(s, c);
}
