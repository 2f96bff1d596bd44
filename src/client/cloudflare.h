/*
 * client/cloudflare.h - the configuration that Cloudflare keeps for a tunnel, and DNS records.
 *
 * Source: Cloudflare's API, v4: accounts/{account}/cfd_tunnel/{tunnel}/configurations,
 * zones, zones/{zone}/dns_records.  It answers {success, errors: [{code, message}], result}.
 */
#ifndef CLIENT_CLOUDFLARE_H
#define CLIENT_CLOUDFLARE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/json.h"

struct cloudflare {
	const char *base;  /* "https://api.cloudflare.com/client/v4" */
	const char *token; /* never shown */
	const char *account, *tunnel;
};

/*
 * `base`: CLOUDFLARE_API_BASE_URL, else Cloudflare's; `token`: CLOUDFLARE_API_TOKEN.
 * Errors: ERR_NOT_PERMITTED  there is no token
 *         ERR_INVALID  an account or a tunnel that cannot be one; a base without encryption
 */
MUST_CHECK bool cloudflare_open(const char *account, const char *tunnel, struct cloudflare *ret,
				struct err *err);

/*
 * Errors, here and below:
 *   ERR_NOT_PERMITTED  the token may not do that
 *   ERR_NOT_FOUND      there is no such tunnel or zone
 *   ERR_IO             nobody answers, or not what the API would; the text is what it said
 */

/* What it keeps now. */
struct cloudflare_config {
	json_t *config;	 /* {"ingress": [...], ...} */
	int64_t version; /* -1: it does not say */
	bool is_local;	 /* it is configured by a file beside it, and not here */
};
MUST_CHECK bool cloudflare_get(const struct cloudflare *c, struct cloudflare_config *ret,
			       struct err *err);

/* For CLEANUP. */
void cloudflare_config_release(struct cloudflare_config *c);

/*
 * Put another in the place of `was`, which was read before.
 * Errors: ERR_BUSY  it was changed in between: nothing was put, or (the text says so) both were
 */
MUST_CHECK bool cloudflare_put(const struct cloudflare *c, const struct cloudflare_config *was,
			       const json_t *config, struct err *err);

enum cloudflare_record {
	RECORD_MADE,
	RECORD_THERE,  /* it led to the tunnel already */
	RECORD_OTHERS, /* the name is somebody else's, and was left alone */
	RECORD_MISSING /* there is none, and none was to be made */
};

/*
 * The record that leads a hostname to the tunnel: made where there is none and `makes`.
 * `*ret_other`, to be freed: of RECORD_OTHERS, what it is ("A 192.0.2.1").
 */
MUST_CHECK bool cloudflare_record(const struct cloudflare *c, const char *hostname, bool makes,
				  enum cloudflare_record *ret, char **ret_other, struct err *err);

#endif
