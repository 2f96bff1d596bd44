/*
 * base/progress.h - long work says how far it is, and asks whether to go on.
 */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* An implementation's own struct starts with this. */
struct progress {
	/*
	 * `done` of `total` of what is counted; total 0: nobody knows.  `doing` is
	 * what a person reads: "reading shop.json", "entering".  Called for every
	 * piece, so it must be cheap; who shows it decides how often.
	 * Errors: ERR_INTERRUPTED  the work shall end, and leave nothing of itself
	 */
	bool (*step)(struct progress *p, const char *doing, uint64_t done, uint64_t total,
		     struct err *err);
};

/* As step; NULL is fine: nobody watches, and the work goes on. */
MUST_CHECK bool progress_step(struct progress *p, const char *doing, uint64_t done, uint64_t total,
			      struct err *err);

#endif
