/*
 * Syscalls: epoll_create1, epoll_ctl, timerfd_create, timerfd_settime, pidfd_open, poll, getsockopt,
 *           fstat, read, close, those of handover.c, hold.c, foreign_linux.c and guard_client.c
 */
#include "enforce/copies.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "enforce/foreign.h"

/*
 * Rationale: as long a client, or another run, waits at most for a program that has closed its
 * socket, and lives.  A look takes some microseconds.
 */
#define LOOK_EVERY_NS 250000000

/* Rationale: who ends gives its memory back first, and closes its files then. */
#define ENDING_MAX_MS 5000

/* How long who has the socket, and cannot be seen to, may take to close it; others wait meanwhile. */
#define CLOSING_MAX_MS 100

/* When to look. */

static bool wake_by(const struct copies *c, int fd)
{
	struct epoll_event e = { .events = EPOLLIN };

	return fd >= 0 && epoll_ctl(c->wakes, EPOLL_CTL_ADD, fd, &e) == 0;
}

static void set_timer(const struct copies *c, bool runs)
{
	const struct timespec every = { .tv_nsec = runs ? LOOK_EVERY_NS : 0 };
	const struct itimerspec when = { .it_interval = every, .it_value = every };

	(void)timerfd_settime(c->timer, 0, &when, NULL);
}

static bool can_wake(struct copies *c)
{
	if (c->timer >= 0)
		return true;
	fd_cleanup(&c->wakes);
	c->wakes = epoll_create1(EPOLL_CLOEXEC);
	c->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (c->wakes >= 0 && wake_by(c, c->timer))
		return true;
	fd_cleanup(&c->timer);
	c->timer = -1;
	return false;
}

/* Who has it. */

/* A process that was just forked may have it open, too: so it is taken out before it is closed. */
static void forget_process(const struct copies *c, struct copy *one)
{
	if (one->process >= 0)
		(void)epoll_ctl(c->wakes, EPOLL_CTL_DEL, one->process, NULL);
	fd_cleanup(&one->process);
	one->process = -1;
}

static void note_process(const struct copies *c, struct copy *one, pid_t pid, int fd)
{
	forget_process(c, one);
	one->pid = pid;
	one->fd = fd;
	one->process = (int)syscall(SYS_pidfd_open, pid, 0);
	(void)!wake_by(c, one->process);
}

/* Waits for it for so long. */
static bool has_ended(const struct copy *one, int64_t within_ms)
{
	struct pollfd process = { .fd = one->process, .events = POLLIN };

	return one->process >= 0 && poll(&process, 1, (int)within_ms) > 0;
}

/* Who is known to have had it, or else whoever is found. */
static enum having who_has(const struct copies *c, struct copy *one)
{
	enum having has = has_ended(one, 0) ? HAS_NOT : foreign_has(one->pid, one->fd, one->socket);
	pid_t pid;
	int fd;

	if (has != HAS_NOT || !foreign_find(one->socket, &pid, &fd))
		return has;
	note_process(c, one, pid, fd);
	return HAS_IT;
}

/* Keeping. */

static ino_t number_of(int socket)
{
	struct stat st;

	return fstat(socket, &st) < 0 ? 0 : st.st_ino;
}

static bool is_shared(int socket)
{
	int value = 0;
	socklen_t size = sizeof(value);

	return getsockopt(socket, SOL_SOCKET, SO_REUSEPORT, &value, &size) < 0 || value;
}

/* Who calls listen again changes how many may wait. */
static bool is_there(const struct copies *c, ino_t socket)
{
	for (unsigned i = 0; i < c->count; i++)
		if (c->items[i].socket == socket)
			return true;
	return false;
}

/* NULL: there is no room. */
static struct copy *keep(struct copies *c, uint16_t port, int socket)
{
	CLEANUP(handover_cleanup) struct handover way = HANDOVER_NONE;
	struct copy *one = &c->items[c->count];

	if (c->count == COPIES_MAX || !can_wake(c) || !handover_open(&way, NULL) ||
	    !handover_send(way.ours, 'c', socket))
		return NULL;
	*one = (struct copy){
		.port = port,
		.way = way,
		.socket = number_of(socket),
		.process = -1,
	};
	way = HANDOVER_NONE;
	if (!c->count++)
		set_timer(c, true);
	return one;
}

void copies_add(struct copies *c, uint16_t port, int socket, pid_t pid, int fd)
{
	struct copy *one = is_shared(socket) || is_there(c, number_of(socket))
				   ? NULL
				   : keep(c, port, socket);

	if (one)
		note_process(c, one, pid, fd);
}

/* What is kept, which is no more; -1: it is lost. */
static int take_out(struct copies *c, unsigned i)
{
	struct copy *one = &c->items[i];
	int socket = handover_take(one->way.theirs);

	handover_cleanup(&one->way);
	forget_process(c, one);
	*one = c->items[--c->count];
	if (!c->count)
		set_timer(c, false);
	return socket;
}

static void drop(struct copies *c, unsigned i)
{
	int socket = take_out(c, i);

	fd_cleanup(&socket);
}

/* Looking. */

/* Since it was kept: then a part of the connections would go to the copy. */
static bool has_become_shared(const struct copy *one)
{
	CLEANUP(fd_cleanup) int socket = handover_peek(one->way.theirs);

	return socket < 0 || is_shared(socket);
}

/*
 * Of one port, or of each (0).  What may not be looked into is not kept on: its socket might listen to
 * its end, or be taken for closed while it is not.
 */
static void mark_left(struct copies *c, uint16_t port)
{
	for (unsigned i = c->count; i-- > 0;) {
		struct copy *one = &c->items[i];
		enum having has;

		if (one->is_holder || (port && one->port != port))
			continue;
		has = has_become_shared(one) ? HAS_UNSEEN : who_has(c, one);
		one->is_left = has == HAS_NOT;
		if (has == HAS_UNSEEN)
			drop(c, i);
	}
}

/* One of them is enough. */
static bool port_is_had(const struct copies *c, uint16_t port)
{
	for (unsigned i = 0; i < c->count; i++)
		if (c->items[i].port == port && !c->items[i].is_left)
			return true;
	return false;
}

static int hold_in_their_place(struct copies *c, uint16_t port)
{
	int sockets[COPIES_MAX], held;
	unsigned count = 0;

	for (unsigned i = c->count; i-- > 0;)
		if (c->items[i].port == port && (sockets[count] = take_out(c, i)) >= 0)
			count++;
	return count && hold_in_place_of(sockets, count, port, CLOSING_MAX_MS, &held) ? held : -1;
}

/*
 * Where the program still listens on another address, this one is free, as without a copy; and where
 * the port is held already, nothing is to be done.
 */
static int hold_or_drop(struct copies *c, uint16_t port)
{
	if (!port_is_had(c, port))
		return hold_in_their_place(c, port);
	for (unsigned i = c->count; i-- > 0;)
		if (c->items[i].port == port && c->items[i].is_left)
			drop(c, i);
	return -1;
}

/* 0: none. */
static uint16_t first_left(const struct copies *c)
{
	for (unsigned i = 0; i < c->count; i++)
		if (c->items[i].is_left)
			return c->items[i].port;
	return 0;
}

static int take_holder(struct copies *c, uint16_t port)
{
	for (unsigned i = 0; i < c->count; i++)
		if (c->items[i].is_holder && c->items[i].port == port)
			return take_out(c, i);
	return -1;
}

static bool has_left(const struct copies *c, uint16_t port)
{
	for (unsigned i = 0; i < c->count; i++)
		if (c->items[i].port == port && c->items[i].is_left)
			return true;
	return false;
}

static bool has_copy(const struct copies *c, uint16_t port)
{
	for (unsigned i = 0; i < c->count; i++)
		if (c->items[i].port == port && !c->items[i].is_holder)
			return true;
	return false;
}

int copies_hold(struct copies *c, uint16_t port)
{
	int held;

	mark_left(c, port);
	held = has_left(c, port) ? hold_or_drop(c, port) : -1;
	return held >= 0 || has_copy(c, port) ? held : take_holder(c, port);
}

void copies_keep_holder(struct copies *c, uint16_t port, int held)
{
	struct copy *one = is_there(c, number_of(held)) ? NULL : keep(c, port, held);

	if (one)
		one->is_holder = true;
}

void copies_give(struct copies *c, struct guard_client *guard, uint16_t port, int held)
{
	if (c->owed < 0 && guard_give(guard, port, &held) == GIVING_SILENCE)
		c->owed = fd_take(&guard->fd);
	if (held >= 0)
		copies_keep_holder(c, port, held);
	fd_cleanup(&held);
}

/* The guard that was silent goes on, or has ended: what is held is given again, and then not ours. */
static void give_what_is_held(struct copies *c, struct guard_client *guard)
{
	int held[COPIES_MAX];
	uint16_t ports[COPIES_MAX];
	unsigned count = 0;

	for (unsigned i = c->count; i-- > 0;)
		if (c->items[i].is_holder) {
			ports[count] = c->items[i].port;
			held[count++] = take_out(c, i);
		}
	for (unsigned i = 0; i < count; i++)
		if (held[i] >= 0 && !has_copy(c, ports[i]))
			copies_give(c, guard, ports[i], held[i]);
		else
			fd_cleanup(&held[i]);
}

static void hear_guard(struct copies *c, struct guard_client *guard)
{
	struct pollfd answer = { .fd = c->owed, .events = POLLIN };
	CLEANUP(fd_cleanup) int owed = -1;

	if (c->owed < 0 || poll(&answer, 1, 0) <= 0)
		return;
	/* Closed at last, as the guard gives the port to nobody before that. */
	owed = fd_take(&c->owed);
	give_what_is_held(c, guard);
}

/* Where there is no guard any more, the port is free. */
static void give_back(struct copies *c, struct guard_client *guard, uint16_t port, int held)
{
	if (held >= 0)
		copies_give(c, guard, port, held);
}

static void hold_all_left(struct copies *c, struct guard_client *guard)
{
	uint16_t port;

	mark_left(c, 0);
	while ((port = first_left(c)))
		give_back(c, guard, port, hold_or_drop(c, port));
}

void copies_look(struct copies *c, struct guard_client *guard)
{
	uint64_t times;

	(void)!read(c->timer, &times, sizeof(times));
	hear_guard(c, guard);
	hold_all_left(c, guard);
}

/* Its filter may be gone before its files are (Linux 6.11). */
static void wait_for_ends(const struct copies *c)
{
	int64_t until_ms = clock_steady_ms() + ENDING_MAX_MS;

	for (unsigned i = 0; i < c->count; i++) {
		int64_t left_ms = until_ms - clock_steady_ms();

		/* Others were given the socket. */
		if (foreign_is_ending(c->items[i].pid))
			(void)has_ended(&c->items[i], left_ms > 0 ? left_ms : 0);
	}
}

/* Who has a socket still was given it, and is not below us. */
void copies_end(struct copies *c, struct guard_client *guard)
{
	wait_for_ends(c);
	hold_all_left(c, guard);
	while (c->count)
		drop(c, 0);
	fd_cleanup(&c->owed);
	fd_cleanup(&c->wakes);
	fd_cleanup(&c->timer);
	*c = COPIES_NONE;
}
