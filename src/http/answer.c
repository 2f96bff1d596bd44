#include "http/answer.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "http/problem.h"
#include "operations/operation.h"

/* Source: FNV-1a, 64 bits.  It tells states of one resource apart, and keeps no secret. */
static uint64_t hash_of(const char *bytes, size_t len)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
	return hash;
}

const char *state_tag(const struct text *body, char ret[static STATE_TAG_SIZE])
{
	snprintf(ret, STATE_TAG_SIZE, "\"%016" PRIx64 "\"", hash_of(text_str(body), body->len));
	return ret;
}

/* "*", or the tag among others: RFC 9110 section 13.1. */
bool state_is_named(const char *condition, const char *tag)
{
	return !strcmp(condition, "*") || strstr(condition, tag);
}

/* What If-None-Match names is not sent again. */
static void add_tag(struct http_reply *reply, const char *if_none_match)
{
	char tag[STATE_TAG_SIZE];

	http_reply_add(reply, "ETag", "%s", state_tag(&reply->body, tag));
	if (state_is_named(if_none_match, tag)) {
		text_clear(&reply->body);
		reply->status = 304;
		reply->type = NULL;
	}
}

static bool made_something(const struct route *route, const json_t *answer)
{
	const json_t *created = json_object_get(answer, "created");

	return route->created_at && !json_is_false(created);
}

static void add_location(const struct route *route, const json_t *answer, struct http_reply *reply)
{
	CLEANUP(text_release) struct text where = { 0 };

	if (route_location(route, answer, &where))
		http_reply_add(reply, "Location", "%s", text_str(&where));
}

/* "Percent-encoding" of all but "unreserved characters": RFC 3986 sections 2.1 and 2.3. */
static void add_encoded(struct text *t, const char *value)
{
	for (; *value; value++)
		if (isalnum((unsigned char)*value) || strchr("-._~", *value))
			text_addf(t, "%c", *value);
		else
			text_addf(t, "%%%02X", (unsigned char)*value);
}

/* What was asked for besides the page. */
static void add_query(struct text *t, const json_t *query)
{
	const char *name;
	json_t *value;

	json_object_foreach(json_walked(query), name, value) {
		if (!strcmp(name, "after") || !strcmp(name, "limit"))
			continue;
		text_addf(t, "&%s=", name);
		add_encoded(t, json_string_value(value));
	}
}

/* Where the next page of a list is: RFC 8288. */
static void add_next(const struct api_call *c, struct http_reply *reply)
{
	CLEANUP(text_release) struct text query = { 0 };
	int64_t next = json_int_of(c->queued.answer, "next", 0);

	if (next <= 0 || c->route->method != HTTP_GET)
		return;
	text_addf(&query, "after=%" PRId64 "&limit=%" PRId64, next,
		  json_int_of(c->queued.input, "limit", 1000));
	add_query(&query, c->query);
	if (text_ok(&query))
		http_reply_add(reply, "Link", "<?%s>; rel=\"next\"", text_str(&query));
}

bool answer_is_there(const struct route *route, const json_t *input, const json_t *answer,
		     struct err *err)
{
	if (!route->shows_one || json_array_size(json_object_get(answer, "ports")))
		return true;
	fail(err, ERR_NOT_FOUND, "no such port of %s/%s is entered",
	     json_text_of(input, "projectName"), json_text_of(input, "serviceName"));
	return fail_hint(err, "PUT to this path enters one");
}

void answer_reply(const struct api_call *c, struct http_reply *reply)
{
	const json_t *answer = c->queued.answer;
	bool made = made_something(c->route, answer);
	struct err err = { 0 };

	if (!http_reply_json(reply, made ? 201 : 200, answer)) {
		fail_memory(&err);
		problem_reply(reply, &err, NULL);
		return;
	}
	if (made)
		add_location(c->route, answer, reply);
	add_next(c, reply);
	if (c->route->method == HTTP_GET)
		add_tag(reply, c->if_none_match);
}

void answer_reply_error(const struct api_call *c, struct http_reply *reply)
{
	const struct err *err = &c->queued.err;

	if (!c->route->is_old) {
		problem_reply(reply, err, c->queued.answer);
		return;
	}
	CLEANUP(json_cleanup) json_t *error = operation_error(err);

	if (!error || !http_reply_json(reply, problem_status(err->code), error))
		problem_reply(reply, err, NULL);
}
