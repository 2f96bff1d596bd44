#include "http/guard.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/cursor.h"

/* Rationale: a name of DNS has at most 253. */
#define NAME_MOST 255

static const char *const loopback_names[] = { "localhost", "127.0.0.1", "[::1]", NULL };

/* "name:port" or "name"; an address of IPv6 is in brackets. */
static bool split_authority(const char *text, size_t *ret_len)
{
	size_t len = *text == '[' ? strcspn(text, "]") + 1 : strcspn(text, ":");
	uint16_t port;
	const char *at;

	if (!len || len > NAME_MOST || len > strlen(text))
		return false;
	at = text + len;
	if (eat_char(&at, ':') && !eat_port(&at, &port))
		return false;
	*ret_len = len;
	return eat_end(&at);
}

static bool is_listed(const char *name, size_t len, const char *const *names)
{
	for (; names && *names; names++)
		if (strlen(*names) == len && !strncasecmp(*names, name, len))
			return true;
	return false;
}

bool guard_is_loopback(const char *authority)
{
	size_t len;

	return split_authority(authority, &len) && is_listed(authority, len, loopback_names);
}

/* An address of IPv6 is without its brackets in a certificate. */
static bool is_certified(const struct guard *g, const char *name, size_t len)
{
	char text[NAME_MOST + 1];

	if (!g->is_certified)
		return false;
	if (*name == '[') {
		name++;
		len -= 2;
	}
	snprintf(text, sizeof(text), "%.*s", (int)len, name);
	return g->is_certified(g->arg, text);
}

static bool is_ours(const struct guard *g, const struct http_request *r, const char *authority)
{
	size_t len;

	return split_authority(authority, &len) &&
	       (is_listed(authority, len, loopback_names) || is_listed(authority, len, g->names) ||
		(r->peer->is_far && is_certified(g, authority, len)));
}

static bool refuse(unsigned *ret_status, unsigned status)
{
	*ret_status = status;
	return false;
}

/* Two of them, or two lengths: whoever stands between us may have read another request. */
static bool is_unambiguous(const struct http_headers *h, struct err *err)
{
	for (unsigned i = 0; i < HTTP_HEADER_COUNT; i++)
		if (h->count[i] > 1 && i != HEADER_FORWARDED && i != HEADER_FORWARDED_FOR)
			return fail(err, ERR_INVALID, "the header '%s' is there twice",
				    http_header_name((enum http_header)i));
	return !(h->value[HEADER_CONTENT_LENGTH] && h->value[HEADER_TRANSFER_ENCODING]) ||
	       fail(err, ERR_INVALID, "both Content-Length and Transfer-Encoding");
}

/* A socket in the file system no browser reaches, and its name says nothing. */
static bool is_host_ours(const struct guard *g, const struct http_request *r, struct err *err)
{
	const char *host = r->headers->value[HEADER_HOST];

	if (r->peer->is_unix || (host && is_ours(g, r, host)))
		return true;
	fail(err, ERR_NOT_PERMITTED, "'%.200s' is no name of this server", host ? host : "");
	return fail_hint(err,
			 "ask for localhost, 127.0.0.1 or a name of its certificate, or start it "
			 "with --name");
}

static bool is_origin_ours(const struct guard *g, const struct http_request *r, struct err *err)
{
	const char *origin = r->headers->value[HEADER_ORIGIN];
	const char *site = r->headers->value[HEADER_FETCH_SITE];
	const char *at = origin;

	if (site && !strcasecmp(site, "cross-site"))
		return fail(err, ERR_NOT_PERMITTED, "asked by a page of another site");
	if (!origin ||
	    ((eat_word(&at, "http://") || eat_word(&at, "https://")) && is_ours(g, r, at)))
		return true;
	return fail(err, ERR_NOT_PERMITTED, "a page of '%.200s' may not ask", origin);
}

/* "application/json", or with "; charset=utf-8". */
static bool is_json(const char *type)
{
	const size_t len = strlen("application/json");

	if (!type || strncasecmp(type, "application/json", len) != 0)
		return false;
	type += len + strspn(type + len, " \t");
	return !*type || *type == ';';
}

/* Without a body, too: only a request of this type needs leave from a page of another origin. */
static bool is_type_ours(const struct http_request *r, struct err *err)
{
	const char *type = r->headers->value[HEADER_CONTENT_TYPE];
	bool may_be_none = r->method == HTTP_GET || r->method == HTTP_DELETE;

	if (is_json(type) || (!type && may_be_none))
		return true;
	if (type)
		fail(err, ERR_INVALID, "the body has to be JSON, not '%.80s'", type);
	else
		fail(err, ERR_INVALID, "it is not said that the body is JSON");
	return fail_hint(err, "send the header Content-Type: application/json");
}

bool guard_check(const struct guard *g, const struct http_request *r, unsigned *ret_status,
		 struct err *err)
{
	if (!is_unambiguous(r->headers, err))
		return refuse(ret_status, 400);
	if (!is_host_ours(g, r, err) || !is_origin_ours(g, r, err))
		return refuse(ret_status, 403);
	return is_type_ours(r, err) || refuse(ret_status, 415);
}
