/*
 * Syscalls: getsockname, getsockopt
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/caller.h"
#include "http/serving.h"

static void name_peer(int fd, struct http_peer *ret)
{
	struct ucred who;
	socklen_t size = sizeof(who);
	union {
		struct sockaddr any;
		struct sockaddr_storage room;
	} a = { 0 };
	socklen_t a_size = sizeof(a);

	/* Of the loopback anybody of this machine may be there, and the kernel does not say who. */
	snprintf(ret->name, sizeof(ret->name), "someone at 127.0.0.1");
	if (getsockname(fd, &a.any, &a_size) < 0 || a.any.sa_family != AF_UNIX)
		return;
	ret->is_unix = true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0)
		return;
	ret->uid = who.uid;
	if (!user_name(who.uid, ret->name))
		snprintf(ret->name, sizeof(ret->name), "uid %u", (unsigned)who.uid);
}

int connection_fd(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		c, MHD_CONNECTION_INFO_CONNECTION_FD);

	return info ? info->connect_fd : -1;
}

void connection_notice(void *server, struct MHD_Connection *c, void **socket_context,
		       enum MHD_ConnectionNotificationCode what)
{
	struct http_peer *peer;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		free(*socket_context);
		*socket_context = NULL;
		return;
	}
	peer = calloc(1, sizeof(*peer));
	if (peer)
		name_peer(connection_fd(c), peer);
	*socket_context = peer;
}

const struct http_peer *connection_peer(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}
