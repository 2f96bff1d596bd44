/*
 * enforce/copies.h - sockets that listen below a supervisor, on ports that a guard gave.
 *
 * A copy of each is kept, so that the port is in use at the moment, too, in which its owner ends,
 * and nobody can take it before it is held again.  When the program has closed its socket or has
 * ended, the copy is the last one.  That shows with the process's end, or within a quarter of a
 * second; then the port is held in its place, and is the guard's again, or who binds it here gets it.
 *
 * No process has a copy open: each is on its way from us to us (SCM_RIGHTS).  So whoever looks for
 * the processes of a port, perhaps to end them, finds the program alone.
 */
#ifndef ENFORCE_COPIES_H
#define ENFORCE_COPIES_H

#include <sys/types.h>

#include "enforce/guard_client.h"
#include "enforce/handover.h"

/* Rationale: a run has few ports; one that is beyond these is free for a moment when it ends. */
#define COPIES_MAX 16

struct copy {
	uint16_t port;
	struct handover way; /* on which it is */
	bool is_holder;	     /* no copy, but what holds the port: the guard was silent */
	ino_t socket;	     /* its number */
	pid_t pid;	     /* who has it, */
	int fd;		     /* as this descriptor */
	int process;	     /* a pidfd of that one; -1: its end shows with the next look */
	bool is_left;	     /* nobody has it any more */
};

/* Start from COPIES_NONE. */
struct copies {
	struct copy items[COPIES_MAX];
	unsigned count;
	int owed; /* an answer of the guard, by its connection, until which it is not asked; -1: none */
	int wakes; /* can be read when there is something for copies_look; -1: nothing is kept yet */
	int timer;
};
#define COPIES_NONE ((struct copies){ .owed = -1, .wakes = -1, .timer = -1 })

/*
 * `socket` listens there, and process `pid` has it as `fd`.  One that programs share (SO_REUSEPORT)
 * is not kept: the kernel would send a part of the connections to the copy.  Nor is that of a
 * process that may not be looked into.
 */
void copies_add(struct copies *c, uint16_t port, int socket, pid_t pid, int fd);

/*
 * Somebody binds that port, so that what nobody has any more must not be in the way.  If nobody
 * listens there, it is what holds the port now, which the caller closes; else -1.
 */
int copies_hold(struct copies *c, uint16_t port);

/* What holds a port may be needed again, as a guard that is silent has it, too.  It stays the caller's. */
void copies_keep_holder(struct copies *c, uint16_t port, int held);

/* What holds a port is the guard's again, or ours if that one is silent; it is closed here. */
void copies_give(struct copies *c, struct guard_client *guard, uint16_t port, int held);

/* Some have ended, or may have closed a socket: a port on which nobody listens is the guard's again. */
void copies_look(struct copies *c, struct guard_client *guard);

/* All have ended. */
void copies_end(struct copies *c, struct guard_client *guard);

#endif
