#include "enforce/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "enforce/filter.h"
#include "enforce/foreign.h"
#include "enforce/landlock.h"
#include "enforce/launching.h"
#include "enforce/nested.h"

/* Rationale: a supervisor has a listener, a port that it holds, and four ends of channels. */
#define KEPT_MAX 8

/* Rationale: what a slow command takes from its start to its listen. */
#define LEFT_MS 30000

/* Messages between the two. */

bool channel_open(struct channel *c, struct err *err)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return fail(err, ERR_IO, "cannot make a pair of sockets: %s", strerror(errno));
	*c = (struct channel){ ends[0], ends[1] };
	return true;
}

void channel_cleanup(struct channel *c)
{
	fd_cleanup(&c->ours);
	fd_cleanup(&c->theirs);
	*c = (struct channel){ -1, -1 };
}

union with_fd {
	char room[CMSG_SPACE(sizeof(int))];
	struct cmsghdr head;
};

bool channel_send(int to, char what, int fd)
{
	struct iovec bytes = { &what, 1 };
	union with_fd with = { 0 };
	struct msghdr m = { .msg_iov = &bytes, .msg_iovlen = 1 };

	if (fd >= 0) {
		m.msg_control = &with;
		m.msg_controllen = sizeof(with);
		with.head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(fd)),
					      .cmsg_level = SOL_SOCKET,
					      .cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(&with.head), &fd, sizeof(fd));
	}
	return sendmsg(to, &m, MSG_NOSIGNAL) == 1;
}

char channel_receive(int from, int *ret_fd)
{
	char what = 0;
	struct iovec bytes = { &what, 1 };
	union with_fd with = { 0 };
	struct msghdr m = { .msg_iov = &bytes,
			    .msg_iovlen = 1,
			    .msg_control = &with,
			    .msg_controllen = sizeof(with) };
	ssize_t got;

	do
		got = recvmsg(from, &m, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got != 1)
		return 0;
	if (ret_fd && m.msg_controllen && with.head.cmsg_type == SCM_RIGHTS)
		memcpy(ret_fd, CMSG_DATA(&with.head), sizeof(*ret_fd));
	return what;
}

/* The supervisor. */

bool supervisor_can_reach(pid_t pid, int fd)
{
	CLEANUP(fd_cleanup) int process = foreign_hold(pid);
	CLEANUP(fd_cleanup) int copy = process < 0 ? -1 : foreign_descriptor(process, fd);

	return copy >= 0;
}

/*
 * What is kept gets the numbers from 3 on, so that all above can be closed.  They
 * go out of the way first, as one may have the number that another is to get.
 */
static void keep_only(int *const kept[], unsigned count)
{
	int at = STDERR_FILENO + 1;

	for (unsigned i = 0; i < count; i++)
		if (*kept[i] >= 0)
			*kept[i] = fcntl(*kept[i], F_DUPFD_CLOEXEC, at + KEPT_MAX);
	for (unsigned i = 0; i < count; i++)
		if (*kept[i] >= 0)
			*kept[i] = dup3(*kept[i], at++, O_CLOEXEC);
	(void)syscall(SYS_close_range, at, ~0U, 0);
}

/* Who ends a program by a word of its command line does not mean the supervisor. */
static void hide_command(const struct launching *l)
{
	for (char *const *word = l->hide; *word; word++)
		memset(*word, 0, strlen(*word));
	(void)prctl(PR_SET_NAME, "portbook-run");
}

void supervisor_settle(struct supervisor *s, const struct launching *l, int *const kept[],
		       unsigned count)
{
	int *all[KEPT_MAX] = { &s->listener, &s->holding.fd };

	for (unsigned i = 0; i < count && i + 2 < KEPT_MAX; i++)
		all[i + 2] = kept[i];
	leave_standard_files();
	keep_only(all, count + 2);
	s->book.closed = s->listener;
	hide_command(l);
	supervisor_begin(s);
}

static _Noreturn void supervise(struct supervisor *s)
{
	struct pollfd one = { .fd = s->listener, .events = POLLIN };

	for (;;) {
		if (poll(&one, 1, -1) < 0)
			continue;
		if (one.revents & POLLIN ? !supervisor_answer(s) : one.revents != 0)
			break;
	}
	supervisor_end(s);
	_exit(0);
}

static _Noreturn void be_supervisor(const struct launching *l, const struct speaker *speaker,
				    struct channel *c)
{
	struct supervisor s;
	uint64_t start;
	bool reaches;

	fd_cleanup(&c->ours);
	c->ours = -1;
	reaches = !l->not_in_place && supervisor_can_reach(speaker->leader, STDERR_FILENO);
	s = (struct supervisor){ .listener = -1,
				 .assignment = l->assignment,
				 .book = l->book,
				 .speaker = *speaker,
				 .holding = l->holding };
	/* Now: a short command may have ended before there is time for it. */
	start = foreign_start(speaker->leader);
	if (!channel_send(c->theirs, reaches ? SAYS_YES : SAYS_NO, -1) || !reaches ||
	    channel_receive(c->theirs, &s.listener) != SAYS_READY || s.listener < 0 ||
	    !channel_send(c->theirs, SAYS_READY, -1))
		_exit(0);
	/* The command begins meanwhile: what it binds waits. */
	supervisor_settle(&s, l, NULL, 0);
	s.book.reaps = true;
	launch_note(l, &s.book, speaker->leader, start);
	supervise(&s);
}

/*
 * Nobody's child, so that the command never sees one it did not start; and with a
 * session of its own, so that it is no part of the terminal's job.
 */
static bool start_supervisor(const struct launching *l, struct channel *c, struct err *err)
{
	struct speaker speaker;
	sigset_t all, before;
	pid_t between;

	speaker_init(&speaker, l->quiet);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	between = fork();
	if (between == 0) {
		setsid();
		if (fork() == 0)
			be_supervisor(l, &speaker, c);
		_exit(0);
	}
	while (between > 0 && waitpid(between, NULL, 0) < 0 && errno == EINTR)
		;
	sigprocmask(SIG_SETMASK, &before, NULL);
	fd_cleanup(&c->theirs);
	c->theirs = -1;
	return between > 0 || fail(err, ERR_IO, "cannot fork: %s", strerror(errno));
}

/* The command. */

bool launch_exec(const struct launching *l, struct err *err)
{
	execvp(l->command[0], l->command);
	return fail(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "cannot start '%s': %s",
		    l->command[0], strerror(errno));
}

static bool launch_nested(const struct launching *l, struct err *err)
{
	if (!nested_ask(l->assignment)) {
		fail(err, ERR_NOT_PERMITTED,
		     "this runs under a supervisor for system calls already, which is not ours");
		return false;
	}
	launch_note(l, &l->book, getpid(), foreign_start(getpid()));
	return launch_exec(l, err);
}

bool launch_filtered(const struct launching *l, int channel, struct err *err)
{
	CLEANUP(fd_cleanup) int listener = -1;
	bool nested;

	if (!filter_supervise(&listener, &nested, err))
		return nested && launch_nested(l, err);
	if (!channel_send(channel, SAYS_READY, listener) ||
	    channel_receive(channel, NULL) != SAYS_READY)
		return fail(err, ERR_IO, "the supervisor has ended before the command began");
	fd_cleanup(&listener);
	listener = -1;
	return launch_exec(l, err);
}

bool launch_supervised(const struct launching *l, struct err *err)
{
	CLEANUP(channel_cleanup) struct channel c = { -1, -1 };

	if (!channel_open(&c, err) || !start_supervisor(l, &c, err))
		return false;
	if (channel_receive(c.ours, NULL) != SAYS_YES) {
		channel_cleanup(&c);
		return launch_beside(l, err);
	}
	return launch_filtered(l, c.ours, err);
}

/* Nobody is there at the moment of its bind: the guard lets go before. */
static void leave_port(const struct assignment *a)
{
	bool was_held;

	(void)!guard_yield(PROTO_TCP, a->port, LEFT_MS, "run", &was_held, NULL);
}

bool launch_with_rules(const struct launching *l, struct err *err)
{
	const struct assignment *a = l->assignment;
	uint16_t ports[OWN_MAX];

	for (unsigned i = 0; i < a->n_own; i++)
		ports[i] = a->own[i].port;
	if (!landlock_allow_ports(ports, a->n_own, err) || !filter_refuse(err))
		return false;
	launch_note(l, &l->book, getpid(), foreign_start(getpid()));
	leave_port(a);
	return launch_exec(l, err);
}

bool launch_plain(const struct launching *l, struct err *err)
{
	launch_note(l, &l->book, getpid(), foreign_start(getpid()));
	leave_port(l->assignment);
	return launch_exec(l, err);
}

int launch_exit_status(const struct err *err)
{
	if (err->code == ERR_NOT_FOUND)
		return 127;
	return err->code == ERR_IO ? 126 : 0;
}

void launch_note(const struct launching *l, const struct book_link *book, pid_t pid, uint64_t start)
{
	const struct assignment *a = l->assignment;
	CLEANUP(json_cleanup) json_t *input = supervisor_input(a, a->service);

	if (json_put_text(input, "event", "started") && json_put_int(input, "port", a->port) &&
	    json_put_int(input, "pid", pid) && json_put_int(input, "startedAt", (int64_t)start) &&
	    json_put_text(input, "program", l->program))
		tell_book(book, "run-note", input);
}
