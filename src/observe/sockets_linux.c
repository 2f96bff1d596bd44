/*
 * Linux shows its sockets by netlink (sock_diag(7)): the kernel walks its
 * tables and answers in binary, for any user.  Where a sandbox refuses
 * netlink sockets, or the kernel has no inet_diag, the same is read as text
 * from /proc/net, which is a hundred times slower.
 *
 * A port is held by a TCP socket in state LISTEN, and by a UDP socket in state
 * CLOSE: the kernel's word for one that is not connected.  UDP sockets that
 * are not bound are in neither list.  One that was shut down receives nothing: a
 * guard holds a port so.  What this rests on is proved by
 * tests/probes/sock_diag.c.
 */
#include "observe/sockets_linux.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "base/macros.h"
#include "observe/netlink_linux.h"

struct walk {
	enum protocol protocol;
	unsigned states;	 /* a bit each */
	struct port_range ports; /* first 0: any */
	socket_fn *fn;
	void *arg;
};

unsigned socket_holding_state(enum protocol protocol)
{
	switch (protocol) {
	case PROTO_TCP: return TCP_LISTEN;
	case PROTO_UDP: return TCP_CLOSE;
	}
	abort();
}

/* An attribute of one byte, behind the message; 0: it is not there. */
static unsigned char attribute_of(const struct nlmsghdr *message, unsigned type)
{
	const char *at = (const char *)netlink_payload(message) +
			 NLMSG_ALIGN(sizeof(struct inet_diag_msg));
	const char *end = (const char *)message + message->nlmsg_len;
	struct nlattr attribute;

	while (end - at >= NLA_HDRLEN) {
		memcpy(&attribute, at, sizeof(attribute));
		if (attribute.nla_len < NLA_HDRLEN || attribute.nla_len > end - at)
			return 0;
		if (attribute.nla_type == type && attribute.nla_len > NLA_HDRLEN)
			return (unsigned char)at[NLA_HDRLEN];
		at += NLA_ALIGN(attribute.nla_len);
	}
	return 0;
}

/* Source: Linux include/net/sock.h, RCV_SHUTDOWN. */
#define SHUT_FOR_READING 1

static bool receives_nothing(const struct walk *walk, const struct nlmsghdr *message)
{
	return walk->protocol == PROTO_UDP &&
	       (attribute_of(message, INET_DIAG_SHUTDOWN) & SHUT_FOR_READING);
}

static bool take_answer(const struct nlmsghdr *message, void *arg)
{
	const struct walk *walk = arg;
	const struct inet_diag_msg *socket = netlink_payload(message);
	struct socket_row row;

	if (netlink_payload_size(message) < sizeof(*socket)) {
		errno = EBADMSG;
		return false;
	}
	if (receives_nothing(walk, message))
		return true;
	row = (struct socket_row){
		.protocol = walk->protocol,
		.port = ntohs(socket->id.idiag_sport),
		.uid = socket->idiag_uid,
		.inode = socket->idiag_inode,
		.ipv6 = socket->idiag_family == AF_INET6,
	};
	row.only_ipv6 = row.ipv6 && attribute_of(message, INET_DIAG_SKV6ONLY);
	memcpy(row.address, socket->id.idiag_src, row.ipv6 ? 16 : 4);
	walk->fn(&row, walk->arg);
	return true;
}

/*
 * Which ports are meant, as a program that the kernel runs on each socket: what
 * is not meant costs no answer.  Each test has two words, the second one with
 * the port; `yes` and `no` are how many bytes to go on by, and whoever goes four
 * bytes beyond the end is not meant.
 *
 * Source: Linux include/uapi/linux/inet_diag.h, net/ipv4/inet_diag.c
 * (inet_diag_bc_run); ss(8) asks so.
 */
struct port_test {
	struct nlattr header;
	struct inet_diag_bc_op ops[4];
};

static struct port_test port_test(struct port_range ports)
{
	const uint16_t step = 2 * sizeof(struct inet_diag_bc_op), beyond = 4;

	return (struct port_test){
		.header = { .nla_len = sizeof(struct port_test),
			    .nla_type = INET_DIAG_REQ_BYTECODE },
		.ops = { { INET_DIAG_BC_S_GE, (unsigned char)step, 2 * step + beyond },
			 { .no = ports.first },
			 { INET_DIAG_BC_S_LE, (unsigned char)step, step + beyond },
			 { .no = ports.last } },
	};
}

/* With or without the test behind what is asked: it is the end of the message. */
static uint32_t length_with(const struct walk *walk, size_t whole)
{
	return (uint32_t)(walk->ports.first ? whole : whole - sizeof(struct port_test));
}

/* The older message knows TCP only, and no family: one walk shows IPv4 and IPv6. */
static bool dump_tcp(const struct netlink *nl, struct walk *walk)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req ask;
		struct port_test test;
	} request = {
		.header.nlmsg_len = length_with(walk, sizeof(request)),
		.header.nlmsg_type = TCPDIAG_GETSOCK,
		.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		.ask.idiag_states = walk->states,
		.test = port_test(walk->ports),
	};

	return netlink_dump(nl, &request.header, take_answer, walk);
}

static bool dump_udp(const struct netlink *nl, uint8_t family, struct walk *walk)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req_v2 ask;
		struct port_test test;
	} request = {
		.header.nlmsg_len = length_with(walk, sizeof(request)),
		.header.nlmsg_type = SOCK_DIAG_BY_FAMILY,
		.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		.ask.sdiag_family = family,
		.ask.sdiag_protocol = IPPROTO_UDP,
		.ask.idiag_states = walk->states,
		.test = port_test(walk->ports),
	};

	return netlink_dump(nl, &request.header, take_answer, walk);
}

static bool dump_protocol(const struct netlink *nl, struct walk *walk)
{
	switch (walk->protocol) {
	case PROTO_TCP: return dump_tcp(nl, walk);
	case PROTO_UDP: return dump_udp(nl, AF_INET, walk) && dump_udp(nl, AF_INET6, walk);
	}
	abort();
}

static bool walk_all(struct walk *walk, struct err *err)
{
	CLEANUP(netlink_cleanup) struct netlink nl = NETLINK_NONE;

	return (netlink_open(NETLINK_SOCK_DIAG, &nl) && dump_protocol(&nl, walk)) ||
	       fail(err, ERR_IO, "cannot ask the kernel for its sockets: %s", strerror(errno));
}

bool sockets_each_netlink(enum protocol protocol, struct port_range ports, socket_fn *fn, void *arg,
			  struct err *err)
{
	struct walk walk = {
		.protocol = protocol,
		.states = 1U << socket_holding_state(protocol),
		.ports = ports,
		.fn = fn,
		.arg = arg,
	};

	return walk_all(&walk, err);
}

/* Source: Linux include/net/tcp_states.h, TCP_BOUND_INACTIVE, which only a dump knows; since 6.8. */
#define STATE_BOUND_INACTIVE 13

static void count_row(const struct socket_row *row, void *arg)
{
	++*(unsigned *)arg;
}

bool sockets_count_bound(uint16_t port, unsigned *ret, struct err *err)
{
	struct walk walk = {
		.protocol = PROTO_TCP,
		.states = 1U << STATE_BOUND_INACTIVE,
		.ports = { port, port },
		.fn = count_row,
		.arg = ret,
	};

	*ret = 0;
	return walk_all(&walk, err);
}

bool sockets_each(enum protocol protocol, struct port_range ports, socket_fn *fn, void *arg,
		  struct err *refused, struct err *err)
{
	struct err why = { 0 };

	if (sockets_each_netlink(protocol, ports, fn, arg, &why))
		return true;
	if (!sockets_each_proc(protocol, fn, arg, err))
		return fail_while(err, "%s", why.text);
	if (refused)
		*refused = why;
	return true;
}
