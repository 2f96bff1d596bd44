#include "enforce/bind_for.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "enforce/supervisor.h"

static int option(int socket, int name)
{
	int value = 0;
	socklen_t len = sizeof(value);

	return getsockopt(socket, SOL_SOCKET, name, &value, &len) < 0 ? 0 : value;
}

static void set_option(int socket, int name, int value)
{
	(void)setsockopt(socket, SOL_SOCKET, name, &value, sizeof(value));
}

/* All addresses of both families: what the program then binds is one of them. */
static int bind_all(int fd, uint16_t port)
{
	const struct sockaddr_in6 any6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int no = 0;

	(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
	return bind(fd, (const struct sockaddr *)&any6, sizeof(any6));
}

static int bind_all4(int fd, uint16_t port)
{
	const struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(port) };

	return bind(fd, (const struct sockaddr *)&any, sizeof(any));
}

bool holding_begin(struct holding *h, uint16_t port, struct err *err)
{
	CLEANUP(fd_cleanup) int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool is_v6 = fd >= 0;

	if (fd < 0)
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail(err, ERR_IO, "cannot open a socket: %s", strerror(errno));
	if ((is_v6 ? bind_all : bind_all4)(fd, port) < 0)
		return fail(err, errno == EADDRINUSE ? ERR_TAKEN : ERR_IO,
			    "cannot hold port %u: %s", port, strerror(errno));
	h->fd = fd_take(&fd);
	h->port = port;
	return true;
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

static void lend(struct holding *h, int socket, int reuse)
{
	h->lent[h->next++ % LENT_MAX] = (struct lent){ number_of(socket), reuse };
}

static int bind_beside(struct holding *h, int socket, const struct sockaddr *at, socklen_t len)
{
	int address = option(socket, SO_REUSEADDR), port = option(socket, SO_REUSEPORT), error;

	set_option(socket, SO_REUSEADDR, 0);
	set_option(socket, SO_REUSEPORT, 1);
	set_option(h->fd, SO_REUSEPORT, 1);
	error = bind(socket, at, len) < 0 ? errno : 0;
	set_option(h->fd, SO_REUSEPORT, 0);
	set_option(socket, SO_REUSEPORT, port);
	if (error) {
		set_option(socket, SO_REUSEADDR, address);
		return -error;
	}
	lend(h, socket, address);
	close(h->fd);
	h->fd = -1;
	return 0;
}

int bind_for(struct supervisor *s, int socket, const struct sockaddr *at, socklen_t len)
{
	struct holding *h = &s->holding;

	if (h->fd >= 0 && h->port == port_of(at, len) && option(socket, SO_TYPE) == SOCK_STREAM)
		return bind_beside(h, socket, at, len);
	return bind(socket, at, len) < 0 ? -errno : 0;
}

void bound_listens(struct supervisor *s, int socket)
{
	ino_t number = number_of(socket);

	for (unsigned i = 0; number && i < LENT_MAX; i++) {
		struct lent *l = &s->holding.lent[i];

		if (l->socket != number)
			continue;
		set_option(socket, SO_REUSEADDR, l->reuse);
		l->socket = 0;
	}
}
