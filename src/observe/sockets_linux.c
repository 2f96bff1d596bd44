/*
 * Linux shows its sockets by netlink (sock_diag(7)): the kernel walks its
 * tables and answers in binary, for any user.  Where a sandbox refuses
 * netlink sockets, or the kernel has no inet_diag, the same is read as text
 * from /proc/net, which is a hundred times slower.
 *
 * A port is held by a TCP socket in state LISTEN, and by a UDP socket in state
 * CLOSE: the kernel's word for one that is not connected.  UDP sockets that
 * are not bound are in neither list.  What this rests on is proved by
 * tests/probes/sock_diag.c.
 */
#include "observe/sockets_linux.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "base/cursor.h"
#include "base/fd.h"
#include "observe/mnl_linux.h"

#define EPHEMERAL_FILE "/proc/sys/net/ipv4/ip_local_port_range"
#define SPARED_FILE    "/proc/sys/net/ipv4/ip_local_reserved_ports"

/* Rationale: what the kernel puts into one answer at most (netlink_dump, 32 KB). */
#define ANSWER_SIZE 32768

struct walk {
	enum protocol protocol;
	socket_fn *fn;
	void *arg;
};

static unsigned holding_state(enum protocol protocol)
{
	switch (protocol) {
	case PROTO_TCP: return TCP_LISTEN;
	case PROTO_UDP: return TCP_CLOSE;
	}
	abort();
}

struct netlink {
	const struct mnl *mnl;
	struct mnl_socket *socket;
};

static void netlink_cleanup(struct netlink *nl)
{
	if (nl->socket)
		nl->mnl->socket_close(nl->socket);
}

/* NLMSG_DATA, which would drop the const. */
static const void *payload(const struct nlmsghdr *message)
{
	return (const char *)message + NLMSG_HDRLEN;
}

/* The attribute INET_DIAG_SKV6ONLY, one byte, behind the message. */
static bool says_only_ipv6(const struct nlmsghdr *message)
{
	const char *at = (const char *)payload(message) + NLMSG_ALIGN(sizeof(struct inet_diag_msg));
	const char *end = (const char *)message + message->nlmsg_len;
	struct nlattr attribute;

	while (end - at >= NLA_HDRLEN) {
		memcpy(&attribute, at, sizeof(attribute));
		if (attribute.nla_len < NLA_HDRLEN || attribute.nla_len > end - at)
			return false;
		if (attribute.nla_type == INET_DIAG_SKV6ONLY && attribute.nla_len > NLA_HDRLEN)
			return at[NLA_HDRLEN] != 0;
		at += NLA_ALIGN(attribute.nla_len);
	}
	return false;
}

static int take_answer(const struct nlmsghdr *message, void *arg)
{
	const struct walk *walk = arg;
	const struct inet_diag_msg *socket = payload(message);
	struct socket_row row;

	if (NLMSG_PAYLOAD(message, 0) < sizeof(*socket)) {
		errno = EBADMSG;
		return MNL_CB_ERROR;
	}
	row = (struct socket_row){
		.protocol = walk->protocol,
		.port = ntohs(socket->id.idiag_sport),
		.uid = socket->idiag_uid,
		.inode = socket->idiag_inode,
		.ipv6 = socket->idiag_family == AF_INET6,
	};
	row.only_ipv6 = row.ipv6 && says_only_ipv6(message);
	memcpy(row.address, socket->id.idiag_src, row.ipv6 ? 16 : 4);
	walk->fn(&row, walk->arg);
	return MNL_CB_OK;
}

static int take_error(const struct nlmsghdr *message, void *arg)
{
	const struct nlmsgerr *error = payload(message);

	errno = NLMSG_PAYLOAD(message, 0) < sizeof(*error) ? EBADMSG : -error->error;
	return MNL_CB_ERROR;
}

/*
 * A walk that failed, for want of udp_diag for instance, ends like one that
 * found nothing, but for the number in its last message (libmnl does not look).
 */
static int take_end(const struct nlmsghdr *message, void *arg)
{
	const int *result = payload(message);

	if (NLMSG_PAYLOAD(message, 0) < sizeof(*result) || *result >= 0)
		return MNL_CB_STOP;
	errno = -*result;
	return MNL_CB_ERROR;
}

/* Send the request and take all of its answer; errno says what went wrong. */
static bool dump(const struct netlink *nl, const struct nlmsghdr *request, struct walk *walk)
{
	mnl_cb_t control[] = { [NLMSG_ERROR] = take_error, [NLMSG_DONE] = take_end };
	_Alignas(struct nlmsghdr) char answer[ANSWER_SIZE];
	int go_on = MNL_CB_OK;

	if (nl->mnl->socket_sendto(nl->socket, request, request->nlmsg_len) < 0)
		return false;
	while (go_on > MNL_CB_STOP) {
		ssize_t len = nl->mnl->socket_recvfrom(nl->socket, answer, sizeof(answer));

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return false;
		go_on = nl->mnl->cb_run2(answer, (size_t)len, 0, 0, take_answer, walk, control,
					 ARRAY_LEN(control));
	}
	return go_on == MNL_CB_STOP;
}

/* The older message knows TCP only, and no family: one walk shows IPv4 and IPv6. */
static bool dump_tcp(const struct netlink *nl, struct walk *walk)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req ask;
	} request = {
		.header.nlmsg_len = sizeof(request),
		.header.nlmsg_type = TCPDIAG_GETSOCK,
		.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		.ask.idiag_states = 1U << holding_state(PROTO_TCP),
	};

	return dump(nl, &request.header, walk);
}

static bool dump_udp(const struct netlink *nl, uint8_t family, struct walk *walk)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req_v2 ask;
	} request = {
		.header.nlmsg_len = sizeof(request),
		.header.nlmsg_type = SOCK_DIAG_BY_FAMILY,
		.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		.ask.sdiag_family = family,
		.ask.sdiag_protocol = IPPROTO_UDP,
		.ask.idiag_states = 1U << holding_state(PROTO_UDP),
	};

	return dump(nl, &request.header, walk);
}

static bool dump_protocol(const struct netlink *nl, struct walk *walk)
{
	switch (walk->protocol) {
	case PROTO_TCP: return dump_tcp(nl, walk);
	case PROTO_UDP: return dump_udp(nl, AF_INET, walk) && dump_udp(nl, AF_INET6, walk);
	}
	abort();
}

bool sockets_each_netlink(enum protocol protocol, socket_fn *fn, void *arg, struct err *err)
{
	struct walk walk = { .protocol = protocol, .fn = fn, .arg = arg };
	CLEANUP(netlink_cleanup) struct netlink nl = { .mnl = mnl_load() };

	if (!nl.mnl)
		return fail(err, ERR_IO, "libmnl is not installed");
	nl.socket = nl.mnl->socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
	if (!nl.socket || !dump_protocol(&nl, &walk))
		return fail(err, ERR_IO, "cannot ask the kernel for its sockets: %s",
			    strerror(errno));
	return true;
}

/* The fields of a line of /proc/net that we read, counted from 0. */
enum { FIELD_LOCAL = 1, FIELD_STATE = 3, FIELD_UID = 7, FIELD_INODE = 9, FIELD_COUNT };

static bool eat_field(const char **at, const char **ret)
{
	const char *start = *at + strspn(*at, " ");
	const char *end = start + strcspn(start, " \n");

	if (end == start)
		return false;
	*ret = start;
	*at = end;
	return true;
}

static bool eat_hex(const char **at, uint16_t *ret)
{
	const char *p = *at;
	unsigned n = 0;

	for (; isxdigit((unsigned char)*p) && n <= UINT16_MAX >> 4; p++)
		n = n << 4 | (unsigned)(*p <= '9' ? *p - '0' : (*p | ' ') - 'a' + 10);
	if (p == *at || isxdigit((unsigned char)*p))
		return false;
	*at = p;
	*ret = (uint16_t)n;
	return true;
}

/* Eight hexadecimal digits: a word as the machine has it in memory. */
static bool eat_word32(const char **at, unsigned char ret[static 4])
{
	uint32_t word = 0;

	for (unsigned i = 0; i < 8; i++) {
		char c = (*at)[i];

		if (!isxdigit((unsigned char)c))
			return false;
		word = word << 4 | (unsigned)(c <= '9' ? c - '0' : (c | ' ') - 'a' + 10);
	}
	*at += 8;
	memcpy(ret, &word, sizeof(word));
	return true;
}

/* "0100007F:1F90": an address of one word, or of IPv6's four, and the port. */
static bool eat_local(const char *field, struct socket_row *ret)
{
	unsigned words = 0;

	while (words < 4 && eat_word32(&field, ret->address + (size_t)4 * words))
		words++;
	ret->ipv6 = words == 4;
	return (words == 1 || words == 4) && eat_char(&field, ':') && eat_hex(&field, &ret->port);
}

/*
 * "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000 0 4711 ..."
 * slot, local and remote address:port, state, queues, timer, retransmits, uid,
 * timeout, inode; up to the retransmits all numbers but the slot are hexadecimal.
 * Source: Linux Documentation/networking/proc_net_tcp.rst.
 */
bool socket_row_parse(enum protocol protocol, const char *line, struct socket_row *ret)
{
	struct socket_row row = { .protocol = protocol };
	const char *field[FIELD_COUNT];
	uint16_t state;
	uint64_t uid, inode;

	for (unsigned i = 0; i < FIELD_COUNT; i++)
		if (!eat_field(&line, &field[i]))
			return false;
	if (!eat_local(field[FIELD_LOCAL], &row) || !eat_hex(&field[FIELD_STATE], &state) ||
	    !eat_number(&field[FIELD_UID], UINT32_MAX, &uid) ||
	    !eat_number(&field[FIELD_INODE], UINT64_MAX, &inode))
		return false;
	if (row.port == 0 || state != holding_state(protocol))
		return false;
	row.uid = (uid_t)uid;
	row.inode = inode;
	*ret = row;
	return true;
}

static void file_cleanup(FILE **file)
{
	if (*file)
		fclose(*file);
}

static void line_cleanup(char **line)
{
	free(*line);
}

static bool read_table(const char *path, const struct walk *walk, struct err *err)
{
	CLEANUP(file_cleanup) FILE *file = fopen(path, "re");
	CLEANUP(line_cleanup) char *line = NULL;
	size_t size = 0;
	struct socket_row row;

	if (!file)
		return fail(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "cannot open '%s': %s",
			    path, strerror(errno));
	while (getline(&line, &size, file) >= 0)
		if (socket_row_parse(walk->protocol, line, &row))
			walk->fn(&row, walk->arg);
	if (ferror(file))
		return fail(err, ERR_IO, "cannot read '%s': %s", path, strerror(errno));
	return true;
}

bool sockets_each_proc(enum protocol protocol, socket_fn *fn, void *arg, struct err *err)
{
	struct walk walk = { .protocol = protocol, .fn = fn, .arg = arg };
	char path[sizeof("/proc/net/tcp6")];
	struct err why = { 0 };

	snprintf(path, sizeof(path), "/proc/net/%s", protocol_name(protocol));
	if (!read_table(path, &walk, &why))
		return fail(err, ERR_IO, "%s", why.text);
	snprintf(path, sizeof(path), "/proc/net/%s6", protocol_name(protocol));
	/* A kernel without IPv6 has no such file. */
	if (!read_table(path, &walk, &why) && why.code != ERR_NOT_FOUND)
		return fail(err, ERR_IO, "%s", why.text);
	return true;
}

bool sockets_each(enum protocol protocol, socket_fn *fn, void *arg, struct err *refused,
		  struct err *err)
{
	struct err why = { 0 };

	if (sockets_each_netlink(protocol, fn, arg, &why))
		return true;
	if (!sockets_each_proc(protocol, fn, arg, err))
		return fail_while(err, "%s", why.text);
	if (refused)
		*refused = why;
	return true;
}

/* Source: Linux Documentation/networking/ip-sysctl.rst, "first<TAB>last", ends included. */
bool sockets_ephemeral(struct port_range *ret, struct err *err)
{
	CLEANUP(text_release) struct text text = { 0 };
	struct port_range range;
	struct err why = { 0 };
	const char *at;

	if (!file_read(EPHEMERAL_FILE, 4096, &text, &why))
		return fail(err, ERR_IO, "%s", why.text);
	at = text_str(&text);
	if (!eat_port(&at, &range.first) || !eat_blanks(&at) || !eat_port(&at, &range.last) ||
	    range.last < range.first)
		return fail(err, ERR_IO, "'%s' does not hold two ports", EPHEMERAL_FILE);
	*ret = range;
	return true;
}

/*
 * Source: Linux Documentation/networking/ip-sysctl.rst, "comma separated list of
 * ranges", as "8080,9148" or "1-4,6"; an empty line when there are none.
 * Rationale of the limit: every second port, and a comma.
 */
bool sockets_spared(struct port_set *into, struct err *err)
{
	CLEANUP(text_release) struct text text = { 0 };
	struct port_range range;
	struct err why = { 0 };
	const char *at;

	if (!file_read(SPARED_FILE, 400000, &text, &why))
		return fail(err, ERR_IO, "%s", why.text);
	for (at = text_str(&text); *at && *at != '\n'; (void)eat_char(&at, ',')) {
		if (!eat_port(&at, &range.first))
			return fail(err, ERR_IO, "'%s' does not hold ports", SPARED_FILE);
		range.last = range.first;
		if (eat_char(&at, '-') && (!eat_port(&at, &range.last) || range.last < range.first))
			return fail(err, ERR_IO, "'%s' does not hold ports", SPARED_FILE);
		port_set_add_range(into, range);
	}
	return true;
}
