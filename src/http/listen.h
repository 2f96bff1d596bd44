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
	bool is_far;		  /* other machines reach it, so it talks TLS */
	int lock;		  /* held as long as it is ours; -1: none */
	char path[PATH_MAX];	  /* in the file system; "": none */
	char name[PATH_MAX + 16]; /* "http://127.0.0.1:9000", "unix:/run/user/1000/portbook.sock" */
};

/*
 * "127.0.0.1:9000", "[::1]:0" (a port that is free) or "unix:PATH" (mode 0600).
 * `lacks`: what is missing for addresses that other machines reach, in words; NULL: nothing.
 * Errors: ERR_INVALID        it is none of those
 *         ERR_NOT_PERMITTED  other machines reach it, and something is missing
 *         ERR_TAKEN          another program has it
 *         ERR_IO             the system refuses
 */
MUST_CHECK bool listen_open(const char *where, const char *lacks, struct listening *ret,
			    struct err *err);

/*
 * Those that systemd hands over (sd_listen_fds(3)): at most `max`, none when there are none.
 * Errors: ERR_INVALID        one of them does not listen, or there are more
 *         ERR_NOT_PERMITTED  as of listen_open
 */
MUST_CHECK bool listen_inherit(struct listening *ret, unsigned max, const char *lacks,
			       unsigned *ret_count, struct err *err);

/* It no longer listens; a socket's file of ours is gone. */
void listen_close(struct listening *l);

#endif
