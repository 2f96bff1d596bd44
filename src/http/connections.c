/*
 * Syscalls: getsockname, getpeername, getsockopt, recvfrom, shutdown
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/caller.h"
#include "base/clock.h"
#include "http/serving.h"

/* Rationale: a few ticks; an end that comes later is noticed. */
#define UNNOTICED_MS 5000

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_storage room;
};

/* Who is at the other end. */

static void name_user(int fd, const char *book_file, struct http_peer *ret)
{
	struct ucred who;
	socklen_t size = sizeof(who);

	ret->is_unix = true;
	ret->only_reads = true;
	snprintf(ret->name, sizeof(ret->name), "nobody known");
	snprintf(ret->client, sizeof(ret->client), "uid");
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0)
		return;
	ret->uid = who.uid;
	ret->only_reads = !access_by_file(book_file, fd, who.uid, who.gid);
	if (!user_name(who.uid, ret->name))
		snprintf(ret->name, sizeof(ret->name), "uid %u", (unsigned)who.uid);
	snprintf(ret->client, sizeof(ret->client), "uid %u", (unsigned)who.uid);
}

static bool is_loopback(const union address *a)
{
	if (a->any.sa_family == AF_INET)
		return ntohl(a->v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	return IN6_IS_ADDR_LOOPBACK(&a->v6.sin6_addr);
}

/* Of IPv6 a network of 64 bits is one client: any of its machines may take any address of it. */
static void name_address(const union address *a, struct http_peer *ret)
{
	struct in6_addr network;
	char text[INET6_ADDRSTRLEN] = "?";

	if (a->any.sa_family == AF_INET) {
		inet_ntop(AF_INET, &a->v4.sin_addr, text, sizeof(text));
	} else if (IN6_IS_ADDR_V4MAPPED(&a->v6.sin6_addr)) {
		inet_ntop(AF_INET, a->v6.sin6_addr.s6_addr + 12, text, sizeof(text));
	} else {
		network = a->v6.sin6_addr;
		memset(network.s6_addr + 8, 0, 8);
		inet_ntop(AF_INET6, &network, text, sizeof(text));
	}
	snprintf(ret->client, sizeof(ret->client), "%s", text);
}

static void name_peer(int fd, const char *book_file, struct http_peer *ret)
{
	union address a = { 0 };
	socklen_t size = sizeof(a), peer_size = sizeof(a);

	if (getsockname(fd, &a.any, &size) == 0 && a.any.sa_family == AF_UNIX) {
		name_user(fd, book_file, ret);
		return;
	}
	/* Of the loopback anybody of this machine may be there, and the kernel does not say who. */
	snprintf(ret->name, sizeof(ret->name), "someone at 127.0.0.1");
	if (getpeername(fd, &a.any, &peer_size) < 0)
		return;
	ret->is_near = is_loopback(&a);
	ret->only_reads = access_is_of_machine(book_file);
	name_address(&a, ret);
}

int connection_fd(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		c, MHD_CONNECTION_INFO_CONNECTION_FD);

	return info ? info->connect_fd : -1;
}

struct connection *connection_of(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

/* It begins and ends. */

static void link_connection(struct server *s, struct connection *c)
{
	c->after = s->connections;
	if (c->after)
		c->after->before = c;
	s->connections = c;
	s->n_connections++;
	c->carrier->connections++;
}

static void unlink_connection(struct server *s, struct connection *c)
{
	if (c->before)
		c->before->after = c->after;
	else
		s->connections = c->after;
	if (c->after)
		c->after->before = c->before;
	s->n_connections--;
	c->carrier->connections--;
}

/* Of one client; 0: any number. */
static unsigned connections_most(const struct limits *l, const struct http_peer *p)
{
	if (l->connections)
		return l->connections == LIMIT_NONE ? 0 : l->connections;
	return p->is_far ? LIMIT_FAR_CONNECTIONS : 0;
}

/* One that is too much is shut down, and libmicrohttpd notices. */
static void connection_begin(struct carrier *carrier, struct MHD_Connection *handle,
			     struct connection *c)
{
	struct server *s = carrier->server;
	int fd = connection_fd(handle);

	c->carrier = carrier;
	c->handle = handle;
	c->since_ms = clock_steady_ms();
	name_peer(fd, s->options->book_file, &c->peer);
	c->peer.is_far = carrier->is_far;
	link_connection(s, c);
	c->is_counted = s->n_connections <= s->limits.all &&
			clients_connect(s->api.clients, c->peer.client,
					connections_most(&s->limits, &c->peer), c->since_ms);
	if (!c->is_counted)
		shutdown(fd, SHUT_RDWR);
}

static void connection_end(struct carrier *carrier, struct connection *c)
{
	unlink_connection(carrier->server, c);
	if (c->is_counted)
		clients_disconnect(carrier->server->api.clients, c->peer.client);
	free(c);
}

void connection_notice(void *carrier, struct MHD_Connection *handle, void **socket_context,
		       enum MHD_ConnectionNotificationCode what)
{
	struct connection *c = *socket_context;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (c)
			connection_end(carrier, c);
		*socket_context = NULL;
		return;
	}
	c = calloc(1, sizeof(*c));
	if (c)
		connection_begin(carrier, handle, c);
	*socket_context = c;
}

/* Slow ones. */

/* Of the others we are the ones who take long. */
static int64_t time_left_ms(const struct server *s, const struct connection *c, int64_t now_ms)
{
	const struct exchange *x = c->exchange;

	if (!x || x->state == EXCHANGE_NEW)
		return c->since_ms + s->limits.header_ms - now_ms;
	if (x->state == EXCHANGE_WAITING || x->state == EXCHANGE_STREAMING)
		return 1;
	return x->since_ms + s->limits.body_ms - now_ms;
}

/*
 * libmicrohttpd 0.9.75 does not notice an end that comes together with what is before it, and would
 * wait for more until the time for that is over.
 */
static bool may_be_unnoticed(const struct connection *c, int64_t now_ms)
{
	const struct exchange *x = c->exchange;

	return x ? x->state == EXCHANGE_NEW || x->state == EXCHANGE_TAKING
		 : now_ms - c->since_ms < UNNOTICED_MS;
}

static bool has_gone(const struct connection *c)
{
	char byte;

	return recv(connection_fd(c->handle), &byte, sizeof(byte), MSG_PEEK | MSG_DONTWAIT) == 0;
}

/* Of streams: all else is over soon. */
static bool is_bad_now(struct server *s, const struct connection *c)
{
	return c->exchange && c->exchange->state == EXCHANGE_STREAMING &&
	       !access_is_still_good(&s->api.access, &c->exchange->request.caller);
}

static bool is_over(struct server *s, const struct connection *c, int64_t now_ms)
{
	return time_left_ms(s, c, now_ms) <= 0 || (may_be_unnoticed(c, now_ms) && has_gone(c)) ||
	       is_bad_now(s, c);
}

/* What is shut down is noticed when it is asked for more, as streams are now. */
void connections_tick(struct server *s, int64_t now_ms)
{
	for (const struct connection *c = s->connections; c; c = c->after)
		if (is_over(s, c, now_ms)) {
			shutdown(connection_fd(c->handle), SHUT_RDWR);
			streams_touch(&s->streams, c->handle);
		}
}
