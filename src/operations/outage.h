/*
 * operations/outage.h - since when a book that is followed cannot be read, and why.
 *
 * Pure: who follows it goes on with what was read last, and says so.
 */
#ifndef OPERATIONS_OUTAGE_H
#define OPERATIONS_OUTAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"

/* Start from { 0 }. */
struct outage {
	int64_t since_ms;  /* ms since 1970; 0: the book can be read */
	int64_t lasted_ms; /* the last one, which is over */
	struct err why;	   /* of the first try that failed */
};

/*
 * After each try to read the book; `why` is looked at where that failed.
 * True: with this one an outage has begun, or ended.
 */
bool outage_note(struct outage *o, bool was_read, const struct err *why, int64_t now_ms);

/* As members of a status: unreadSince and unreadReason, null where the book can be read. */
bool outage_put(json_t *status, const struct outage *o);

#endif
