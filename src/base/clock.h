/*
 * base/clock.h - time as numbers and as text.
 *
 * Times are milliseconds since 1970-01-01 UTC; 0 means "never" or "not known".
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define MS_PER_SECOND INT64_C(1000)
#define MS_PER_HOUR   (3600 * MS_PER_SECOND)
#define MS_PER_DAY    (24 * MS_PER_HOUR)

/* "2026-11-21T08:45:41.123Z" and its NUL. */
#define TIME_TEXT_SIZE 32

/* Now, by the machine's real-time clock. */
int64_t clock_now_ms(void);

/* For lengths of time: nobody sets this clock, and what it began with means nothing. */
int64_t clock_steady_ms(void);
int64_t clock_steady_us(void);

/* RFC 3339 in UTC, milliseconds shown. `ret` becomes "" for 0. Returns `ret`. */
char *time_format(int64_t ms, char ret[static TIME_TEXT_SIZE]);

/*
 * "2026-12-31" (its end, UTC), or RFC 3339 with "Z", with or without fractions.
 * Errors: ERR_INVALID.
 */
MUST_CHECK bool time_parse(const char *text, int64_t *ret, struct err *err);

/*
 * A length of time: a whole number with s, m, h, d or w ("90s", "7d").
 * Errors: ERR_INVALID, also for nothing and for more than 100 years.
 */
MUST_CHECK bool duration_parse(const char *text, int64_t *ret_ms, struct err *err);

#endif
