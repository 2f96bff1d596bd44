/*
 * cli/git.h - running git: the one on PATH, as whoever calls portbook would.
 *
 * A hook's git says in its environment which repository it works on (GIT_DIR
 * and its like); ours finds it by the directory.
 */
#ifndef CLI_GIT_H
#define CLI_GIT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/text.h"

/*
 * Run git with these words, the last one NULL, and let it speak on stderr; with
 * `kept` what it says is added there instead.  Hooks of ours that it runs do nothing.
 * Errors: ERR_NOT_FOUND    there is no git
 *         ERR_INVALID      git refused: it has said why, or the error does
 *         ERR_INTERRUPTED  a signal ended it
 *         ERR_IO
 */
MUST_CHECK bool git_do(const char *const *words, struct text *kept, struct err *err);

/*
 * Ask git something: its stdout, without the line break at its end, is added to
 * `ret`, and its exit status is an answer; what it complains of is lost.
 * Errors: ERR_NOT_FOUND, ERR_INTERRUPTED, ERR_IO
 */
MUST_CHECK bool git_ask(const char *const *words, struct text *ret, int *ret_status,
			struct err *err);

#define GIT_WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

#endif
