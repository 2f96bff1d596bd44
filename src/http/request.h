/*
 * http/request.h - one request as it came, and the reply to it, whatever carried them.
 */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/caller.h"
#include "base/rights.h"
#include "base/text.h"
#include "http/clients.h"
#include "http/target.h"
#include "trust/digest.h"

enum http_method {
	HTTP_GET,
	HTTP_POST,
	HTTP_PUT,
	HTTP_PATCH,
	HTTP_DELETE,
	HTTP_OTHER,
};
#define HTTP_METHOD_COUNT 5 /* without HTTP_OTHER */

/* HEAD is a GET whose reply has no body, which is the carrier's business. */
enum http_method http_method_of(const char *name);
const char *http_method_name(enum http_method m);

/* The headers that mean something to us. */
enum http_header {
	HEADER_ACCEPT,
	HEADER_HOST,
	HEADER_ORIGIN,
	HEADER_AUTHORIZATION,
	HEADER_FORWARDED,
	HEADER_FORWARDED_FOR,
	HEADER_FETCH_SITE,
	HEADER_CONTENT_TYPE,
	HEADER_CONTENT_LENGTH,
	HEADER_TRANSFER_ENCODING,
	HEADER_IF_MATCH,
	HEADER_IF_NONE_MATCH,
	HEADER_IDEMPOTENCY_KEY,
	HEADER_LAST_EVENT_ID,
	HEADER_MCP_VERSION,
	HEADER_MCP_METHOD,
	HEADER_MCP_NAME,
};
#define HTTP_HEADER_COUNT 17
const char *http_header_name(enum http_header h);

struct http_headers {
	const char *value[HTTP_HEADER_COUNT]; /* the first one; NULL: none */
	unsigned count[HTTP_HEADER_COUNT];    /* how many there were */
};

/* Note one header, if it means something to us; the value has to stay. */
void http_headers_add(struct http_headers *h, const char *name, const char *value);

struct stream;

/* Who is at the other end. */
struct http_peer {
	bool is_unix;	 /* over a socket in the file system: then `uid` is known */
	bool is_near;	 /* over TCP: from this machine's loopback */
	bool is_far;	 /* by TLS: whom other machines reach, too */
	bool only_reads; /* by the book's file */
	uid_t uid;
	char name[CALLER_NAME_SIZE];   /* as the history has it: a user's name, or an address */
	char client[CLIENT_NAME_SIZE]; /* by which it is counted */
};

/* Who asks by this request: the peer, or a token that it has. */
struct http_caller {
	char name[CALLER_NAME_SIZE]; /* as the history has it */
	char client[CLIENT_NAME_SIZE];
	bool has_token;
	unsigned char digest[DIGEST_SIZE]; /* of that */
	const struct rights *rights;	   /* NULL: all */
	struct rights own;
};

struct route;

struct http_request {
	enum http_method method;
	const char *line; /* the target as it came */
	const struct target *target;
	const struct http_headers *headers;
	const struct http_peer *peer;
	struct http_caller caller; /* see http/access.h */
	const struct route *route; /* what it asks for, once it is admitted; NULL: a page */
	struct arena *arena;	   /* goes with the request */
	int64_t now_ms;		   /* monotonic: when its headers were there */
	const char *body;	   /* NULL: none */
	size_t body_len;
};

/* A header of ours that not every reply has. */
struct http_field {
	const char *name;
	char value[256];
};
#define REPLY_FIELDS 4

struct http_reply {
	unsigned status;
	const char *type; /* of the content; NULL: there is none */
	struct text body;
	struct http_field fields[REPLY_FIELDS];
	unsigned n_fields;
	struct stream *stream; /* instead of a body: http/events.h; NULL: none */
};

/* Add a header; one that is too long, or one too many, is left out. */
void http_reply_add(struct http_reply *r, const char *name, const char *format, ...)
	PRINTF_LIKE(3, 4);
const char *http_reply_field(const struct http_reply *r, const char *name);
void http_reply_release(struct http_reply *r);

/* Fill the reply with a value; false: there is no memory. */
MUST_CHECK bool http_reply_json(struct http_reply *r, unsigned status, const json_t *value);

#endif
