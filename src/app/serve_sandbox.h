/*
 * app/serve_sandbox.h - what portbook-serve may use once its doors are closed.
 */
#ifndef APP_SERVE_SANDBOX_H
#define APP_SERVE_SANDBOX_H

#include "app/serve_options.h"
#include "base/text.h"
#include "book/session.h"
#include "http/listen.h"

struct serve_needs {
	const struct serve_options *options;
	const struct session *session; /* its book is open */
	const struct listening *listening;
	unsigned n_listening;
};

/*
 * To be called when all is open and there is one thread.  `ret_missing`: a line for each
 * protection that this kernel does not have.
 * Errors: see sandbox_enter
 */
MUST_CHECK bool serve_enclose(const struct serve_needs *n, struct text *ret_missing,
			      struct err *err);

/* Of a program that is about to open the book: what SQLite puts aside stays beside it. */
MUST_CHECK bool serve_prepare_folder(const struct session *s, struct err *err);

#endif
