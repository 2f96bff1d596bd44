/*
 * lib/random.h - numbers that look random and are the same in every run.
 */
#ifndef LIB_RANDOM_H
#define LIB_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

/* Source: splitmix64, Steele and others, "Fast splittable pseudorandom number generators". */
static inline uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* A number from 0 to `count` - 1. */
static inline unsigned random_below(uint64_t *state, unsigned count)
{
	return (unsigned)(random_next(state) % count);
}

/* True once in `n` times. */
static inline bool random_one_in(uint64_t *state, unsigned n)
{
	return random_below(state, n) == 0;
}

#endif
