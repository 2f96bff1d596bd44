/*
 * base/book_state.h - the state that a book is in; after any change to it by anybody it is another.
 *
 * The engine's part tells states of one file apart: two books whose logs are empty have the same.
 */
#ifndef BASE_BOOK_STATE_H
#define BASE_BOOK_STATE_H

#include <stdint.h>

/* To be compared as a whole. */
struct book_state {
	unsigned char bytes[48]; /* the engine's */
	uint64_t opening; /* the session's: how often it has opened a book; 0: the engine's alone */
};

#endif
