/*
 * enforce/guard_inside.h - a guard while it runs: for the files guard*.c alone.
 */
#ifndef ENFORCE_GUARD_INSIDE_H
#define ENFORCE_GUARD_INSIDE_H

#include "enforce/guard.h"
#include "enforce/guard_wire.h"
#include "loop/loop.h"
#include "operations/outage.h"

/*
 * Who asks.  A `run` stays as long as what it runs; of who becomes the owner, its process does; of
 * who has a port left for another one, that one's, if it was told.
 */
struct visitor {
	struct guard *guard;
	struct visitor *next;
	int fd;
	pid_t pid;
	bool becomes;
	int process;   /* a pidfd: whose end is waited for when the connection is over; -1: none */
	char what[64]; /* "run consilio/web", as it calls itself */
};

struct guard {
	const struct guard_options *options;
	struct loop *loop;
	int64_t since_ms;
	int64_t seq;	    /* of the book's newest change that was read */
	struct arena arena; /* what the spots refer to */
	struct spots spots;
	struct outage outage; /* of the book */
	unsigned limit;
	int socket, lock, signals, ticker;
	char path[PATH_MAX];
	struct visitor *visitors;
	bool has_ended;
	struct err failure; /* of the loop's functions */
};

/* guard.c */

/* Read the book if it has changed, and look. */
void guard_follow(struct guard *g);

/* guard_book.c */

/* Read it if it has changed since it was read last. Errors: the book's. */
MUST_CHECK bool guard_book_follow(struct guard *g, struct err *err);

/* Read it, and let go of what is no longer wanted. Errors: the book's. */
MUST_CHECK bool guard_book_read(struct guard *g, struct err *err);

/* guard_look.c */

/* Hold what is to be held and nobody has. */
void guard_look(struct guard *g);
void guard_let_go(struct guard *g, struct spot *s);
void guard_tell(struct guard *g, const struct spot *s, enum guard_event event,
		const struct visitor *to);
struct guard_counts guard_count(const struct guard *g);

/* guard_asks.c */

/* Somebody asked for something by the socket: all that is there is answered. */
void guard_visit(void *arg, uint32_t events);
void guard_visitors_end(struct guard *g);

/* Take one message, and answer it. False: there will be no more. */
MUST_CHECK bool guard_answer(struct visitor *v);

/* guard_status.c */

/* A file with the status as JSON; -1: no memory. */
int guard_status_file(const struct guard *g);

#endif
