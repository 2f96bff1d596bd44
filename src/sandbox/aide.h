/*
 * sandbox/aide.h - a process beside the server, outside of its sandbox.
 *
 * The server may neither look at processes nor run programs.  The aide does both, and nothing
 * else: it answers what registry/listeners.h asks, and runs the one command that it was started
 * with.  What the server can say to it is what to look at, and what the command reads.
 * It ends when the server does.
 */
#ifndef SANDBOX_AIDE_H
#define SANDBOX_AIDE_H

#include <sys/types.h>

#include "base/json.h"
#include "registry/listeners.h"

/* Rationale: the thread that reads, and the one that writes. */
#define AIDE_ASKERS 2

struct aide;

struct aide_options {
	const struct listeners *machine;
	const char *user;	/* to be from its start; NULL: who this is */
	const char *command;	/* for /bin/sh; NULL: none */
	int64_t command_max_ms; /* then it is ended */
	/* Who the command runs as, where that is not who the process is; name NULL: the same. */
	const char *user_name, *user_home;
	uid_t uid;
	gid_t gid;
};

/*
 * To be called before there are threads, and before the book is open and secrets are read.
 * Errors: ERR_IO, ERR_MEMORY
 */
MUST_CHECK bool aide_start(const struct aide_options *o, struct aide **ret, struct err *err);

/* It ends by itself then; NULL is fine. */
void aide_free(struct aide *a);

/*
 * What it sees, for one thread: `asker` is below AIDE_ASKERS.  Which ports listen (collect) and
 * what the kernel says of ports is seen without it, by `machine`.
 */
struct listeners aide_listeners(struct aide *a, unsigned asker);

/*
 * Have the command read this: after those before it, one at a time.  Takes the reference.
 * Errors: ERR_IO, ERR_MEMORY; what becomes of the command is the aide's to say, on stderr
 */
MUST_CHECK bool aide_notify(struct aide *a, json_t *message, struct err *err);

/* A file that is ready to read when the aide has ended. */
int aide_fd(const struct aide *a);

#endif
