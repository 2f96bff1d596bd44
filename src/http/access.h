/*
 * http/access.h - who asks, and what that one may.
 *
 *	a token that is sent	what the token may, over whatever it came
 *	a socket in the file	the user at its other end, whom the kernel names: what that user
 *	system			may do to the book's file
 *	127.0.0.1		somebody of this machine; of a book that belongs to all of it,
 *				such a one only reads
 *	other machines		nobody, without a token
 *
 * What comes to 127.0.0.1 and was passed on by a proxy comes from elsewhere: where there are
 * tokens, it needs one.
 */
#ifndef HTTP_ACCESS_H
#define HTTP_ACCESS_H

#include "http/clients.h"
#include "http/request.h"
#include "trust/tokens.h"

struct access_rules {
	struct tokens *tokens; /* NULL: there are none */
	bool always;	       /* a token is needed on 127.0.0.1, too */
	/* Told what is wrong with the tokens, once; NULL: nobody. */
	void (*complain)(void *arg, const struct err *err);
	void *arg;
	bool has_complained;
};

/*
 * Fill r->caller, with what is in r->arena.
 * Errors: the status is in `*ret_status`:
 *	401  a token is needed, or this one is not good
 *	403  it comes from another machine, and there are no tokens
 *	503  the tokens cannot be read
 */
MUST_CHECK bool access_check(struct access_rules *a, struct http_request *r, unsigned *ret_status,
			     struct err *err);

/*
 * Is it a book of the machine, that a group writes, and not this server's user's alone?  NULL: it is
 * no file.
 */
bool access_is_of_machine(const char *book_file);

/* Is the token with which this one came still good?  Who has none is. */
bool access_is_still_good(struct access_rules *a, const struct http_caller *c);

/* May the user at the other end of a socket change the book?  By its file, as open(2) has it. */
bool access_by_file(const char *book_file, int fd, uid_t uid, gid_t gid);

#endif
