/*
 * operations/queue.h - many ask, one thread writes.
 *
 * The thread owns the only session that writes, and takes what is there in the order in
 * which it came.  What came while the last was written becomes durable together, as a
 * commit costs more than a change; each is answered when it is on disk.  Who waits for
 * answers has a bell, and takes them when it rings.
 */
#ifndef OPERATIONS_QUEUE_H
#define OPERATIONS_QUEUE_H

#include "base/caller.h"
#include "operations/transport.h"

struct queue;

/* One question on its way.  Belongs to who pushed it, but not between push and take. */
struct queued {
	/* Asked: what the thread shall do; NULL: call the operation. */
	void (*work)(struct queued *item, const struct transport *to);
	const char *operation;
	json_t *input;
	/* Asked before, while nobody else may write; false, with `err`: not to be done. NULL: nothing. */
	bool (*check)(struct queued *item, const struct transport *to);
	char actor[CALLER_NAME_SIZE]; /* "": this process's user */
	const struct rights *rights;  /* see call_io; they stay until it is answered */
	const char *key;	      /* see call_io; NULL: none */

	/* Answered. */
	bool ok;
	json_t *answer; /* where it failed, the error's object or NULL */
	struct err err;

	struct queued *next; /* the queue's own */
};

/*
 * `to` is asked by the queue's thread alone from now on; `ring` is called by it when there are
 * answers, with `arg`.  Signals are to be blocked before.
 * Errors: ERR_MEMORY, ERR_IO  there is no thread
 */
MUST_CHECK bool queue_start(const struct transport *to, void (*ring)(void *arg), void *arg,
			    struct queue **ret, struct err *err);

void queue_push(struct queue *q, struct queued *item);

/* Those that are answered, in their order, linked by `next`; NULL: none. */
struct queued *queue_take(struct queue *q);

/* Wait until all that was pushed is answered: the thread ends, and nothing may be pushed. */
void queue_finish(struct queue *q);

/* After queue_finish; what nobody took is left to who pushed it. */
void queue_free(struct queue *q);

/* Release input and answer. */
void queued_release(struct queued *item);

#endif
