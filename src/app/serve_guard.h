/*
 * app/serve_guard.h - a guard beside a server: a process of its own, outside of the sandbox, which
 * ends with the server.  The user that the server is then, and its book; enforce/guard.h.
 */
#ifndef APP_SERVE_GUARD_H
#define APP_SERVE_GUARD_H

#include "app/serve_options.h"
#include "base/json.h"

/*
 * Start it, and wait until it holds what it can.  Before the book is opened.
 * `*ret_fd` is ready when it has ended, and its end lets it end; the caller closes it.
 * `*ret_said`: held, inUse, notHeld, limited, limit; the caller releases it.
 * Errors: those of guard_run and of opening the book
 */
MUST_CHECK bool serve_guard_start(const struct serve_options *o, int *ret_fd, json_t **ret_said,
				  struct err *err);

#endif
