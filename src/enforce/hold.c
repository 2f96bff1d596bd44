/*
 * Syscalls: socket, setsockopt, getsockopt, getsockname, bind, listen, shutdown, nanosleep, close
 *
 * A holder without SO_REUSEADDR and SO_REUSEPORT, bound to [::] for both families, is in the way of
 * every other bind.  With SO_REUSEPORT on both, and the same user, a second socket may be bound
 * there for the moment of its bind alone.  Its own SO_REUSEADDR stays off until it listens: a
 * stranger who sets that could be bound beside it until then.
 *
 * Where connections that have ended are still remembered, nobody is bound without SO_REUSEADDR,
 * and nobody listens without it.  The owner keeps it then, and the holder stays, without it, in
 * the way of strangers; it takes it for the moment of the owner's listen alone.  Who is bound in
 * that moment finds the owner listening, and cannot; but who is bound and also listens in it, between
 * two calls of ours, is first, and the owner's listen fails.
 *
 * What is left besides: from the owner's bind to its listen the kernel remembers that SO_REUSEPORT was good
 * enough here (inet_csk_get_port, fastreuseport), so another program of the same user that sets it
 * may be bound in between.
 *
 * Who takes the place of a socket that listens is bound beside it, with SO_REUSEPORT on both, and has to
 * make the kernel forget that when the other one is closed.  It does with the next bind that has no
 * SO_REUSEPORT and succeeds, and that one succeeds beside connections that are remembered only with
 * SO_REUSEADDR on it and on the holder, which would let strangers in.  So a third one is in their way,
 * the keeper: two sockets that are bound to devices, each to another one, are in each other's way in
 * nothing, and in the way of everybody else.  Such a device need not be there, and the last bind also
 * tells whether anybody listens still.
 *
 * A UDP socket that is bound receives.  One that was shut down does not, and is no listener to who
 * looks; what is sent there is dropped.
 * What this rests on is proved by tests/unit/enforce/test_hold.c.
 */
#include "enforce/hold.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

#ifndef SO_BINDTOIFINDEX
#define SO_BINDTOIFINDEX 62
#endif

/* Rationale: numbers that no device has, as these count from 1. */
#define KEEPER_DEVICE INT_MAX
#define PROBE_DEVICE  (INT_MAX - 1)

/* Rationale: a bind takes some microseconds, and a process some milliseconds to end. */
#define PROBE_EVERY_NS 1000000

static bool get_option(int fd, int name)
{
	int value = 0;
	socklen_t size = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 && value;
}

/* One that is refused shows when it binds. */
static void set_option(int fd, int name, bool on)
{
	const int value = on;

	(void)!setsockopt(fd, SOL_SOCKET, name, &value, sizeof(value));
}

static int type_of(enum protocol protocol)
{
	return protocol == PROTO_UDP ? SOCK_DGRAM : SOCK_STREAM;
}

/* For both families; a machine without IPv6 has one. */
static int open_socket(enum protocol protocol, sa_family_t *ret)
{
	const int off = 0;
	int fd = socket(AF_INET6, type_of(protocol) | SOCK_CLOEXEC, 0);

	*ret = AF_INET6;
	if (fd >= 0)
		(void)!setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (fd >= 0 || errno != EAFNOSUPPORT)
		return fd;
	*ret = AF_INET;
	return socket(AF_INET, type_of(protocol) | SOCK_CLOEXEC, 0);
}

static int bind_any(int fd, sa_family_t family, uint16_t port)
{
	const struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	const struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons(port) };

	if (family == AF_INET6)
		return bind(fd, (const struct sockaddr *)&six, sizeof(six));
	return bind(fd, (const struct sockaddr *)&four, sizeof(four));
}

static bool fail_hold(enum protocol protocol, uint16_t port, struct err *err)
{
	enum err_code code = errno == EADDRINUSE		  ? ERR_TAKEN
			     : errno == EMFILE || errno == ENFILE ? ERR_EXHAUSTED
			     : errno == EACCES || errno == EPERM  ? ERR_NOT_PERMITTED
								  : ERR_IO;

	return fail(err, code, "%u%s cannot be held: %s", port, protocol == PROTO_UDP ? "/udp" : "",
		    strerror(errno));
}

bool hold_port(enum protocol protocol, uint16_t port, bool past_remains, int *ret_fd,
	       struct err *err)
{
	sa_family_t family;
	CLEANUP(fd_cleanup) int fd = open_socket(protocol, &family);

	if (fd < 0)
		return fail_hold(protocol, port, err);
	if (past_remains)
		set_option(fd, SO_REUSEADDR, true);
	if (bind_any(fd, family, port) < 0)
		return fail_hold(protocol, port, err);
	if (past_remains)
		set_option(fd, SO_REUSEADDR, false);
	/* ENOTCONN is said, and it is done all the same (Linux, inet_shutdown). */
	if (protocol == PROTO_UDP)
		(void)!shutdown(fd, SHUT_RDWR);
	*ret_fd = fd_take(&fd);
	return true;
}

static bool is_stream(int fd)
{
	int type = 0;
	socklen_t size = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

/* In the place of sockets that listen. */

static void set_reuse_port(const int *fds, unsigned count, bool on)
{
	for (unsigned i = 0; i < count; i++)
		set_option(fds[i], SO_REUSEPORT, on);
}

static void close_all(const int *fds, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		close(fds[i]);
}

static int open_on(int device, sa_family_t *ret)
{
	int fd = open_socket(PROTO_TCP, ret);

	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &device, sizeof(device)) == 0)
		return fd;
	fd_cleanup(&fd);
	return -1;
}

/* Past what remains of connections, too, in the way of nobody yet. */
static bool bind_shared(int fd, sa_family_t family, uint16_t port)
{
	set_option(fd, SO_REUSEADDR, true);
	set_option(fd, SO_REUSEPORT, true);
	return bind_any(fd, family, port) == 0;
}

/* What listens is in the way of strangers until `keeper` is, which is so to the end. */
static bool bind_beside_all(int fd, int keeper, sa_family_t family, uint16_t port,
			    const int *listening, unsigned count)
{
	bool are_bound;

	set_reuse_port(listening, count, true);
	are_bound = bind_shared(fd, family, port) && bind_shared(keeper, family, port);
	set_reuse_port(listening, count, false);
	set_option(keeper, SO_REUSEPORT, false);
	set_option(keeper, SO_REUSEADDR, false);
	set_option(fd, SO_REUSEPORT, false);
	return are_bound;
}

/* Only when nobody listens; and what the kernel remembers of sharing is gone then. */
static bool bind_probe(int probe, sa_family_t family, uint16_t port, int64_t within_ms)
{
	int64_t until_ms = clock_steady_ms() + within_ms;

	set_option(probe, SO_REUSEADDR, true);
	while (bind_any(probe, family, port) < 0) {
		if (errno != EADDRINUSE || clock_steady_ms() >= until_ms)
			return false;
		nanosleep(&(struct timespec){ .tv_nsec = PROBE_EVERY_NS }, NULL);
	}
	return true;
}

bool hold_in_place_of(const int *listening, unsigned count, uint16_t port, int64_t within_ms,
		      int *ret_fd)
{
	sa_family_t family;
	CLEANUP(fd_cleanup) int fd = open_socket(PROTO_TCP, &family);
	CLEANUP(fd_cleanup) int keeper = open_on(KEEPER_DEVICE, &family);
	CLEANUP(fd_cleanup) int probe = open_on(PROBE_DEVICE, &family);
	bool are_bound = fd >= 0 && keeper >= 0 && probe >= 0 &&
			 bind_beside_all(fd, keeper, family, port, listening, count);

	/* Who is just being let in or not was compared with the keeper as it was: this one waits for that. */
	if (are_bound)
		(void)bind_any(probe, family, port);
	close_all(listening, count);
	if (!are_bound || !bind_probe(probe, family, port, within_ms))
		return false;
	set_option(fd, SO_REUSEADDR, false);
	*ret_fd = fd_take(&fd);
	return true;
}

/* For both families, or for the one that the machine has. */
static bool is_bound_to_all(int fd, uint16_t port)
{
	static const struct in6_addr any = IN6ADDR_ANY_INIT;
	union {
		struct sockaddr_in four;
		struct sockaddr_in6 six;
	} at = { 0 };
	socklen_t size = sizeof(at);
	sa_family_t family;
	CLEANUP(fd_cleanup) int like = open_socket(PROTO_TCP, &family);
	int one_family = 0;
	socklen_t len = sizeof(one_family);

	if (getsockname(fd, (struct sockaddr *)&at, &size) < 0 || at.four.sin_family != family)
		return false;
	if (family == AF_INET)
		return at.four.sin_port == htons(port) && !at.four.sin_addr.s_addr;
	return at.six.sin6_port == htons(port) && !memcmp(&at.six.sin6_addr, &any, sizeof(any)) &&
	       getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one_family, &len) == 0 && !one_family;
}

bool hold_adopt(int fd, uint16_t port)
{
	if (!is_stream(fd) || get_option(fd, SO_ACCEPTCONN) || !is_bound_to_all(fd, port))
		return false;
	set_option(fd, SO_REUSEADDR, false);
	set_option(fd, SO_REUSEPORT, false);
	return true;
}

/* To its owner. */

static void hand_back(int owner, const struct handed *was)
{
	set_option(owner, SO_REUSEPORT, was->reuse_port);
	set_option(owner, SO_REUSEADDR, was->reuse_address);
}

/* Both let the other one in for as long as the bind takes. */
static int bind_beside(int held, int owner, bool reuse_address, const struct sockaddr *to,
		       socklen_t len)
{
	int why;

	set_option(owner, SO_REUSEADDR, reuse_address);
	set_option(owner, SO_REUSEPORT, true);
	set_option(held, SO_REUSEPORT, true);
	why = bind(owner, to, len) < 0 ? errno : 0;
	set_option(held, SO_REUSEPORT, false);
	set_option(owner, SO_REUSEPORT, false);
	return why;
}

int hold_hand_over(int held, int owner, const struct sockaddr *to, socklen_t len,
		   struct handed *ret)
{
	struct handed was = {
		.reuse_address = get_option(owner, SO_REUSEADDR),
		.reuse_port = get_option(owner, SO_REUSEPORT),
		.held = -1,
	};
	int why = bind_beside(held, owner, false, to, len);

	/* Also who did not ask for SO_REUSEADDR: what is held has no other owner. */
	if (why == EADDRINUSE && is_stream(owner)) {
		why = bind_beside(held, owner, true, to, len);
		was.held = held;
	}
	if (why)
		hand_back(owner, &was);
	else
		*ret = was;
	return why;
}

void hold_stay(int held, int owner, struct handed *was)
{
	set_option(owner, SO_REUSEADDR, true);
	was->held = held;
}

int hold_listen(int owner, int backlog, const struct handed *was)
{
	int why = 0;

	if (was->held >= 0)
		set_option(was->held, SO_REUSEADDR, true);
	if (is_stream(owner) && listen(owner, backlog) < 0)
		why = errno;
	/* Connections of a server that shared the port were in no bind's way, and are in this one's. */
	if (why == EADDRINUSE && was->reuse_address) {
		set_option(owner, SO_REUSEADDR, true);
		why = listen(owner, backlog) < 0 ? errno : 0;
	}
	if (was->held >= 0)
		set_option(was->held, SO_REUSEADDR, false);
	if (was->held >= 0 || was->reuse_address || was->reuse_port)
		hand_back(owner, was);
	return why;
}
