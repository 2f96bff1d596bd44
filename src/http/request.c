#include "http/request.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "http/events.h"

static const char *const methods[HTTP_METHOD_COUNT] = {
	[HTTP_GET] = "GET",	[HTTP_POST] = "POST",	  [HTTP_PUT] = "PUT",
	[HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE",
};

static const char *const headers[HTTP_HEADER_COUNT] = {
	[HEADER_ACCEPT] = "Accept",
	[HEADER_HOST] = "Host",
	[HEADER_ORIGIN] = "Origin",
	[HEADER_AUTHORIZATION] = "Authorization",
	[HEADER_FORWARDED] = "Forwarded",
	[HEADER_FORWARDED_FOR] = "X-Forwarded-For",
	[HEADER_FETCH_SITE] = "Sec-Fetch-Site",
	[HEADER_CONTENT_TYPE] = "Content-Type",
	[HEADER_CONTENT_LENGTH] = "Content-Length",
	[HEADER_TRANSFER_ENCODING] = "Transfer-Encoding",
	[HEADER_IF_MATCH] = "If-Match",
	[HEADER_IF_NONE_MATCH] = "If-None-Match",
	[HEADER_IDEMPOTENCY_KEY] = "Idempotency-Key",
	[HEADER_LAST_EVENT_ID] = "Last-Event-ID",
	[HEADER_MCP_VERSION] = "MCP-Protocol-Version",
	[HEADER_MCP_METHOD] = "Mcp-Method",
	[HEADER_MCP_NAME] = "Mcp-Name",
};

enum http_method http_method_of(const char *name)
{
	if (!strcmp(name, "HEAD"))
		return HTTP_GET;
	for (unsigned i = 0; i < HTTP_METHOD_COUNT; i++)
		if (!strcmp(methods[i], name))
			return (enum http_method)i;
	return HTTP_OTHER;
}

const char *http_method_name(enum http_method m)
{
	assert(m < HTTP_METHOD_COUNT);
	return methods[m];
}

const char *http_header_name(enum http_header h)
{
	return headers[h];
}

void http_headers_add(struct http_headers *h, const char *name, const char *value)
{
	for (unsigned i = 0; i < HTTP_HEADER_COUNT; i++)
		if (!strcasecmp(headers[i], name)) {
			if (!h->count[i]++)
				h->value[i] = value;
			return;
		}
}

void http_reply_add(struct http_reply *r, const char *name, const char *format, ...)
{
	struct http_field *f = &r->fields[r->n_fields];
	va_list args;
	int len;

	if (r->n_fields == REPLY_FIELDS)
		return;
	va_start(args, format);
	len = vsnprintf(f->value, sizeof(f->value), format, args);
	va_end(args);
	f->name = name;
	r->n_fields += len >= 0 && len < (int)sizeof(f->value);
}

const char *http_reply_field(const struct http_reply *r, const char *name)
{
	for (unsigned i = 0; i < r->n_fields; i++)
		if (!strcmp(r->fields[i].name, name))
			return r->fields[i].value;
	return NULL;
}

void http_reply_release(struct http_reply *r)
{
	text_release(&r->body);
	stream_free(r->stream);
	*r = (struct http_reply){ 0 };
}

bool http_reply_json(struct http_reply *r, unsigned status, const json_t *value)
{
	text_clear(&r->body);
	text_add_json(&r->body, value, JSON_COMPACT);
	text_add(&r->body, "\n");
	r->status = status;
	r->type = "application/json";
	return text_ok(&r->body);
}
