/*
 * http/remembered.h - replies that were given, for as long as nobody changes the book.
 *
 * Many ask the same again and again: dashboards, agents, scripts at their start.  What they
 * get is kept with the state of the book that it was read from, and given again while the book is
 * in that state.  A reply has its place by what was asked; another one takes it over.
 */
#ifndef HTTP_REMEMBERED_H
#define HTTP_REMEMBERED_H

#include "base/book_state.h"
#include "http/request.h"

struct remembered;

/* NULL: there is no memory. */
struct remembered *remembered_new(void) MUST_CHECK;
/* NULL is fine. */
void remembered_free(struct remembered *all);

/* The operation that this was the reply of; NULL: none is there, and `reply` is untouched. */
const char *remembered_find(const struct remembered *all, const char *line,
			    const struct book_state *state, struct http_reply *reply);

/* `operation` stays.  What is too long, or finds no memory, is not kept. */
void remembered_add(struct remembered *all, const char *line, const struct book_state *state,
		    const char *operation, const struct http_reply *reply);

#endif
