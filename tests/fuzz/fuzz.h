/*
 * fuzz/fuzz.h - what the fuzzers share.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"

/* What must be true of every input; a release build checks it, too. */
#define MUST(condition)                                                                           \
	do {                                                                                      \
		if (!(condition)) {                                                               \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                                  \
		}                                                                                 \
	} while (0)

/* Each fuzzer has one. `text` has `size` bytes and a NUL after them, as our callers have it. */
static void fuzz_one(const char *text, size_t size);

/* The input is copied in its exact size, so that reading past it is seen. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	MUST(text);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	fuzz_one(text, size);
	free(text);
	return 0;
}

#endif
