/*
 * enforce/guard_inside.h - a guard while it runs: for the files guard*.c alone.
 */
#ifndef ENFORCE_GUARD_INSIDE_H
#define ENFORCE_GUARD_INSIDE_H

#include "enforce/guard.h"
#include "enforce/guard_wire.h"
#include "loop/loop.h"

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
	/* What it asked, while the book is looked at first: then nothing else is heard from it. */
	json_t *ask;
	int passed; /* with that; -1: nothing */
	int64_t question;
};

struct guard {
	const struct guard_options *options;
	struct loop *loop;
	int64_t since_ms;
	struct book_hearer hearer;
	struct book_follower *follower;
	struct arena arena; /* what the spots refer to */
	struct spots spots;
	bool has_news;	 /* the book was taken in, and no look was made since */
	int64_t look_us; /* how long the first look took */
	unsigned limit;
	int socket, lock, signals, ticker;
	char path[PATH_MAX];
	struct visitor *visitors;
	bool has_ended;
};

/* guard_book.c */

/* What the book says now: let go of what is no longer wanted. Errors: ERR_MEMORY. */
MUST_CHECK bool guard_book_take_in(struct guard *g, const json_t *answer, struct err *err);

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

/* Who waits for the book, and need not any more, is answered; after a look, if there was none. */
void guard_answer_waiting(struct guard *g, bool has_looked);

/* How long one of them will wait at most, in ms; -1: nobody waits. */
int guard_patience_ms(const struct guard *g);

/* Take one message; answer it, or have it wait for the book. False: there will be no more. */
MUST_CHECK bool guard_answer(struct visitor *v);

/* guard_status.c */

/* A file with the status as JSON; -1: no memory. */
int guard_status_file(const struct guard *g);

#endif
