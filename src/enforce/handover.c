/* Syscalls: socketpair, sendmsg, recvmsg, close */
#include "enforce/handover.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"

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
	*c = HANDOVER_NONE;
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

static char receive(int from, int flags, int *ret_fd)
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
		got = recvmsg(from, &m, MSG_CMSG_CLOEXEC | flags);
	while (got < 0 && errno == EINTR);
	if (got != 1)
		return 0;
	if (ret_fd && m.msg_controllen && with.head.cmsg_type == SCM_RIGHTS)
		memcpy(ret_fd, CMSG_DATA(&with.head), sizeof(*ret_fd));
	return what;
}

char handover_receive(int from, int *ret_fd)
{
	return receive(from, 0, ret_fd);
}

int handover_take(int from)
{
	int fd = -1;

	(void)receive(from, MSG_DONTWAIT, &fd);
	return fd;
}

int handover_peek(int from)
{
	int fd = -1;

	(void)receive(from, MSG_PEEK | MSG_DONTWAIT, &fd);
	return fd;
}
