/*
 * enforce/supervisor_inside.h - a call while it is answered: for the files supervisor*.c alone.
 */
#ifndef ENFORCE_SUPERVISOR_INSIDE_H
#define ENFORCE_SUPERVISOR_INSIDE_H

#include <linux/seccomp.h>

#include "enforce/foreign.h"
#include "enforce/supervisor.h"
#include "enforce/verdict.h"

/* A call that waits. */
struct waiting {
	const struct seccomp_notif *notif;
	struct socket_call call;
	struct foreign_address address; /* of a bind */
	int error;			/* with which that could not be read; 0: it could */
	int socket;			/* a copy of the program's descriptor */
	bool is_here;			/* in the network where the book's ports are */
	struct assignment *assignment;
};

/*
 * What becomes of a bind to that port: the book is asked where that is needed, what it gives is the
 * assignment's from then on, and what the program may not expect is said.
 */
struct bind_verdict supervisor_judge(struct supervisor *s, const struct waiting *w, uint16_t asked);

/* A port of its own is somebody else's: said once. */
void supervisor_say_taken(const struct supervisor *s, const struct waiting *w, uint16_t port);

#endif
