/*
 * book/session.h - a URL becomes a book that can be asked.
 *
 * The book: the URL given, else PORTBOOK_BOOK, else `book:` of
 * ~/.config/portbook/config.yaml or /etc/portbook/config.yaml, else
 * ${XDG_DATA_HOME:-~/.local/share}/portbook/book.db, which is made on first use.
 * Under sudo, and where neither the caller nor the machine's config says which,
 * it is the book of who called sudo, and files are that user's: book/sudo.h.
 * A session belongs to one thread and never crosses a fork.
 */
#ifndef BOOK_SESSION_H
#define BOOK_SESSION_H

#include <stdbool.h>

#include "base/book_state.h"
#include "base/err.h"
#include "base/json.h"
#include "base/watcher.h"
#include "operations/io.h"

struct listeners;

struct session_options {
	const char *book;     /* URL or path; NULL: find it */
	const char *named_by; /* who names the book, for messages ("--book"); NULL: the program */
	const char *host; /* this machine's name; NULL: `host:` of the config, else "localhost" */
	/* Who sees what listens; NULL: this process itself. It lives as long as the session. */
	const struct listeners *listeners;
	bool only_look;	   /* a book that is not there, or half made, is ERR_NOT_FOUND */
	bool isolated;	   /* neither variables nor a config: only what is said here */
	bool follows_sudo; /* the process may become another user: for programs, not libraries */
};

struct session;

/*
 * The book itself is opened by the first call that needs it.
 * Errors: ERR_INVALID  the config or the URL is wrong (with line and column)
 */
MUST_CHECK bool session_open(const struct session_options *options, struct session **ret,
			     struct err *err);

/*
 * Open the book now, which else the first call does.  One that was named and is
 * not there is no error yet.
 * Errors: ERR_BOOK, ERR_BUSY, ERR_IO, ERR_MEMORY
 */
MUST_CHECK bool session_ready(struct session *s, struct err *err);

/*
 * Be told when another process may have changed the book; see operations/changes.h for what has
 * changed.  The watch may outlive the session, but not the thread.  `*ret` NULL: nobody else can
 * change this book, or it is another portbook's (`/api/v1/events` tells there).
 * Errors: ERR_IO, ERR_MEMORY; those of connecting to PostgreSQL
 */
MUST_CHECK bool session_watch(struct session *s, struct watcher **ret, struct err *err);

/* NULL is fine. */
void session_free(struct session *s);

/*
 * As session_free, for a process that ends now: what the kernel gives back is
 * left to it, which is a tenth of a short command's time.
 */
void session_leave(struct session *s);

/*
 * Ask: the operation's answer, an object with "success": true.
 * Errors: those of the operation; ERR_NOT_FOUND for one that does not exist;
 *         ERR_BOOK, ERR_BUSY, ERR_IO, ERR_NOT_PERMITTED when the book cannot be had.
 */
MUST_CHECK bool session_call(struct session *s, const char *operation, const json_t *input,
			     json_t **ret, struct err *err);

/*
 * As session_call, with what operations/io.h has: streams, someone who watches,
 * someone who takes the answer; see operation_run about a failure.
 */
MUST_CHECK bool session_call_with(struct session *s, const char *operation, const json_t *input,
				  const struct call_io *io, json_t **ret, struct err *err);

/*
 * The state that the book is in, at next to no cost: who has an answer of the same state need not
 * ask again.  False: nobody can say.
 */
MUST_CHECK bool session_state(struct session *s, struct book_state *ret);

/*
 * Calls from now on become durable together, when the batch ends; one that fails leaves nothing,
 * as ever.  Nobody else writes meanwhile, so what one call says still holds in the next.
 */
MUST_CHECK bool session_batch_begin(struct session *s, struct err *err);

/*
 * False: nothing of any call of it happened, and they may be made again; but where
 * `*ret_unknown`, nobody can say whether all of them did, or none.
 */
MUST_CHECK bool session_batch_end(struct session *s, bool *ret_unknown, struct err *err);

/*
 * Each file and folder that the session opens when it is asked, now or after a connection was
 * lost; `writes`: and makes files there.  Some of them may not be there.
 */
void session_files(const struct session *s, void (*fn)(const char *path, bool writes, void *arg),
		   void *arg);

/* The book is asked over a network. */
bool session_connects(const struct session *s);

/* Where the book is; and who said so: "the program", "PORTBOOK_BOOK", a file, "the default". */
const char *session_book(const struct session *s);
const char *session_book_source(const struct session *s);

/* What can be seen of this machine, for who has to look more closely than an operation. */
const struct listeners *session_machine(const struct session *s);

/* This machine's name in the book. */
const char *session_host(const struct session *s);

/*
 * Why the config could not be read, where only its `host` was wanted, as it is told
 * which book; NULL: it could, or there is none.
 */
const char *session_unread_config(const struct session *s);

/* Whose book it is, when that is who called sudo; NULL: the caller's own. */
const char *session_behalf(const struct session *s);

#endif
