/*
 * sqlite/queue.h - writers of one book take turns.
 *
 * The queue is courtesy: SQLite's lock is the law.  So nothing here fails; a
 * queue that cannot be used (a read-only folder, another user's file) or that
 * does not move for half a second means going on without.
 */
#ifndef STORE_SQLITE_QUEUE_H
#define STORE_SQLITE_QUEUE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct queue {
	const char *book; /* the file's real path, borrowed */
	int fd;		  /* of BOOK-queue; -1: not open yet */
	bool is_off;	  /* it cannot be opened */
	uint64_t ticket;  /* held; 0: none */
};

/* No I/O yet: the file is opened, or made with the book's mode, on first use. */
void queue_init(struct queue *q, const char *book);

/* Wait for this writer's turn, as long as the queue moves.  True: it has come. */
bool queue_enter(struct queue *q);

/* The next one's turn.  Does nothing when no ticket is held. */
void queue_leave(struct queue *q);

void queue_close(struct queue *q);

/* ---- for watch.c ---- */

/* The file's path; false: it is too long. */
bool queue_path(const char *book, char ret[static PATH_MAX]);

/* The file, made with the book's mode where there is none; -1: this user may not. */
int queue_open(const char *book);

/* The ticket that was served last: another one, as soon as a writer has ended. */
uint64_t queue_served(int fd);

#endif
