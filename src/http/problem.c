#include "http/problem.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "operations/operation.h"

/* clang-format off */
static const struct meaning {
	unsigned status;
	const char *title;
} meanings[] = {
	[ERR_NONE]		= { 200, "Done" },
	[ERR_INVALID]		= { 400, "Wrong use or input" },
	[ERR_NOT_FOUND]		= { 404, "Nothing has that name" },
	[ERR_NOTHING]		= { 404, "The state is already as asked" },
	[ERR_NOT_FREE]		= { 409, "The answer is no" },
	[ERR_TAKEN]		= { 409, "Another holds it" },
	[ERR_EXHAUSTED]		= { 409, "The range has no free port left" },
	[ERR_BOOK]		= { 500, "The book cannot be used" },
	[ERR_BUSY]		= { 503, "Others hold the book for too long" },
	[ERR_IO]		= { 500, "The system refused" },
	[ERR_MEMORY]		= { 503, "No memory" },
	[ERR_NOT_PERMITTED]	= { 403, "Not permitted" },
	[ERR_INTERRUPTED]	= { 503, "Told to end" },
};

static const struct {
	unsigned status;
	const char *title;
} own_titles[] = {
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 412, "Precondition Failed" },
	{ 413, "Content Too Large" },
	{ 415, "Unsupported Media Type" },
	{ 429, "Too Many Requests" },
	{ 503, "Service Unavailable" },
};
/* clang-format on */
static_assert(ARRAY_LEN(meanings) == ERR_CODE_COUNT, "an error code has no status");

unsigned problem_status(enum err_code code)
{
	return meanings[code].status;
}

const char *problem_title(enum err_code code)
{
	return meanings[code].title;
}

static const char *own_title(unsigned status)
{
	for (unsigned i = 0; i < ARRAY_LEN(own_titles); i++)
		if (own_titles[i].status == status)
			return own_titles[i].title;
	return "Error";
}

/* The members that every front-end has, by their names here. */
static bool put_error(json_t *problem, const struct err *err)
{
	CLEANUP(json_cleanup) json_t *said = operation_error(err);
	const json_t *error = json_object_get(said, "error"), *hint, *holder;

	if (!error)
		return false;
	hint = json_object_get(error, "hint");
	holder = json_object_get(error, "holder");
	return json_put_text(problem, "detail", json_text_of(error, "message")) &&
	       json_put_text(problem, "code", json_text_of(error, "code")) &&
	       (!hint || json_object_set(problem, "hint", json_walked(hint)) == 0) &&
	       (!holder || json_object_set(problem, "holder", json_walked(holder)) == 0);
}

/* What an operation that failed had to say besides: all but what is said here already. */
static bool put_refusal(json_t *problem, const json_t *refusal)
{
	const char *name;
	json_t *value;

	json_object_foreach(json_walked(refusal), name, value)
		if (strcmp(name, "success") != 0 && strcmp(name, "error") != 0 &&
		    !json_object_get(problem, name) && json_object_set(problem, name, value) != 0)
			return false;
	return true;
}

static void reply(struct http_reply *r, const char *type, const char *title, unsigned status,
		  const struct err *err, const json_t *refusal)
{
	CLEANUP(json_cleanup) json_t *problem = json_object();
	bool ok = problem && json_put_text(problem, "type", type) &&
		  json_put_text(problem, "title", title) &&
		  json_put_int(problem, "status", status) && put_error(problem, err) &&
		  (!refusal || put_refusal(problem, refusal)) &&
		  http_reply_json(r, status, problem);

	r->status = status;
	r->type = ok ? "application/problem+json" : NULL;
	if (!ok)
		text_clear(&r->body);
}

void problem_reply(struct http_reply *r, const struct err *err, const json_t *refusal)
{
	char type[64];

	snprintf(type, sizeof(type), "urn:portbook:error:%s", err_name(err->code));
	reply(r, type, problem_title(err->code), problem_status(err->code), err, refusal);
	if (err->code == ERR_BUSY || err->code == ERR_MEMORY)
		http_reply_add(r, "Retry-After", "1");
}

void problem_reply_as(struct http_reply *r, unsigned status, const struct err *err)
{
	reply(r, "about:blank", own_title(status), status, err, NULL);
}
