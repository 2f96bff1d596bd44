/*
 * registry/clock.h - time and chance, as the registry is given them.
 *
 * Nothing below operations/ looks at the machine's clock or random numbers by
 * itself: a test gives a clock that stands still.
 */
#ifndef REGISTRY_CLOCK_H
#define REGISTRY_CLOCK_H

#include <stddef.h>
#include <stdint.h>

struct clock {
	/* Milliseconds since 1970-01-01 UTC. */
	int64_t (*now_ms)(void *ctx);

	/* Fill `len` bytes that nobody can foresee. */
	void (*random)(void *ctx, void *bytes, size_t len);

	void *ctx;
};

/* The machine's own: clock_gettime and getrandom. */
extern const struct clock clock_of_machine;

#endif
