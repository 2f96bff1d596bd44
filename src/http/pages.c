#include "http/pages.h"

#include <string.h>

#include "http/events.h"
#include "http/openapi.h"
#include "http/problem.h"

static void reply_text(struct http_reply *reply, unsigned status, const char *text)
{
	text_clear(&reply->body);
	text_add(&reply->body, text);
	reply->status = status;
	reply->type = "text/plain; charset=utf-8";
}

static void healthz(const struct api *api, const struct http_request *r, struct http_reply *reply)
{
	reply_text(reply, 200, "ok\n");
}

/* Ready is who can ask the book. */
static void readyz(const struct api *api, const struct http_request *r, struct http_reply *reply)
{
	CLEANUP(json_cleanup) json_t *input = json_object(), *answer = NULL;
	const struct call_io io = { 0 };
	struct err err = { 0 };

	if (api->is_ending)
		reply_text(reply, 503, "ending\n");
	else if (!api->reads || (input && api->reads->call(api->reads->arg, "policy-show", input,
							   &io, &answer, &err)))
		reply_text(reply, 200, "ready\n");
	else
		problem_reply_as(reply, 503, &err);
}

static void openapi(const struct api *api, const struct http_request *r, struct http_reply *reply)
{
	CLEANUP(json_cleanup) json_t *document = openapi_document();
	struct err err = { 0 };

	if (document && http_reply_json(reply, 200, document))
		return;
	fail_memory(&err);
	problem_reply(reply, &err, NULL);
}

static void events(const struct api *api, const struct http_request *r, struct http_reply *reply)
{
	struct err err = { 0 };

	if (!api->reads)
		fail(&err, ERR_INVALID, "a book in memory has no stream of events");
	else if (stream_open(api->reads, r, &reply->stream, &err)) {
		reply->status = 200;
		reply->type = "text/event-stream";
		return;
	}
	problem_reply(reply, &err, NULL);
}

/* How the server fares is told also where the book cannot be read. */
static void metrics(const struct api *api, const struct http_request *r, struct http_reply *reply)
{
	CLEANUP(text_release) struct text book = { 0 };
	struct err err = { 0 };
	bool up = api->reads && metrics_add_book(api->metrics, api->reads, &book, &err);

	text_clear(&reply->body);
	metrics_add(api->metrics, &reply->body);
	text_addf(&reply->body,
		  "# HELP portbook_book_up The book could be read.\n"
		  "# TYPE portbook_book_up gauge\nportbook_book_up %d\n",
		  up);
	if (up)
		text_add(&reply->body, text_str(&book));
	reply->status = text_ok(&book) && text_ok(&reply->body) ? 200 : 503;
	reply->type = "text/plain; version=0.0.4; charset=utf-8";
}

static const struct page pages[] = {
	{ HTTP_GET, { "healthz" }, healthz, .is_open = true },
	{ HTTP_GET, { "readyz" }, readyz, .is_open = true },
	{ HTTP_GET, { "api", "v1", "events" }, events },
	{ HTTP_GET, { "api", "v1", "openapi.json" }, openapi },
	{ HTTP_GET, { "metrics" }, metrics },
	{ HTTP_POST, { "mcp" }, NULL },
};

const struct page *page_at(const struct target *t)
{
	for (unsigned i = 0; i < ARRAY_LEN(pages); i++) {
		const struct page *p = &pages[i];
		unsigned n = 0;

		while (n < t->count && p->segments[n] && !strcmp(p->segments[n], t->segments[n]))
			n++;
		if (n == t->count && !p->segments[n])
			return p;
	}
	return NULL;
}

const struct page *page_of(const struct http_request *r)
{
	const struct page *p = page_at(r->target);

	return p && p->method == r->method ? p : NULL;
}
