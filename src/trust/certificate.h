/*
 * trust/certificate.h - a certificate and its key, for who talks TLS.
 */
#ifndef TRUST_CERTIFICATE_H
#define TRUST_CERTIFICATE_H

#include <stdbool.h>

#include "base/err.h"

struct certificate;

/*
 * PEM: the server's own first, then those that vouch for it; and its key, without a password.
 * Errors, each with the file's name:
 *	ERR_NOT_FOUND, ERR_IO
 *	ERR_INVALID  it is no such thing, or the key is another's
 */
MUST_CHECK bool certificate_read(const char *file, const char *key_file, struct certificate **ret,
				 struct err *err);

/* The same files anew. */
MUST_CHECK bool certificate_read_again(const struct certificate *c, struct certificate **ret,
				       struct err *err);

/* NULL is fine. */
void certificate_free(struct certificate *c);

/* The PEM of both. */
const char *certificate_chain(const struct certificate *c);
const char *certificate_key(const struct certificate *c);

/* What its owner should know: others may read the key, it is no longer good; NULL: nothing. */
const char *certificate_warning(const struct certificate *c);

/* Is it for a server of this name, or address? */
bool certificate_names(const struct certificate *c, const char *host);

#endif
