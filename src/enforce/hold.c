/*
 * Syscalls: socket, setsockopt, getsockopt, getsockname, bind, listen, shutdown, close
 *
 * A holder without SO_REUSEADDR and SO_REUSEPORT, bound to [::] for both families, is in the way of
 * every other bind and listen.  With SO_REUSEPORT on both, and the same user, a second socket may
 * be bound there, and listen, for the moment of that call alone.  Afterwards the holder can stay,
 * and the port is free at no moment, least of all when its owner ends.
 *
 * After such a call the kernel remembers that SO_REUSEPORT was good enough here, and at which
 * address, and would let the next one of this user in who sets it and means that address, without
 * looking at the holder (inet_csk_get_port, fastreuseport).  It remembers one address only: so it
 * is given others, where nobody is, before the moment is over.  An owner that is bound to all
 * addresses of both families covers those, too, and nothing takes its place; there the holder is
 * renewed when the owner has gone.  Two holders are beside each other for that moment, as each is
 * bound to a device that there is not, and strangers, who are bound to none, conflict with both.
 *
 * Where connections that have ended are still remembered, nobody is bound without SO_REUSEADDR,
 * and nobody listens without it: then the owner has it for the call, whether or not it asked.
 *
 * What is left: in that moment, some microseconds, another program of the same user that sets
 * SO_REUSEPORT is let in as well; and beside an owner of all addresses for as long as that lives.
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
#include <unistd.h>

#include "base/fd.h"

/* Linux 5.1, newer than some headers. */
#ifndef SO_BINDTOIFINDEX
#define SO_BINDTOIFINDEX 62
#endif

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

static uint16_t port_of(int fd)
{
	struct sockaddr_in6 at = { 0 };
	socklen_t len = sizeof(at);

	/* The port of both families is in the same place. */
	return getsockname(fd, (struct sockaddr *)&at, &len) < 0 ? 0 : ntohs(at.sin6_port);
}

/* For documents alone (RFC 5737, RFC 3849): no machine has them. */
#define NOBODYS_V4 0xc0000249
#define NOBODYS_V6                                                 \
	{                                                          \
		.s6_addr = { 0x20, 0x01, 0x0d, 0xb8, [15] = 0x49 } \
	}

static bool bind_to_nobodys_v4(uint16_t port)
{
	const struct sockaddr_in at = { .sin_family = AF_INET,
					.sin_port = htons(port),
					.sin_addr.s_addr = htonl(NOBODYS_V4) };
	const int on = 1;
	CLEANUP(fd_cleanup) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	set_option(fd, SO_REUSEPORT, true);
	return setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof(on)) == 0 &&
	       bind(fd, (const struct sockaddr *)&at, sizeof(at)) == 0;
}

static bool bind_to_nobodys_v6(uint16_t port)
{
	const struct sockaddr_in6 at = { .sin6_family = AF_INET6,
					 .sin6_port = htons(port),
					 .sin6_addr = NOBODYS_V6 };
	const int on = 1;
	CLEANUP(fd_cleanup) int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	set_option(fd, SO_REUSEPORT, true);
	return setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == 0 &&
	       setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof(on)) == 0 &&
	       bind(fd, (const struct sockaddr *)&at, sizeof(at)) == 0;
}

/* All addresses of one family do not cover one of the other. */
static void have_others_remembered(uint16_t port)
{
	if (!port)
		return;
	(void)bind_to_nobodys_v6(port);
	(void)bind_to_nobodys_v4(port);
}

struct beside {
	int held, owner;
	const struct sockaddr *to;
	socklen_t len;
	int backlog;
};

typedef int step_fn(const struct beside *b);

static int step_bind(const struct beside *b)
{
	return bind(b->owner, b->to, b->len) < 0 ? errno : 0;
}

static int step_listen(const struct beside *b)
{
	return listen(b->owner, b->backlog) < 0 ? errno : 0;
}

/* Both let the other one in for as long as the step takes. */
static int step_sharing(const struct beside *b, step_fn *step)
{
	bool was_shared = get_option(b->owner, SO_REUSEPORT);
	int why;

	set_option(b->owner, SO_REUSEPORT, true);
	set_option(b->held, SO_REUSEPORT, true);
	why = step(b);
	if (!why && is_stream(b->owner))
		have_others_remembered(port_of(b->held));
	set_option(b->held, SO_REUSEPORT, false);
	set_option(b->owner, SO_REUSEPORT, was_shared);
	return why;
}

/* Also who did not ask for SO_REUSEADDR gets past remains: what is held has no other owner. */
static int step_beside(const struct beside *b, step_fn *step)
{
	int why = step_sharing(b, step);

	if (why == EADDRINUSE && is_stream(b->owner) && !get_option(b->owner, SO_REUSEADDR)) {
		set_option(b->owner, SO_REUSEADDR, true);
		why = step_sharing(b, step);
		set_option(b->owner, SO_REUSEADDR, false);
	}
	return why;
}

int hold_bind_beside(int held, int owner, const struct sockaddr *to, socklen_t len)
{
	return step_beside(&(struct beside){ held, owner, to, len, 0 }, step_bind);
}

int hold_listen_beside(int held, int owner, int backlog)
{
	return step_beside(&(struct beside){ held, owner, NULL, 0, backlog }, step_listen);
}

bool hold_is_shared(int owner)
{
	return get_option(owner, SO_REUSEPORT);
}

/* Devices that there are not; a socket is bound to one for good. */
enum { DEVICE_ONE = INT_MAX - 1, DEVICE_TWO = INT_MAX };

static int device_of(int fd)
{
	int device = 0;
	socklen_t size = sizeof(device);

	return getsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &device, &size) < 0 ? -1 : device;
}

static bool set_device(int fd, int device)
{
	return setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &device, sizeof(device)) == 0;
}

/* SO_REUSEADDR: past what remains of connections. */
static bool bind_renewed(int fd, sa_family_t family, int device, uint16_t port)
{
	bool is_bound;

	set_option(fd, SO_REUSEADDR, true);
	is_bound = set_device(fd, device) && bind_any(fd, family, port) == 0;
	set_option(fd, SO_REUSEADDR, false);
	return is_bound;
}

bool hold_renew(int *held)
{
	sa_family_t family;
	CLEANUP(fd_cleanup) int fd = open_socket(PROTO_TCP, &family);
	int device = device_of(*held);

	if (fd < 0 || device < 0 || (!device && !set_device(*held, DEVICE_ONE)))
		return false;
	if (!bind_renewed(fd, family, device == DEVICE_TWO ? DEVICE_ONE : DEVICE_TWO,
			  port_of(*held)))
		return false;
	fd_cleanup(held);
	*held = fd_take(&fd);
	return true;
}
