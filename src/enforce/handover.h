/*
 * enforce/handover.h - two ends of a socket, by which a process gives a descriptor away.
 */
#ifndef ENFORCE_HANDOVER_H
#define ENFORCE_HANDOVER_H

#include <stdbool.h>

#include "base/err.h"

/* Messages are kept apart; for CLEANUP(handover_cleanup). */
struct handover {
	int ours, theirs;
};
#define HANDOVER_NONE ((struct handover){ -1, -1 })

/* Errors: ERR_IO */
MUST_CHECK bool handover_open(struct handover *c, struct err *err);
void handover_cleanup(struct handover *c);

/* A message of one byte, and a descriptor (-1: none) with it. */
bool handover_send(int to, char what, int fd);
/* 0: the other end is closed. `ret_fd` NULL: none is expected. */
char handover_receive(int from, int *ret_fd);

/* What was sent to oneself; -1: nothing was. */
int handover_take(int from);

/* Another descriptor of what comes next, which stays on its way; -1: nothing does. */
int handover_peek(int from);

#endif
