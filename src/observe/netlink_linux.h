/*
 * observe/netlink_linux.h - a question to the kernel by netlink, and all of its answer.
 *
 * Rationale: libmnl has all of this, but no archive in Debian, and loading it took a
 * sixth of what an empty program needs to start and end (docs/decisions/0065).
 */
#ifndef OBSERVE_NETLINK_LINUX_H
#define OBSERVE_NETLINK_LINUX_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/netlink.h>

struct netlink {
	int socket;
	/* Not on the stack: who makes room there touches all of it, and an answer may be short. */
	char *answer;
};

/* False: errno says why.  NETLINK_NONE before, netlink_cleanup in any case. */
bool netlink_open(int family, struct netlink *ret);
void netlink_cleanup(struct netlink *nl);
#define NETLINK_NONE         \
	{                    \
		.socket = -1 \
	}

/* One message of an answer, which is as long as it says.  False, and errno: it is not to be had so. */
typedef bool netlink_fn(const struct nlmsghdr *message, void *arg);

/* What is behind the header, and how much. */
const void *netlink_payload(const struct nlmsghdr *message);
size_t netlink_payload_size(const struct nlmsghdr *message);

/*
 * Send a request for a dump, and give all of its answer, one message after the
 * other; false: errno says what went wrong, and some may have been given.
 */
bool netlink_dump(const struct netlink *nl, const struct nlmsghdr *request, netlink_fn *fn,
		  void *arg);

/* The same for the bytes of one answer; `*ret_more`: it goes on in another. */
bool netlink_take(const char *bytes, size_t len, netlink_fn *fn, void *arg, bool *ret_more);

#endif
