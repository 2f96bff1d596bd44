/*
 * bench/measure.h - time, medians, and an end with a sentence.
 *
 * A benchmark that cannot go on has nothing to say: it dies.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/cursor.h"
#include "base/macros.h"

PRINTF_LIKE(1, 2) _Noreturn static inline void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static inline int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* A whole number from 1 to `max`. */
static inline unsigned number_or_die(const char *text, unsigned max)
{
	const char *at = text;
	uint64_t n;

	if (!eat_number(&at, max, &n) || !eat_end(&at) || n == 0)
		die("'%s' is not a number from 1 to %u", text, max);
	return (unsigned)n;
}

static inline void *alloc_or_die(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (!memory)
		die("no memory");
	return memory;
}

/* Times of one thing, in ns. */
struct times {
	int64_t *at;
	unsigned count;
};

static inline struct times times_new(unsigned room)
{
	return (struct times){ .at = alloc_or_die(room, sizeof(int64_t)) };
}

static inline void times_add(struct times *t, int64_t ns)
{
	t->at[t->count++] = ns;
}

static inline int times_order(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return left < right ? -1 : left > right;
}

/* `percent` of the times are shorter, in us.  Sorts. */
static inline double times_percentile_us(struct times *t, unsigned percent)
{
	if (!t->count)
		return 0;
	qsort(t->at, t->count, sizeof(t->at[0]), times_order);
	return (double)t->at[(uint64_t)(t->count - 1) * percent / 100] / 1e3;
}

/* One result, as bench/run reads it. */
static inline void tell(const char *name, double value)
{
	printf("%s %.3f\n", name, value);
}

#endif
