/*
 * http/listen.h - sockets that wait for clients: on the loopback, in the file system, or inherited.
 */
#ifndef HTTP_LISTEN_H
#define HTTP_LISTEN_H

#include <limits.h>
#include <stdbool.h>

#include "base/err.h"

/* Rationale: each is a file to wait for; systemd.socket units have a few. */
#define LISTEN_MAX 16

struct listening {
	int fd;
	bool is_unix;
	bool is_inherited;
	int lock;		  /* held as long as it is ours; -1: none */
	char path[PATH_MAX];	  /* in the file system; "": none */
	char name[PATH_MAX + 16]; /* "http://127.0.0.1:9000", "unix:/run/user/1000/portbook.sock" */
};

/*
 * "127.0.0.1:9000", "[::1]:0" (a port that is free) or "unix:PATH" (mode 0600).
 * Errors: ERR_INVALID        it is none of those
 *         ERR_NOT_PERMITTED  it is an address that other machines reach
 *         ERR_TAKEN          another program has it
 *         ERR_IO             the system refuses
 */
MUST_CHECK bool listen_open(const char *where, struct listening *ret, struct err *err);

/*
 * Those that systemd hands over (sd_listen_fds(3)): at most `max`, none when there are none.
 * Errors: ERR_INVALID  one of them does not listen, or there are more
 */
MUST_CHECK bool listen_inherit(struct listening *ret, unsigned max, unsigned *ret_count,
			       struct err *err);

/* It no longer listens; a socket's file of ours is gone. */
void listen_close(struct listening *l);

#endif
