#include "enforce/verdict.h"

#include <errno.h>

static struct bind_verdict refused(int error)
{
	return (struct bind_verdict){ .answer = BIND_REFUSED, .error = error };
}

static struct bind_verdict instead(uint16_t port)
{
	return (struct bind_verdict){ .answer = BIND_INSTEAD, .port = port };
}

static struct bind_verdict as_asked(uint16_t port)
{
	return (struct bind_verdict){ .answer = BIND_AS_ASKED, .port = port };
}

struct bind_verdict verdict_of(struct assignment *a, uint16_t asked)
{
	uint16_t given = assignment_given(a, asked);

	if (!asked || assignment_own(a, asked))
		return as_asked(asked);
	/* As Landlock says it, so that both ways to be strict are one to the program. */
	if (a->refuses)
		return refused(EACCES);
	if (given)
		return instead(given);
	return (struct bind_verdict){ .answer = BIND_ASK_BOOK };
}

struct bind_verdict verdict_with_book(const struct assignment *a, uint16_t asked,
				      const struct port_in_book *b)
{
	if (b->is_known && b->port == asked)
		return as_asked(asked);
	if (!a->is_taken)
		return instead(a->port);
	return b->is_known && b->port ? instead(b->port) : refused(EADDRINUSE);
}

uint16_t verdict_of_unbound(const struct assignment *a)
{
	return a->is_taken ? 0 : a->port;
}
