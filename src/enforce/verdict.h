/*
 * enforce/verdict.h - what becomes of a bind.  Pure: everything that decides is an argument.
 *
 * Port 0 and the instance's own ports pass.  The first other port is carried out
 * on the service's own, whoever owns it; a second one gets what --map says, or an
 * entry of its own, and is refused only where another project owns it.
 */
#ifndef ENFORCE_VERDICT_H
#define ENFORCE_VERDICT_H

#include "enforce/assignment.h"

enum bind_answer {
	BIND_AS_ASKED,
	BIND_INSTEAD,  /* on `port` */
	BIND_ASK_BOOK, /* the book has to be asked first: verdict_with_book */
	BIND_REFUSED,  /* with `error` */
};

struct bind_verdict {
	enum bind_answer answer;
	uint16_t port;
	int error;
};

/* What the book said of a port: the operation run-port. */
struct port_in_book {
	bool is_known; /* false: the book could not be asked */
	bool is_held;  /* somebody has entered it */
	uint16_t port; /* what the service gets for it; 0: nothing */
};

struct bind_verdict verdict_of(struct assignment *a, uint16_t asked);

/* Of a port of which that was BIND_ASK_BOOK; it never is again. */
struct bind_verdict verdict_with_book(const struct assignment *a, uint16_t asked,
				      const struct port_in_book *b);

/* The socket has neither port nor address: the port that listen(2) gives it; 0: the kernel's. */
uint16_t verdict_of_unbound(const struct assignment *a);

#endif
