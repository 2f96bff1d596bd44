/*
 * observe/sockets_linux.h - Linux has two ways to see sockets; sockets_each
 * takes the first one and, where that is refused, the second.
 *
 * For sockets_linux.c, sockets_proc_linux.c and their test, which holds the two against each other.
 */
#ifndef OBSERVE_SOCKETS_LINUX_H
#define OBSERVE_SOCKETS_LINUX_H

#include "observe/sockets.h"

/* In which a socket holds its port, of those in <netinet/tcp.h>. */
unsigned socket_holding_state(enum protocol protocol);

/*
 * By sock_diag(7): about 15 us with few sockets, 2 ms with 10,000.
 * Errors: ERR_IO  netlink is refused (seccomp, gVisor), or has no inet_diag
 */
MUST_CHECK bool sockets_each_netlink(enum protocol protocol, struct port_range ports, socket_fn *fn,
				     void *arg, struct err *err);

/*
 * By the text of /proc/net: 2 ms and more.
 * Errors: ERR_IO  it cannot be read
 */
MUST_CHECK bool sockets_each_proc(enum protocol protocol, socket_fn *fn, void *arg,
				  struct err *err);

/*
 * One line of /proc/net/{tcp,tcp6,udp,udp6}.  False, and `*ret` untouched: it
 * is no socket that holds a port (the heading, a connection), or not such a line.
 */
bool socket_row_parse(enum protocol protocol, const char *line, struct socket_row *ret);

#endif
