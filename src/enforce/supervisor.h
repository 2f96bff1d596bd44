/*
 * enforce/supervisor.h - carrying out what a command and its descendants bind.
 *
 * They wait in bind(2) and listen(2) until the supervisor has answered.  It does
 * the call itself, on the very socket, with a copy of the address: to let the
 * kernel go on with what is in the program's memory would be to judge one address
 * and to bind another.
 *
 * It lives exactly as long as any process of the command does.
 */
#ifndef ENFORCE_SUPERVISOR_H
#define ENFORCE_SUPERVISOR_H

#include "enforce/asking.h"
#include "enforce/assignment.h"
#include "enforce/bind_for.h"
#include "enforce/say.h"

/* Rationale: a runner of Procfiles has that many services, and each may be a run of its own. */
#define DELEGATED_MAX 64

/* A run inside of this one, which has no supervisor of its own: enforce/nested.h. */
struct delegated {
	pid_t pid;
	uint64_t start; /* with the pid, it is that process alone */
	struct assignment *assignment;
};

/* What the call at hand has made listen; without an assignment: nothing. */
struct listening {
	struct assignment *assignment;
	uint16_t port;
};

struct supervisor {
	int listener; /* of the filter */
	struct assignment *assignment;
	struct book_link book;
	struct speaker speaker;
	struct holding holding;
	struct listening listening;
	uint64_t network; /* where the book's ports are; 0: the kernel does not tell */
	struct delegated delegated[DELEGATED_MAX];
	unsigned n_delegated;
};

/* What it has to know of this machine. */
void supervisor_prepare(struct supervisor *s);

/*
 * With its listener.  False: that is none.  A descriptor that came out of another process is looked
 * at, as one that is no listener would bring no call, and let every call of the command fail.
 */
MUST_CHECK bool supervisor_begin(struct supervisor *s);

/* Answer the next call that waits; there is one. False: the listener is none, and never will be. */
MUST_CHECK bool supervisor_answer(struct supervisor *s);

/* Readable when supervisor_look has something to do; -1: nothing yet.  It changes with an answer. */
static inline int supervisor_wakes(const struct supervisor *s)
{
	return s->holding.copies.wakes;
}

/* Something that listened may have ended. */
void supervisor_look(struct supervisor *s);

/* All have ended: what listened is down. */
void supervisor_end(struct supervisor *s);

/* One of them has ended, with all that it ran: the book is told, and nobody waits for it. */
void supervisor_forget(struct supervisor *s, const struct assignment *a);

/* The members of a service of the assignment that every question to the book has; NULL: no memory. */
json_t *supervisor_input(const struct assignment *a, const char *service) MUST_CHECK;

#endif
