/*
 * base/book_state.h - the state that a book is in; after any change to it by anybody it is another.
 */
#ifndef BASE_BOOK_STATE_H
#define BASE_BOOK_STATE_H

struct book_state {
	unsigned char bytes[48]; /* the engine's, to be compared as a whole */
};

#endif
