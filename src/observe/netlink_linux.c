/*
 * Syscalls: socket, sendto, recvmsg, close
 */
#include "observe/netlink_linux.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Rationale: what the kernel puts into one answer at most (netlink_dump, 32 KB). */
#define ANSWER_SIZE 32768

bool netlink_open(int family, struct netlink *ret)
{
	ret->socket = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, family);
	ret->answer = ret->socket < 0 ? NULL : malloc(ANSWER_SIZE);
	return ret->answer != NULL;
}

void netlink_cleanup(struct netlink *nl)
{
	int saved = errno;

	free(nl->answer);
	if (nl->socket >= 0)
		close(nl->socket);
	errno = saved;
}

/* NLMSG_DATA, which would drop the const. */
const void *netlink_payload(const struct nlmsghdr *message)
{
	return (const char *)message + NLMSG_HDRLEN;
}

size_t netlink_payload_size(const struct nlmsghdr *message)
{
	return message->nlmsg_len - NLMSG_HDRLEN;
}

static bool send_request(const struct netlink *nl, const struct nlmsghdr *request)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	return sendto(nl->socket, request, request->nlmsg_len, 0, (const struct sockaddr *)&kernel,
		      sizeof(kernel)) >= 0;
}

/* Of the kernel only, and whole; -1: errno says what is wrong. */
static ssize_t receive(const struct netlink *nl)
{
	struct sockaddr_nl from = { 0 };
	struct iovec piece = { nl->answer, ANSWER_SIZE };
	struct msghdr whole = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &piece, .msg_iovlen = 1
	};
	ssize_t len;

	do
		len = recvmsg(nl->socket, &whole, 0);
	while (len < 0 && errno == EINTR);
	if (len >= 0 && (from.nl_pid != 0 || (whole.msg_flags & MSG_TRUNC))) {
		errno = from.nl_pid ? EPROTO : ENOSPC;
		return -1;
	}
	return len;
}

static bool fail_with(int number)
{
	errno = number;
	return false;
}

/* The number that the last message of an answer, or an error, begins with: 0 or a negative one. */
static bool number_of(const struct nlmsghdr *message, int *ret)
{
	if (netlink_payload_size(message) < sizeof(*ret))
		return false;
	memcpy(ret, netlink_payload(message), sizeof(*ret));
	return true;
}

/*
 * A walk that failed, for want of udp_diag for instance, ends like one that
 * found nothing, but for the number in its last message.
 */
static bool take_control(const struct nlmsghdr *message, bool *ret_more)
{
	int number = 0;

	*ret_more = message->nlmsg_type == NLMSG_NOOP;
	switch (message->nlmsg_type) {
	case NLMSG_DONE: return !number_of(message, &number) || number >= 0 || fail_with(-number);
	case NLMSG_ERROR: return fail_with(number_of(message, &number) ? -number : EBADMSG);
	case NLMSG_OVERRUN: return fail_with(ENOBUFS);
	default: return true;
	}
}

static bool take_message(const struct nlmsghdr *message, netlink_fn *fn, void *arg, bool *ret_more)
{
	*ret_more = true;
	if (message->nlmsg_flags & NLM_F_DUMP_INTR)
		return fail_with(EINTR);
	return message->nlmsg_type < NLMSG_MIN_TYPE ? take_control(message, ret_more)
						    : fn(message, arg);
}

bool netlink_take(const char *bytes, size_t len, netlink_fn *fn, void *arg, bool *ret_more)
{
	size_t step;

	*ret_more = true;
	for (; len >= NLMSG_HDRLEN && *ret_more; bytes += step, len -= step) {
		const struct nlmsghdr *message = (const struct nlmsghdr *)(const void *)bytes;

		if (message->nlmsg_len < NLMSG_HDRLEN || message->nlmsg_len > len)
			return fail_with(EBADMSG);
		if (!take_message(message, fn, arg, ret_more))
			return false;
		step = NLMSG_ALIGN(message->nlmsg_len);
		step = step < len ? step : len;
	}
	return true;
}

bool netlink_dump(const struct netlink *nl, const struct nlmsghdr *request, netlink_fn *fn,
		  void *arg)
{
	bool more = true;

	if (!send_request(nl, request))
		return false;
	while (more) {
		ssize_t len = receive(nl);

		if (len < 0 || !netlink_take(nl->answer, (size_t)len, fn, arg, &more))
			return false;
	}
	return true;
}
