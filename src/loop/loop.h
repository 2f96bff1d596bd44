/*
 * loop/loop.h - one thread that waits for many files: epoll, and signals and time as files.
 *
 * A loop belongs to one thread.  Nothing here is of ports or of HTTP.
 */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct loop;

/* `events` are epoll's: EPOLLIN, EPOLLHUP ... */
typedef void loop_fn(void *arg, uint32_t events);

MUST_CHECK bool loop_open(struct loop **ret, struct err *err);

/* The files that are watched stay open; NULL is fine. */
void loop_free(struct loop *l);
void loop_cleanup(struct loop **l);

/*
 * Call `fn` whenever `fd` is ready for `events`, until loop_remove.
 * Errors: ERR_IO  the system refuses, or LOOP_MAX files are watched already
 */
MUST_CHECK bool loop_add(struct loop *l, int fd, uint32_t events, loop_fn *fn, void *arg,
			 struct err *err);

/* Does nothing where it is not watched. To be called before the file is closed. */
void loop_remove(struct loop *l, int fd);

/* Wait for at most `timeout_ms` (-1: for ever), and call who is concerned. */
MUST_CHECK bool loop_wait(struct loop *l, int timeout_ms, struct err *err);

/*
 * These signals no longer interrupt: they are read from the file.  To be called before there is
 * another thread.  `signals` ends with 0; the caller closes `*ret_fd`.
 */
MUST_CHECK bool signals_open(const int *signals, int *ret_fd, struct err *err);

/* The signal that came; 0: none is there. */
int signals_read(int fd);

/* A file that is ready when another thread says so; the caller closes `*ret_fd`. */
MUST_CHECK bool bell_open(int *ret_fd, struct err *err);
void bell_ring(int fd);
void bell_hear(int fd);

/* A file that is ready each `every_ms`; the caller closes `*ret_fd`. */
MUST_CHECK bool ticker_open(int64_t every_ms, int *ret_fd, struct err *err);
void ticker_hear(int fd);

#endif
