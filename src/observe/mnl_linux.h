/*
 * observe/mnl_linux.h - libmnl, loaded by the first look.
 *
 * Most commands do not look at sockets, and loading a library costs a tenth of
 * what an empty program needs to start and end (docs/performance.md).
 */
#ifndef OBSERVE_MNL_LINUX_H
#define OBSERVE_MNL_LINUX_H

#include <libmnl/libmnl.h>

struct mnl {
	__typeof__(&mnl_socket_open2) socket_open2;
	__typeof__(&mnl_socket_close) socket_close;
	__typeof__(&mnl_socket_sendto) socket_sendto;
	__typeof__(&mnl_socket_recvfrom) socket_recvfrom;
	__typeof__(&mnl_cb_run2) cb_run2;
};

/* The same table for all threads, to the end of the process; NULL: this machine has no libmnl. */
const struct mnl *mnl_load(void);

#endif
