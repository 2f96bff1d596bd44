#include "enforce/launching.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "enforce/foreign.h"

/* Rationale: a supervisor has a listener, a port that it holds, and four ends of channels. */
#define KEPT_MAX 8

/* Messages between the two. */

bool handover_open(struct handover *c, struct err *err)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return fail(err, ERR_IO, "cannot make a pair of sockets: %s", strerror(errno));
	*c = (struct handover){ ends[0], ends[1] };
	return true;
}

void handover_cleanup(struct handover *c)
{
	fd_cleanup(&c->ours);
	fd_cleanup(&c->theirs);
	*c = (struct handover){ -1, -1 };
}

union with_fd {
	char room[CMSG_SPACE(sizeof(int))];
	struct cmsghdr head;
};

bool handover_send(int to, char what, int fd)
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

char handover_receive(int from, int *ret_fd)
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

/* NULL: none has that number or a higher one. */
static int *lowest_from(int at, int *const kept[], unsigned count)
{
	int *lowest = NULL;

	for (unsigned i = 0; i < count; i++)
		if (*kept[i] >= at && (!lowest || *kept[i] < *lowest))
			lowest = kept[i];
	return lowest;
}

/*
 * What is kept gets the numbers from 3 on, the lowest first, so that none is laid over another and
 * all above can be closed.  No number is needed that was not there: no limit is in the way.
 */
static void keep_only(int *const kept[], unsigned count)
{
	int at = STDERR_FILENO + 1, *next;

	for (; (next = lowest_from(at, kept, count)); at++)
		if (*next != at)
			*next = dup3(*next, at, O_CLOEXEC);
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
	hide_command(l);
	supervisor_prepare(s);
}

bool supervisor_take_listener(struct supervisor *s, int channel)
{
	if (handover_receive(channel, &s->listener) == SAYS_READY && supervisor_begin(s)) {
		s->book.closed = s->listener;
		return handover_send(channel, SAYS_READY, -1);
	}
	fd_cleanup(&s->listener);
	s->listener = -1;
	return false;
}
