#include "enforce/bind_for.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/fd.h"
#include "enforce/supervisor.h"

bool holding_begin(struct holding *h, uint16_t port, struct err *err)
{
	struct err why = { 0 };
	bool is_held;

	if (hold_port(PROTO_TCP, port, false, &h->fd, &why)) {
		h->port = port;
		return true;
	}
	is_held = guard_holds(&h->guard, PROTO_TCP, port);
	/* The supervisor is another process, with a connection of its own. */
	guard_disconnect(&h->guard);
	if (!is_held)
		*err = why;
	return is_held;
}

static void let_go(struct holding *h)
{
	fd_cleanup(&h->fd);
	h->fd = -1;
}

/* Ours goes first, as the guard tries when the connection ends. */
void holding_end(struct holding *h)
{
	let_go(h);
	guard_disconnect(&h->guard);
}

static uint16_t port_of(const struct sockaddr *at, socklen_t len)
{
	return len < sizeof(struct sockaddr_in)
		       ? 0
		       : ntohs(((const struct sockaddr_in *)(const void *)at)->sin_port);
}

static uint16_t own_port(int socket)
{
	struct sockaddr_in6 at = { 0 };
	socklen_t len = sizeof(at);

	/* The port of both families is in the same place. */
	return getsockname(socket, (struct sockaddr *)&at, &len) < 0 ? 0 : ntohs(at.sin6_port);
}

static bool is_stream(int socket)
{
	int type = 0;
	socklen_t len = sizeof(type);

	return getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM;
}

/* By this supervisor itself. */
static bool is_held(const struct holding *h, int socket, uint16_t port)
{
	return h->fd >= 0 && h->port == port && is_stream(socket);
}

int bind_for(struct supervisor *s, int socket, const struct sockaddr *at, socklen_t len)
{
	struct holding *h = &s->holding;

	if (is_held(h, socket, port_of(at, len)))
		return -hold_bind_beside(h->fd, socket, at, len);
	return -guard_bind(&h->guard, socket, at, len);
}

int listen_for(struct supervisor *s, int socket, int backlog)
{
	struct holding *h = &s->holding;
	int why;

	if (!is_held(h, socket, own_port(socket)))
		return -guard_listen(&h->guard, socket, backlog);
	why = hold_listen_beside(h->fd, socket, backlog);
	/* Who shares its port is to find nobody in the way who does not. */
	if (!why && hold_is_shared(socket))
		let_go(h);
	return -why;
}
