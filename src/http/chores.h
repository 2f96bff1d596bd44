/*
 * http/chores.h - what the server asks the book by itself: an audit, now and then.
 *
 * It goes through the queue as anyone's question does.  It sees what its user sees: of
 * other users' processes an audit by root tells more (contrib/systemd/portbook-audit.timer).
 */
#ifndef HTTP_CHORES_H
#define HTTP_CHORES_H

#include "operations/queue.h"

/* Start from { .every_ms = ... }; 0: never. */
struct chores {
	int64_t every_ms;
	int64_t next_ms; /* monotonic; 0: at once */
	bool is_asked;	 /* the queue has it */
	struct queued queued;
};

/* Ask, if it is time and the last one was answered.  What finds no memory is asked next time. */
void chores_tick(struct chores *c, int64_t now_ms, struct queue *q);

/* True: the answer was that of a chore, and is done with. */
bool chores_take(struct chores *c, struct queued *item);

#endif
