#include "enforce/bind_for.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* Ours go first, as the guard tries when the connection ends. */
void holding_end(struct holding *h)
{
	fd_cleanup(&h->fd);
	h->fd = -1;
	for (unsigned i = 0; i < LENT_MAX; i++) {
		if (h->lent[i].socket)
			fd_cleanup(&h->lent[i].was.held);
		h->lent[i].socket = 0;
	}
	guard_disconnect(&h->guard);
}

static uint16_t port_of(const struct sockaddr *at, socklen_t len)
{
	return len < sizeof(struct sockaddr_in)
		       ? 0
		       : ntohs(((const struct sockaddr_in *)(const void *)at)->sin_port);
}

static ino_t number_of(int socket)
{
	struct stat st;

	return fstat(socket, &st) < 0 ? 0 : st.st_ino;
}

static bool is_stream(int socket)
{
	int type = 0;
	socklen_t len = sizeof(type);

	return getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM;
}

/* Whose place another one takes never listened. */
static void lend(struct holding *h, int socket, const struct handed *was)
{
	struct lent *l = &h->lent[h->next % LENT_MAX];

	if (!was->reuse_address && !was->reuse_port && was->held < 0)
		return;
	if (l->socket)
		fd_cleanup(&l->was.held);
	*l = (struct lent){ number_of(socket), *was };
	h->next++;
}

/* From what this supervisor holds. */
static int bind_held(struct holding *h, int socket, const struct sockaddr *at, socklen_t len,
		     struct handed *ret)
{
	int why = hold_hand_over(h->fd, socket, at, len, ret);

	if (why)
		return why;
	if (ret->held < 0)
		fd_cleanup(&h->fd);
	h->fd = -1;
	return 0;
}

int bind_for(struct supervisor *s, int socket, const struct sockaddr *at, socklen_t len)
{
	struct holding *h = &s->holding;
	struct handed was = HANDED_NOTHING;
	bool is_held = h->fd >= 0 && h->port == port_of(at, len) && is_stream(socket);
	int why = is_held ? bind_held(h, socket, at, len, &was)
			  : guard_bind(&h->guard, socket, at, len, &was);

	if (!why)
		lend(h, socket, &was);
	return -why;
}

int listen_for(struct supervisor *s, int socket, int backlog)
{
	struct handed was = HANDED_NOTHING;
	ino_t number = number_of(socket);

	for (unsigned i = 0; number && i < LENT_MAX; i++) {
		struct lent *l = &s->holding.lent[i];

		if (l->socket != number)
			continue;
		was = l->was;
		l->socket = 0;
	}
	return -guard_listen(&s->holding.guard, socket, backlog, &was);
}
