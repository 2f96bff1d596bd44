/*
 * trust/tokens.h - the tokens that are good now: a file that is read again when it has changed.
 */
#ifndef TRUST_TOKENS_H
#define TRUST_TOKENS_H

#include "trust/token_file.h"

struct tokens;

/*
 * Errors: ERR_NOT_FOUND, ERR_INVALID (file:line), ERR_IO, ERR_MEMORY
 *         ERR_NOT_PERMITTED  others than its owner may write it, and so give themselves a token
 */
MUST_CHECK bool tokens_open(const char *path, struct tokens **ret, struct err *err);

/* NULL is fine. */
void tokens_free(struct tokens *t);

/*
 * The token that was sent; `*ret` NULL: it is none of ours.  It stays until the next call.
 * Where the file has changed, it is read first.
 * Errors: those of tokens_open: then no token is good, as nobody knows which were taken away.
 */
MUST_CHECK bool tokens_find(struct tokens *t, const char *text, const struct token **ret,
			    struct err *err);

/* Is there one with this digest?  As tokens_find. */
MUST_CHECK bool tokens_have(struct tokens *t, const unsigned char digest[static DIGEST_SIZE],
			    bool *ret, struct err *err);

const char *tokens_path(const struct tokens *t);

#endif
