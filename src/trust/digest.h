/*
 * trust/digest.h - tokens as secrets: made of chance, kept as a digest.
 *
 * A token has 256 random bits, so nobody finds it by trying, and one SHA-256 keeps it as well as
 * what is made for passwords would.  libgnutls is loaded for the first digest: no other command
 * needs it, and loading it takes longer than a `get` does.
 */
#ifndef TRUST_DIGEST_H
#define TRUST_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define DIGEST_SIZE 32 /* SHA-256 */

#define TOKEN_PREFIX "portbook_" /* so that searches for secrets that leaked know it */
#define TOKEN_SIZE   (sizeof(TOKEN_PREFIX) + 64)

/* A new token.  Errors: ERR_IO  the system gives no chance */
MUST_CHECK bool token_make(char ret[static TOKEN_SIZE], struct err *err);

/* Errors: ERR_IO  this machine has no libgnutls */
MUST_CHECK bool digest_of(const char *text, size_t len, unsigned char ret[static DIGEST_SIZE],
			  struct err *err);

/* In a time that says nothing of where they differ. */
bool digest_same(const unsigned char a[static DIGEST_SIZE],
		 const unsigned char b[static DIGEST_SIZE]);

#endif
