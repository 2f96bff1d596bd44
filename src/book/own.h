/*
 * book/own.h - what a session is made of.  For the files of this folder only.
 */
#ifndef BOOK_OWN_H
#define BOOK_OWN_H

#include <limits.h>

#include "book/session.h"
#include "book/sudo.h"
#include "operations/operation.h"
#include "registry/registry.h"

struct session {
	char book[PATH_MAX];	/* as it is shown: without passwords */
	char address[PATH_MAX]; /* as it is opened */
	char source[PATH_MAX + 32];
	char unread[ERR_TEXT_SIZE]; /* why the config could not be read; "": it was */
	bool only_look;		    /* a file is not made, nor founded */
	bool has_others;	    /* the last call was not asked by this process's user */
	bool is_named;		    /* for this run: by --book or PORTBOOK_BOOK */
	struct registry registry;   /* its store is NULL until the first call */
	uint64_t openings;	    /* of books: one that was moved away makes room for another */
	struct sudo_user behalf;    /* whose book it is under sudo; name "": nobody's */
	struct listeners listeners; /* that look as root, while `behalf` is set */
};

bool book_is_url(const char *text);

/*
 * Open the book, and, to write, make it where there is none, as a call does.
 * Errors: see session_call.
 */
MUST_CHECK bool session_need_book(struct session *s, enum access access, struct err *err);

/* Give a new book the default policy, with what that has. */
MUST_CHECK bool session_found_book(struct session *s, struct err *err);

/* A book that this user may not write cannot be had for that (exit status 5): returns false. */
bool session_fail_book(struct err *err);

#endif
