/*
 * http/metrics.h - what Prometheus reads: how the server fares, and what the book says.
 *
 * Source: https://prometheus.io/docs/instrumenting/exposition_formats/ (text format 0.0.4)
 */
#ifndef HTTP_METRICS_H
#define HTTP_METRICS_H

#include <stdint.h>

#include "base/err.h"
#include "base/text.h"
#include "operations/transport.h"

/* Rationale: there are some 60 operations, and the last place is for what is beyond. */
#define METRICS_OPERATIONS 128
/* Rationale: from a read in memory to a commit that waited its turn. */
#define METRICS_BUCKETS 12

struct operation_metrics {
	uint64_t by_code[ERR_CODE_COUNT];
	uint64_t buckets[METRICS_BUCKETS + 1]; /* not cumulative; the last is for all above */
	uint64_t sum_us;
};

/* All counters begin when the server does. */
struct metrics {
	struct operation_metrics operations[METRICS_OPERATIONS]; /* as the table operations[] */
	uint64_t replies[6]; /* by the first digit of the status */
	int64_t audited_ms;  /* when the server's own audit looked last; 0: never */
};

/* An operation was answered, after so long: ERR_NONE, or why not. */
void metrics_note(struct metrics *m, const char *operation, enum err_code code, int64_t took_us);

void metrics_note_reply(struct metrics *m, unsigned status);

/* How the server fares. */
void metrics_add(const struct metrics *m, struct text *ret);

/*
 * What the book says, asked by `reads`; of an audit of a book without entries it knows nothing,
 * so `m` is asked, too.
 * Errors: those of the operations
 */
MUST_CHECK bool metrics_add_book(const struct metrics *m, const struct transport *reads,
				 struct text *ret, struct err *err);

#endif
