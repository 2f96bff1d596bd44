/*
 * lib/fault.h - let the nth allocation fail.
 *
 * For programs of the group `fault` in tests/meson.build: they are linked so
 * that every malloc, calloc, realloc and strdup of portbook and of the
 * libraries inside it comes through here.  (What libc allocates for itself,
 * as in fopen(), does not.)
 *
 *	for (long n = 0;; n++) {
 *		allocations_left = n;
 *		bool ok = thing_open(&thing, &err);
 *		allocations_left = ALLOCATIONS_UNLIMITED;
 *		if (ok)
 *			break;
 *		assert_int_equal(err.code, ERR_MEMORY);
 *	}
 */
#ifndef LIB_FAULT_H
#define LIB_FAULT_H

#include <stdbool.h>

#define ALLOCATIONS_UNLIMITED (-1L)

/* So many succeed, then all fail until it is set again.  At first: unlimited. */
extern long allocations_left;

/* Only the next one fails then, and it is unlimited again: what follows has to notice. */
extern bool one_allocation_fails;

/*
 * The allocation to fail after the nth: each of the first ones; of those behind
 * them fewer and fewer, as every one costs a whole run.  With PORTBOOK_FAULTS=all
 * in the environment: each one.
 */
long fault_next(long n);

#endif
