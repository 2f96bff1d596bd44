/*
 * http/chores.h - what the server asks the book by itself: an audit, now and then, and at its
 * start what could be cleaned up.
 *
 * It goes through the queue as anyone's question does.  It sees what its user sees: of
 * other users' processes an audit by root tells more (contrib/systemd/portbook-audit.timer).
 */
#ifndef HTTP_CHORES_H
#define HTTP_CHORES_H

#include "operations/queue.h"

struct chore {
	bool is_asked; /* the queue has it */
	struct queued queued;
};

/* Who hears of what is found. */
struct chores_heard {
	/* A change (see schemas/audit-changes.json), or what could be cleaned up; NULL: nobody. */
	void (*tell)(void *arg, json_t *message);
	/* What a person should read; NULL: nobody. */
	void (*say)(void *arg, const struct err *err);
	void *arg, *say_arg;
};

/* Start from { .every_ms = ..., .heard = ... }. */
struct chores {
	int64_t every_ms;     /* between two audits; 0: none */
	bool reviews_cleanup; /* once */
	struct chores_heard heard;
	int64_t next_ms; /* monotonic; 0: at once */
	struct chore audit, cleanup;
	int64_t audited_ms; /* when the last audit looked, by the clock; 0: there was none */
};

/* Ask, if it is time and the last one was answered.  What finds no memory is asked next time. */
void chores_tick(struct chores *c, int64_t now_ms, struct queue *q);

/* True: the answer was that of a chore, and is done with. */
bool chores_take(struct chores *c, struct queued *item);

#endif
