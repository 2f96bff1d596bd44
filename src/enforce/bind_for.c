#include "enforce/bind_for.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "enforce/foreign.h"
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

static void forget_lent(struct lent *l)
{
	handover_cleanup(&l->way);
	fd_cleanup(&l->was.held);
	*l = (struct lent){ .was = HANDED_NOTHING, .way = HANDOVER_NONE };
}

/* Ours go first, as the guard tries when the connection ends. */
void holding_end(struct holding *h)
{
	fd_cleanup(&h->fd);
	h->fd = -1;
	for (unsigned i = 0; i < LENT_MAX; i++) {
		if (h->lent[i].socket)
			forget_lent(&h->lent[i]);
	}
	copies_end(&h->copies, &h->guard);
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

static int option(int socket, int name)
{
	int value = 0;
	socklen_t len = sizeof(value);

	return getsockopt(socket, SOL_SOCKET, name, &value, &len) < 0 ? 0 : value;
}

/* SCTP has streams, too, and ports of its own. */
static bool is_tcp(int socket)
{
	return option(socket, SO_TYPE) == SOCK_STREAM &&
	       option(socket, SO_PROTOCOL) != IPPROTO_SCTP;
}

/* Where it cannot be sent it stays with us. */
static void send_away(struct lent *l)
{
	if (l->was.held < 0 || !handover_open(&l->way, NULL))
		return;
	if (!handover_send(l->way.ours, 'h', l->was.held)) {
		handover_cleanup(&l->way);
		return;
	}
	fd_cleanup(&l->was.held);
	l->was.held = -1;
}

/* Whose place another one takes never listened. */
static void lend(struct holding *h, int socket, uint16_t port, const struct handed *was)
{
	struct lent *l = &h->lent[h->next % LENT_MAX];

	if (!was->is_of_guard && !was->reuse_address && !was->reuse_port && was->held < 0)
		return;
	if (l->socket)
		forget_lent(l);
	*l = (struct lent){ number_of(socket), port, *was, HANDOVER_NONE };
	send_away(l);
	h->next++;
}

/* What this supervisor holds. */
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

/* What nobody listens on any more.  No guard is asked; one that is silent has it, too. */
static int bind_left(struct holding *h, int held, int socket, const struct sockaddr *at,
		     socklen_t len, struct handed *ret)
{
	int why = hold_hand_over(held, socket, at, len, ret);

	ret->is_of_guard = !why;
	if (why) {
		copies_give(&h->copies, &h->guard, port_of(at, len), held);
		return why;
	}
	if (h->copies.owed >= 0) {
		copies_keep_holder(&h->copies, port_of(at, len), held);
		hold_stay(held, socket, ret);
	}
	if (ret->held < 0)
		close(held);
	return 0;
}

/* One that was bound and is closed, and has never listened: what held the port until then is lent still. */
static struct lent *find_unused(struct holding *h, uint16_t port)
{
	pid_t pid;
	int fd;

	for (unsigned i = 0; i < LENT_MAX; i++) {
		struct lent *l = &h->lent[i];

		if (l->socket && l->port == port && l->way.theirs >= 0 &&
		    !foreign_find(l->socket, &pid, &fd))
			return l;
	}
	return NULL;
}

static int bind_unused(struct lent *l, int socket, const struct sockaddr *at, socklen_t len,
		       struct handed *ret)
{
	int held = handover_peek(l->way.theirs);
	int why = held < 0 ? EADDRINUSE : hold_hand_over(held, socket, at, len, ret);

	if (why) {
		fd_cleanup(&held);
		return why;
	}
	/* The guard has it, too, until somebody listens. */
	ret->is_of_guard = l->was.is_of_guard;
	hold_stay(held, socket, ret);
	forget_lent(l);
	return 0;
}

static int bind_tcp(struct holding *h, int socket, const struct sockaddr *at, socklen_t len,
		    struct handed *ret)
{
	uint16_t port = port_of(at, len);
	struct lent *unused = port ? find_unused(h, port) : NULL;
	int left;

	if (unused)
		return bind_unused(unused, socket, at, len, ret);
	if (port && h->fd >= 0 && h->port == port)
		return bind_held(h, socket, at, len, ret);
	left = port ? copies_hold(&h->copies, port) : -1;
	return left >= 0 ? bind_left(h, left, socket, at, len, ret)
			 : guard_bind(&h->guard, socket, at, len, ret);
}

int bind_for(struct supervisor *s, int socket, const struct sockaddr *at, socklen_t len)
{
	struct holding *h = &s->holding;
	struct handed was = HANDED_NOTHING;
	int why = is_tcp(socket) ? bind_tcp(h, socket, at, len, &was)
				 : guard_bind(&h->guard, socket, at, len, &was);

	if (!why)
		lend(h, socket, port_of(at, len), &was);
	return -why;
}

/* HANDED_NOTHING: it was bound by other means. */
static struct lent take_back(struct holding *h, ino_t number)
{
	struct lent none = { .was = HANDED_NOTHING }, l;

	for (unsigned i = 0; number && i < LENT_MAX; i++)
		if (h->lent[i].socket == number) {
			l = h->lent[i];
			h->lent[i].socket = 0;
			if (l.way.theirs >= 0)
				l.was.held = handover_take(l.way.theirs);
			handover_cleanup(&l.way);
			return l;
		}
	return none;
}

int listen_for(struct supervisor *s, const struct who_listens *who)
{
	struct holding *h = &s->holding;
	struct lent l = take_back(h, number_of(who->socket));
	bool is_of_guard = l.was.is_of_guard;
	int why = guard_listen(&h->guard, who->socket, who->backlog, &l.was);

	if (!why && is_of_guard)
		copies_add(&h->copies, l.port, who->socket, foreign_of_thread(who->tid), who->fd);
	return -why;
}
