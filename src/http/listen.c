/*
 * Syscalls: socket, bind, listen, getsockname, getsockopt, setsockopt, fcntl, flock, unlink,
 *           umask, close
 */
#include "http/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cursor.h"
#include "base/fd.h"

/* Rationale: net.core.somaxconn is 4096 by default, and the kernel takes the lesser one. */
#define BACKLOG 4096

/* Source: sd_listen_fds(3), SD_LISTEN_FDS_START. */
#define FIRST_INHERITED 3

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un file;
	struct sockaddr_storage room;
};

static bool fail_address(const char *where, struct err *err)
{
	fail(err, ERR_INVALID, "'%.200s' is no address to listen on", where);
	return fail_hint(err, "127.0.0.1:9000, [::1]:9000, or unix:/run/user/1000/portbook.sock");
}

/* On the network. */

static bool parse_address(const char *where, union address *ret, struct err *err)
{
	const char *colon = strrchr(where, ':'), *at = colon ? colon + 1 : where;
	char host[INET6_ADDRSTRLEN + 2];
	size_t len = colon ? (size_t)(colon - where) : 0;
	uint64_t port;

	if (!len || len >= sizeof(host) || !eat_number(&at, UINT16_MAX, &port) || !eat_end(&at))
		return fail_address(where, err);
	snprintf(host, sizeof(host), "%.*s", (int)len, where);
	memset(ret, 0, sizeof(*ret));
	if (inet_pton(AF_INET, host, &ret->v4.sin_addr) == 1) {
		ret->v4.sin_family = AF_INET;
		ret->v4.sin_port = htons((uint16_t)port);
		return true;
	}
	if (host[0] != '[' || host[len - 1] != ']')
		return fail_address(where, err);
	host[len - 1] = '\0';
	if (inet_pton(AF_INET6, host + 1, &ret->v6.sin6_addr) != 1)
		return fail_address(where, err);
	ret->v6.sin6_family = AF_INET6;
	ret->v6.sin6_port = htons((uint16_t)port);
	return true;
}

static bool is_of_loopback(const union address *a)
{
	if (a->any.sa_family == AF_INET)
		return ntohl(a->v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	return IN6_IS_ADDR_LOOPBACK(&a->v6.sin6_addr);
}

static bool fail_reachable(const char *where, const char *lacks, struct err *err)
{
	fail(err, ERR_NOT_PERMITTED,
	     "'%.200s' can be reached by other machines, and there is no %s", where, lacks);
	return fail_hint(err,
			 "who asks from there has to prove who it is, unheard by others: give "
			 "%s (portbook token add NAME makes a token); or listen on 127.0.0.1 "
			 "or unix:PATH",
			 lacks);
}

/* With the port that the kernel chose, where it was to choose. */
static bool name_of_socket(int fd, struct listening *ret, struct err *err)
{
	union address a = { 0 };
	socklen_t size = sizeof(a);
	char host[INET6_ADDRSTRLEN];
	const char *scheme;

	if (getsockname(fd, &a.any, &size) < 0)
		return fail(err, ERR_IO, "a socket without an address: %s", strerror(errno));
	ret->is_unix = a.any.sa_family == AF_UNIX;
	ret->is_far = !ret->is_unix && !is_of_loopback(&a);
	scheme = ret->is_far ? "https" : "http";
	if (ret->is_unix)
		snprintf(ret->name, sizeof(ret->name), "unix:%.*s", (int)sizeof(a.file.sun_path),
			 a.file.sun_path);
	else if (a.any.sa_family == AF_INET &&
		 inet_ntop(AF_INET, &a.v4.sin_addr, host, sizeof(host)))
		snprintf(ret->name, sizeof(ret->name), "%s://%s:%u", scheme, host,
			 ntohs(a.v4.sin_port));
	else if (a.any.sa_family == AF_INET6 &&
		 inet_ntop(AF_INET6, &a.v6.sin6_addr, host, sizeof(host)))
		snprintf(ret->name, sizeof(ret->name), "%s://[%s]:%u", scheme, host,
			 ntohs(a.v6.sin6_port));
	else
		return fail(err, ERR_INVALID, "a socket of an unknown kind");
	return true;
}

static socklen_t size_of(const union address *a)
{
	if (a->any.sa_family == AF_UNIX)
		return sizeof(a->file);
	return a->any.sa_family == AF_INET ? sizeof(a->v4) : sizeof(a->v6);
}

/* `number` is an errno. */
static bool fail_listening(const char *where, const union address *a, int number, struct err *err)
{
	unsigned port = a->any.sa_family == AF_INET    ? ntohs(a->v4.sin_port)
			: a->any.sa_family == AF_INET6 ? ntohs(a->v6.sin6_port)
						       : 0;

	fail(err,
	     number == EADDRINUSE ? ERR_TAKEN
	     : number == EACCES	  ? ERR_NOT_PERMITTED
				  : ERR_IO,
	     "cannot listen on '%.200s': %s", where, strerror(number));
	return port && number == EADDRINUSE &&
	       fail_hint(err, "portbook check %u says who is there; --listen takes another", port);
}

static bool bind_and_listen(const char *where, const union address *a, struct listening *ret,
			    struct err *err)
{
	CLEANUP(fd_cleanup)
	int fd = socket(a->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const int on = 1;

	if (fd < 0)
		return fail(err, ERR_IO, "cannot open a socket: %s", strerror(errno));
	/* A server that is started again need not wait for the connections of the last one. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, &a->any, size_of(a)) < 0 || listen(fd, BACKLOG) < 0)
		return fail_listening(where, a, errno, err);
	if (!name_of_socket(fd, ret, err))
		return false;
	ret->fd = fd_take(&fd);
	return true;
}

static bool open_network(const char *where, const char *lacks, struct listening *ret,
			 struct err *err)
{
	union address a = { 0 };

	if (!parse_address(where, &a, err))
		return false;
	if (lacks && !is_of_loopback(&a))
		return fail_reachable(where, lacks, err);
	return bind_and_listen(where, &a, ret, err);
}

/* In the file system. */

/*
 * A socket's file stays when its server is killed, and cannot be bound again.  Whoever has the
 * lock beside it may take it away: the lock goes with its holder, however that ends.
 */
static bool lock_path(const char *path, int *ret, struct err *err)
{
	char name[PATH_MAX];
	CLEANUP(fd_cleanup) int fd = -1;

	if (snprintf(name, sizeof(name), "%s.lock", path) >= (int)sizeof(name))
		return fail(err, ERR_INVALID, "the path of the socket is too long");
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fail(err, errno == EACCES ? ERR_NOT_PERMITTED : ERR_IO,
			    "cannot make '%.200s': %s", name, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return fail(err, ERR_TAKEN, "another portbook serves 'unix:%.200s'", path);
	*ret = fd_take(&fd);
	return true;
}

/* Only a socket is taken away. */
static bool clear_path(const char *path, struct err *err)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return true;
	if (!S_ISSOCK(st.st_mode))
		return fail(err, ERR_TAKEN, "'%.200s' is there, and is no socket", path);
	return unlink(path) == 0 || errno == ENOENT ||
	       fail(err, ERR_IO, "cannot remove '%.200s': %s", path, strerror(errno));
}

static bool open_file(const char *where, struct listening *ret, struct err *err)
{
	const char *path = where + strlen("unix:");
	union address a = { .file = { .sun_family = AF_UNIX } };
	mode_t mask;
	bool ok;

	if (*path != '/')
		return fail(err, ERR_INVALID, "the path in '%.200s' is not absolute", where);
	if (strlen(path) >= sizeof(a.file.sun_path))
		return fail(err, ERR_INVALID, "'%.200s' is longer than a socket's path may be",
			    path);
	snprintf(a.file.sun_path, sizeof(a.file.sun_path), "%s", path);
	if (!lock_path(path, &ret->lock, err) || !clear_path(path, err))
		return false;
	mask = umask(0177);
	ok = bind_and_listen(where, &a, ret, err);
	umask(mask);
	if (ok)
		snprintf(ret->path, sizeof(ret->path), "%s", path);
	return ok;
}

bool listen_open(const char *where, const char *lacks, struct listening *ret, struct err *err)
{
	struct listening l = { .fd = -1, .lock = -1 };
	bool is_file = !strncmp(where, "unix:", 5);

	if (!(is_file ? open_file(where, &l, err) : open_network(where, lacks, &l, err))) {
		fd_cleanup(&l.lock);
		return false;
	}
	*ret = l;
	return true;
}

void listen_close(struct listening *l)
{
	if (l->path[0])
		unlink(l->path);
	l->path[0] = '\0';
	fd_cleanup(&l->fd);
	fd_cleanup(&l->lock);
	l->fd = l->lock = -1;
}

/* Inherited. */

static uint64_t variable(const char *name)
{
	const char *text = getenv(name);
	uint64_t n;

	return text && eat_number(&text, INT_MAX, &n) && eat_end(&text) ? n : 0;
}

static bool take_inherited(int fd, struct listening *ret, struct err *err)
{
	struct listening l = { .fd = fd, .lock = -1, .is_inherited = true };
	int listens = 0;
	socklen_t size = sizeof(listens);

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) < 0 || !listens)
		return fail(err, ERR_INVALID, "file %d, which was handed over, does not listen",
			    fd);
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		return fail(err, ERR_IO, "file %d, which was handed over: %s", fd, strerror(errno));
	if (!name_of_socket(fd, &l, err))
		return false;
	*ret = l;
	return true;
}

bool listen_inherit(struct listening *ret, unsigned max, const char *lacks, unsigned *ret_count,
		    struct err *err)
{
	uint64_t count = variable("LISTEN_FDS");

	*ret_count = 0;
	if (variable("LISTEN_PID") != (uint64_t)getpid())
		return true;
	if (count > max)
		return fail(err, ERR_INVALID, "more than %u sockets were handed over", max);
	for (unsigned i = 0; i < count; i++) {
		if (!take_inherited(FIRST_INHERITED + (int)i, &ret[i], err))
			return false;
		if (lacks && ret[i].is_far)
			return fail_reachable(ret[i].name, lacks, err);
	}
	*ret_count = (unsigned)count;
	return true;
}
