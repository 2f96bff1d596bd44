/*
 * Syscalls: socket, connect, setsockopt, getsockopt, getsockname, bind, nanosleep, fcntl, pread64,
 *           close, those of hold.c and guard_wire.c
 */
#include "enforce/guard_client.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

/* Rationale: a guard answers in less than a millisecond; one that is stopped must not stop others. */
#define ANSWER_WITHIN_S 2

/* Rationale: another run looks every 250 ms whether its program has closed the socket. */
#define GIVEN_BACK_WITHIN_MS 1000
#define GIVEN_BACK_EVERY_NS  20000000

/* Finding it. */

/* A socket that somebody else laid there is not asked. */
static bool connect_to(const char *path, int *ret)
{
	CLEANUP(fd_cleanup) int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	const struct timeval within = { .tv_sec = ANSWER_WITHIN_S };
	struct sockaddr_un at;
	uid_t uid;
	pid_t pid;

	if (fd < 0 || !guard_address(path, &at, NULL) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &within, sizeof(within)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &within, sizeof(within)) < 0 ||
	    connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    !guard_peer(fd, &uid, &pid, NULL) || uid != geteuid())
		return false;
	*ret = fd_take(&fd);
	return true;
}

bool guard_connect(struct guard_client *c)
{
	char path[PATH_MAX];

	for (unsigned i = 0; c->fd < 0 && i < GUARD_PLACES; i++)
		if (guard_path(i, path))
			(void)!connect_to(path, &c->fd);
	return c->fd >= 0;
}

void guard_disconnect(struct guard_client *c)
{
	fd_cleanup(&c->fd);
	c->fd = -1;
}

/* One question; what it has to do with a port. */

static bool exchange_with(struct guard_client *c, const json_t *ask, int passed, json_t **ret,
			  int *ret_file, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	CLEANUP(fd_cleanup) int file = -1;

	if (!message_send(c->fd, ask, passed, err) ||
	    !message_receive(c->fd, &answer, &file, err)) {
		guard_disconnect(c);
		return false;
	}
	if (!json_bool_of(answer, "success"))
		return fail(err, ERR_IO, "the guard could not do it");
	*ret = json_incref(answer);
	if (ret_file)
		*ret_file = fd_take(&file);
	return true;
}

static bool exchange(struct guard_client *c, const json_t *ask, json_t **ret, int *ret_file,
		     struct err *err)
{
	return exchange_with(c, ask, -1, ret, ret_file, err);
}

static json_t *about(const struct guard_client *c, const char *word, enum protocol protocol,
		     uint16_t port)
{
	return json_pack("{s:s, s:s*, s:s, s:i, s:b}", "ask", word, "what", c->what, "protocol",
			 protocol == PROTO_UDP ? "udp" : "tcp", "port", (int)port, "becomes",
			 c->becomes);
}

static bool say(struct guard_client *c, const char *word, enum protocol protocol, uint16_t port)
{
	CLEANUP(json_cleanup) json_t *ask = about(c, word, protocol, port), *answer = NULL;

	return ask && exchange(c, ask, &answer, NULL, NULL);
}

/* The file that holds the port; -1: nobody holds it. `ret_given`: as another one was given it. */
static int take(struct guard_client *c, enum protocol protocol, uint16_t port, bool *ret_given)
{
	CLEANUP(json_cleanup) json_t *ask = about(c, "take", protocol, port), *answer = NULL;
	int held = -1;

	/* A guard that was started anew has another connection. */
	for (unsigned i = 0; ask && i < 2 && guard_connect(c); i++)
		if (exchange(c, ask, &answer, &held, NULL))
			break;
	*ret_given = json_bool_of(answer, "given");
	return held;
}

/* Binding. */

static uint16_t port_of(const struct sockaddr *to, socklen_t len)
{
	union {
		struct sockaddr_in four;
		struct sockaddr_in6 six;
	} a = { 0 };

	memcpy(&a, to, len < sizeof(a) ? len : sizeof(a));
	if (to->sa_family == AF_INET && len >= sizeof(a.four))
		return ntohs(a.four.sin_port);
	if (to->sa_family == AF_INET6 && len >= offsetof(struct sockaddr_in6, sin6_scope_id))
		return ntohs(a.six.sin6_port);
	return 0;
}

static bool protocol_of(int socket, enum protocol *ret)
{
	int type = 0;
	socklen_t size = sizeof(type);

	if (getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &size) < 0 ||
	    (type != SOCK_STREAM && type != SOCK_DGRAM))
		return false;
	*ret = type == SOCK_DGRAM ? PROTO_UDP : PROTO_TCP;
	return true;
}

static int bind_plainly(int socket, const struct sockaddr *to, socklen_t len)
{
	return bind(socket, to, len) < 0 ? errno : 0;
}

/* Ours goes first: the guard's is then the last one, and goes when it hears of it. */
static void close_held(struct guard_client *c, int *held, const char *word, enum protocol protocol,
		       uint16_t port)
{
	fd_cleanup(held);
	*held = -1;
	(void)say(c, word, protocol, port);
}

/* By what holds it, which is closed then. */
static int take_over(struct guard_client *c, int held, int socket, const struct sockaddr *to,
		     socklen_t len, struct handed *ret)
{
	enum protocol protocol = PROTO_TCP;
	int why = hold_hand_over(held, socket, to, len, ret);

	(void)!protocol_of(socket, &protocol);
	ret->is_of_guard = !why;
	if (ret->held >= 0)
		return why;
	close_held(c, &held, why ? "kept" : "taken", protocol, port_of(to, len));
	if (!why && protocol == PROTO_UDP) {
		(void)hold_listen(socket, 0, ret);
		*ret = HANDED_NOTHING;
	}
	return why;
}

bool guard_holds(struct guard_client *c, enum protocol protocol, uint16_t port)
{
	bool is_given;
	int held = take(c, protocol, port, &is_given);

	if (held < 0)
		return false;
	close_held(c, &held, "kept", protocol, port);
	return true;
}

/*
 * Nobody is asked for a port that is free: most machines have no guard, and looking for one takes
 * longer than a bind.  What was free or held when the guard answered may be so no more when it is
 * bound, so it is asked twice; and for a while where another run was given it, as that one may have
 * ended, and is about to give it back (copies.h).
 */
int guard_bind(struct guard_client *c, int socket, const struct sockaddr *to, socklen_t len,
	       struct handed *ret)
{
	enum protocol protocol = PROTO_TCP;
	int why = bind_plainly(socket, to, len);
	bool may_be_held = why == EADDRINUSE && port_of(to, len) && protocol_of(socket, &protocol);
	int64_t until_ms = may_be_held ? clock_steady_ms() + GIVEN_BACK_WITHIN_MS : 0;

	*ret = HANDED_NOTHING;
	for (unsigned i = 0; why == EADDRINUSE && may_be_held; i++) {
		bool is_given;
		int held = take(c, protocol, port_of(to, len), &is_given);

		if (held >= 0)
			return take_over(c, held, socket, to, len, ret);
		if (c->fd < 0 || (i > 0 && (!is_given || clock_steady_ms() >= until_ms)))
			break;
		if (is_given)
			nanosleep(&(struct timespec){ .tv_nsec = GIVEN_BACK_EVERY_NS }, NULL);
		why = bind_plainly(socket, to, len);
	}
	return why;
}

/* Where a socket is bound. */
static uint16_t own_port(int socket)
{
	struct sockaddr_storage at = { 0 };
	socklen_t len = sizeof(at);

	if (getsockname(socket, (struct sockaddr *)&at, &len) < 0)
		return 0;
	return port_of((struct sockaddr *)&at, len);
}

int guard_listen(struct guard_client *c, int socket, int backlog, struct handed *was)
{
	int why = hold_listen(socket, backlog, was);

	if (was->held >= 0)
		close_held(c, &was->held, why ? "kept" : "taken", PROTO_TCP, own_port(socket));
	*was = HANDED_NOTHING;
	return why;
}

/* The others. */

/* After a silence the connection is left as it is, as the answer may come. */
static enum giving give_once(struct guard_client *c, const json_t *ask, int held)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	CLEANUP(fd_cleanup) int file = -1;
	struct err err = { 0 };

	if (message_send(c->fd, ask, held, NULL) && message_receive(c->fd, &answer, &file, &err))
		return json_bool_of(answer, "held") ? GIVING_DONE : GIVING_NOBODY;
	if (err.code == ERR_BUSY)
		return GIVING_SILENCE;
	guard_disconnect(c);
	return GIVING_NOBODY;
}

enum giving guard_give(struct guard_client *c, uint16_t port, int *held)
{
	CLEANUP(json_cleanup) json_t *ask = about(c, "hold", PROTO_TCP, port);
	enum giving giving = GIVING_NOBODY;

	/* A guard that was started anew has another connection. */
	for (unsigned i = 0; ask && i < 2 && guard_connect(c); i++) {
		giving = give_once(c, ask, *held);
		if (c->fd >= 0)
			break;
	}
	if (giving == GIVING_SILENCE)
		return giving;
	fd_cleanup(held);
	*held = -1;
	/* Not before: its next owner would find ours bound still. */
	if (giving == GIVING_DONE)
		(void)say(c, "kept", PROTO_TCP, port);
	return giving;
}

pid_t guard_of(struct guard_client *c, enum protocol protocol, uint16_t port)
{
	CLEANUP(json_cleanup) json_t *ask = about(c, "about", protocol, port), *answer = NULL;

	if (c->fd < 0 || !ask || !exchange(c, ask, &answer, NULL, NULL) ||
	    !json_bool_of(answer, "held"))
		return 0;
	return (pid_t)json_int_of(answer, "guardPid", 0);
}

static bool connect_or_fail(struct guard_client *c, struct err *err)
{
	return guard_connect(c) || fail(err, ERR_NOT_FOUND, "no guard of this user runs here");
}

bool guard_yield(const struct yielding *y, bool *ret_was_held, struct err *err)
{
	CLEANUP(guard_disconnect) struct guard_client c = { .fd = -1, .what = y->what };
	CLEANUP(json_cleanup)
	json_t *ask = about(&c, "yield", y->protocol, y->port), *answer = NULL;

	if (!connect_or_fail(&c, err))
		return false;
	if (!ask || !json_put_int(ask, "forMs", y->for_ms))
		return fail_memory(err);
	if (!exchange_with(&c, ask, y->process, &answer, NULL, err))
		return false;
	*ret_was_held = json_bool_of(answer, "held");
	return true;
}

void guard_note_try(struct guard_client *c, enum protocol protocol, uint16_t port,
		    const char *program, pid_t pid)
{
	CLEANUP(json_cleanup) json_t *ask = about(c, "tried", protocol, port), *answer = NULL;

	if (ask && json_put_text(ask, "program", program) && json_put_int(ask, "pid", pid) &&
	    guard_connect(c))
		(void)!exchange(c, ask, &answer, NULL, NULL);
}

bool guard_status(json_t **ret, struct err *err)
{
	CLEANUP(guard_disconnect) struct guard_client c = { .fd = -1 };
	CLEANUP(json_cleanup) json_t *ask = json_pack("{s:s}", "ask", "status"), *answer = NULL;
	CLEANUP(fd_cleanup) int file = -1;

	if (!connect_or_fail(&c, err))
		return false;
	if (!ask)
		return fail_memory(err);
	return exchange(&c, ask, &answer, &file, err) && message_file_read(file, ret, err);
}
