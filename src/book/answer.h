/*
 * book/answer.h - what libportbook hands out: a struct, and all it points to.
 *
 * The struct's texts are those of the JSON it was made from, which goes with it.
 */
#ifndef BOOK_ANSWER_H
#define BOOK_ANSWER_H

#include "book/layout.h"

/*
 * `*ret` is a zeroed and filled struct of the layout.
 * Errors: ERR_MEMORY
 */
MUST_CHECK bool answer_make(const struct layout *layout, json_t *json, void **ret, struct err *err);

/* The struct, with all it points to; NULL is fine. */
void answer_free(const void *answer);

#endif
