/*
 * http/carrier.c - libmicrohttpd as we want it.
 *
 * It neither listens nor waits: our loop accepts, so that a socket may be of any kind and the
 * caller behind it is known, and watches the epoll file that libmicrohttpd has.
 *
 * libmicrohttpd 0.9.75 takes more than it should: two Hosts, both lengths.  guard.c refuses what
 * can be seen of that.
 *
 * Syscalls: getrlimit, setrlimit
 */
#include <string.h>
#include <sys/resource.h>

#include "http/serving.h"

/* Rationale: with 4 kB each, 10,000 connections that wait are below 100 MB. */
#define CONNECTION_MEMORY 4096
#define CONNECTION_MOST	  10240
/* Rationale: beside connections: the book, its log and queue, listening sockets, standard files. */
#define FILES_BESIDE 64
/* Rationale: a client that is there says something within half a minute. */
#define IDLE_MAX_S 30

/* As many files as the system lets us have, up to what we can use. */
static unsigned connections_most(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return CONNECTION_MOST;
	if (files.rlim_cur < CONNECTION_MOST + FILES_BESIDE) {
		files.rlim_cur = files.rlim_max < CONNECTION_MOST + FILES_BESIDE
					 ? files.rlim_max
					 : CONNECTION_MOST + FILES_BESIDE;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	if (files.rlim_cur <= FILES_BESIDE)
		return 1;
	return files.rlim_cur - FILES_BESIDE < CONNECTION_MOST
		       ? (unsigned)(files.rlim_cur - FILES_BESIDE)
		       : CONNECTION_MOST;
}

/* The target is decoded by target.c: "%2F" in a name is no slash. */
static size_t leave_as_it_is(void *server, struct MHD_Connection *c, char *text)
{
	return strlen(text);
}

bool carrier_start(struct server *s, struct MHD_Daemon **ret, struct err *err)
{
	*ret = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC,
		0, NULL, NULL, exchange_request, s, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)CONNECTION_MEMORY, MHD_OPTION_CONNECTION_LIMIT, connections_most(),
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_MAX_S, MHD_OPTION_STRICT_FOR_CLIENT,
		1, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_NOTIFY_CONNECTION,
		connection_notice, s, MHD_OPTION_NOTIFY_COMPLETED, exchange_completed, s,
		MHD_OPTION_URI_LOG_CALLBACK, exchange_line, s, MHD_OPTION_UNESCAPE_CALLBACK,
		leave_as_it_is, s, MHD_OPTION_END);
	return *ret || fail(err, ERR_IO, "libmicrohttpd does not start");
}
