/*
 * What sock_diag shows, and of which network namespace.
 *
 *	cc -D_GNU_SOURCE -o /tmp/sock_diag tests/probes/sock_diag.c && /tmp/sock_diag
 *
 * As an ordinary user too, where user namespaces are allowed.  Seen to hold on Linux 6.18.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

#define LISTENING	 (1U << 10)
#define ESTABLISHED	 (1U << 1)
#define CLOSED		 (1U << 7)
#define BOUND_INACTIVE	 (1U << 13) /* since Linux 6.8 */
#define MPTCP		 262
#define NO_SUCH_PROTOCOL 250

static bool all_hold = true;

static void fact(bool holds, const char *sentence)
{
	printf("%s  %s\n", holds ? "yes" : "NO ", sentence);
	all_hold = all_hold && holds;
}

/* How many of the sockets in an answer have this port; the last one's inode. */
struct found {
	unsigned count, v4, v6, inode;
	bool is_done;
	int result; /* the number in the last message */
};

static void take_message(const struct nlmsghdr *message, unsigned port, struct found *ret)
{
	const struct inet_diag_msg *at = NLMSG_DATA(message);

	if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR) {
		ret->is_done = message->nlmsg_type == NLMSG_DONE;
		ret->result = *(const int *)NLMSG_DATA(message);
	} else if (ntohs(at->id.idiag_sport) == port) {
		ret->count++;
		ret->v4 += at->idiag_family == AF_INET;
		ret->v6 += at->idiag_family == AF_INET6;
		ret->inode = at->idiag_inode;
	}
}

static struct found ask(int netlink, const void *request, size_t len, unsigned port)
{
	_Alignas(struct nlmsghdr) char answer[65536];
	struct found found = { .result = 1 };

	if (send(netlink, request, len, 0) < 0)
		return found;
	while (found.result > 0) {
		ssize_t n = recv(netlink, answer, sizeof(answer), 0);

		if (n <= 0)
			return found;
		for (struct nlmsghdr *m = (void *)answer; NLMSG_OK(m, n); m = NLMSG_NEXT(m, n))
			take_message(m, port, &found);
	}
	return found;
}

static struct found ask_tcp(int netlink, unsigned states, unsigned port)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req ask;
	} request = {
		.header = { sizeof(request), TCPDIAG_GETSOCK, NLM_F_REQUEST | NLM_F_DUMP, 0, 0 },
		.ask.idiag_states = states,
	};

	return ask(netlink, &request, sizeof(request), port);
}

static struct found ask_family(int netlink, int protocol, unsigned states, unsigned port)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req_v2 ask;
	} request = {
		.header = { sizeof(request), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP, 0,
			    0 },
		.ask = { .sdiag_family = AF_INET,
			 .sdiag_protocol = (unsigned char)protocol,
			 .idiag_states = states },
	};

	return ask(netlink, &request, sizeof(request), port);
}

static int open_netlink(void)
{
	return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
}

static int bound(int family, int type, int protocol, unsigned port)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(family, type | SOCK_CLOEXEC, protocol);
	int on = 1, result;

	if (family == AF_INET6) {
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
		result = bind(fd, (struct sockaddr *)&six, sizeof(six));
	} else {
		result = bind(fd, (struct sockaddr *)&four, sizeof(four));
	}
	if (fd >= 0 && result < 0)
		printf("cannot bind port %u: %s\n", port, strerror(errno));
	return fd;
}

static unsigned inode_of(int fd)
{
	struct stat st = { 0 };

	fstat(fd, &st);
	return (unsigned)st.st_ino;
}

static void probe_tcp(int netlink)
{
	int four = bound(AF_INET, SOCK_STREAM, 0, 3000),
	    six = bound(AF_INET6, SOCK_STREAM, 0, 3000);
	int mptcp = bound(AF_INET, SOCK_STREAM, MPTCP, 3001);
	struct found found;

	bound(AF_INET, SOCK_STREAM, 0, 3002);
	listen(four, 8);
	listen(six, 8);
	found = ask_tcp(netlink, LISTENING, 3000);
	fact(found.v4 == 1 && found.v6 == 1, "TCPDIAG_GETSOCK shows IPv4 and IPv6 in one walk");
	close(six);
	found = ask_tcp(netlink, LISTENING, 3000);
	fact(found.inode == inode_of(four), "the inode is that of the file descriptor");
	fact(ask_tcp(netlink, LISTENING, 3002).count == 0,
	     "a TCP socket that is only bound is not in LISTEN");
	fact(ask_family(netlink, IPPROTO_TCP, BOUND_INACTIVE, 3002).count == 1,
	     "it is in state 13, BOUND_INACTIVE (Linux 6.8)");
	if (listen(mptcp, 8) == 0)
		fact(ask_tcp(netlink, LISTENING, 3001).inode == inode_of(mptcp),
		     "an MPTCP listener is among TCP's, with the inode of its file descriptor");
}

static void probe_udp(int netlink)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(4000),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int client = bound(AF_INET, SOCK_DGRAM, 0, 4001);

	bound(AF_INET, SOCK_DGRAM, 0, 4000);
	socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	fact(ask_family(netlink, IPPROTO_UDP, CLOSED, 4000).count == 1,
	     "a bound UDP socket is in state CLOSE");
	fact(ask_family(netlink, IPPROTO_UDP, CLOSED, 0).count == 0,
	     "one that is not bound is not shown");
	fact(connect(client, (struct sockaddr *)&to, sizeof(to)) == 0 &&
		     ask_family(netlink, IPPROTO_UDP, CLOSED, 4001).count == 0 &&
		     ask_family(netlink, IPPROTO_UDP, ESTABLISHED, 4001).count == 1,
	     "a connected UDP socket is in state ESTABLISHED");
}

/* Else there is no way to 127.0.0.1. */
static void set_lo_up(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ioctl(fd, SIOCSIFFLAGS, &lo);
	close(fd);
}

int main(void)
{
	int outside = open_netlink(), inside;
	struct found found;

	if (unshare(geteuid() == 0 ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET) < 0) {
		printf("cannot make a network namespace: %s\n", strerror(errno));
		return 77;
	}
	inside = open_netlink();
	if (outside < 0 || inside < 0) {
		printf("cannot open a netlink socket: %s\n", strerror(errno));
		return 77;
	}
	set_lo_up();
	probe_tcp(inside);
	probe_udp(inside);
	fact(ask_tcp(inside, LISTENING, 3000).count == 1 &&
		     ask_tcp(outside, LISTENING, 3000).v4 == 0,
	     "a netlink socket shows the network namespace in which it was opened, and no other");
	found = ask_family(inside, NO_SUCH_PROTOCOL, CLOSED, 0);
	fact(found.is_done && found.result == -ENOENT,
	     "a walk of what the kernel does not know ends with DONE and an error number in it");
	return !all_hold;
}
