#include "registry/clock.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/clock.h"

static int64_t machine_now_ms(void *ctx)
{
	(void)ctx;
	return clock_now_ms();
}

static void machine_random(void *ctx, void *bytes, size_t len)
{
	(void)ctx;
	/* Up to 256 bytes are never short and never interrupted (getrandom(2)). */
	if (getrandom(bytes, len, 0) != (ssize_t)len)
		abort();
}

const struct clock clock_of_machine = { .now_ms = machine_now_ms, .random = machine_random };
