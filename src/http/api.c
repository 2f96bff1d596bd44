#include "http/api.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "http/allowed.h"
#include "http/answer.h"
#include "http/pages.h"
#include "http/problem.h"
#include "operations/operation.h"

/* Which route. */

static void refuse(struct http_reply *reply, unsigned status, enum err_code code, const char *text)
{
	struct err err = { 0 };

	fail(&err, code, "%s", text);
	problem_reply_as(reply, status, &err);
}

/* Any operation by its name, for another portbook: see client/client.h. */
static const struct route any_operation = {
	.method = HTTP_POST,
	.path = "",
	.is_old = true,
	.is_large = true,
};

static const struct operation *operation_at(const struct target *t)
{
	static const char *const path[] = { "api", "v1", "operations" };

	for (unsigned i = 0; i < ARRAY_LEN(path); i++)
		if (t->count != ARRAY_LEN(path) + 1 || strcmp(t->segments[i], path[i]) != 0)
			return NULL;
	return operation_named(t->segments[ARRAY_LEN(path)]);
}

static bool is_any_operation(const struct http_request *r)
{
	return r->method == HTTP_POST && operation_at(r->target);
}

/*
 * Some of them read folders that they are told (folder_fields): not for who has not proved to be
 * somebody, as another user of this machine may be there.
 */
static void keep_folders(struct http_request *r)
{
	struct http_caller *c = &r->caller;

	if (r->route != &any_operation || r->peer->is_unix || c->has_token)
		return;
	c->own.names_no_folders = true;
	c->rights = &c->own;
}

static void refuse_method(const struct target *t, struct http_reply *reply)
{
	CLEANUP(text_release) struct text methods = { 0 };
	CLEANUP(text_release) struct text said = { 0 };

	route_methods(t, &methods);
	if (page_at(t))
		text_add(&methods, http_method_name(page_at(t)->method));
	text_addf(&said, "this path takes another method: %s", text_str(&methods));
	refuse(reply, 405, ERR_INVALID, text_str(&said));
	http_reply_add(reply, "Allow", "%s", text_str(&methods));
}

/* NULL: there is none, and the reply says so, or it is a page. */
static const struct route *find_route(const struct http_request *r, struct http_reply *reply)
{
	bool known;
	const struct route *route = route_find(r->method, r->target, &known);

	if (route)
		return route;
	if (is_any_operation(r))
		return &any_operation;
	if (known || page_at(r->target))
		refuse_method(r->target, reply);
	else
		refuse(reply, 404, ERR_NOT_FOUND,
		       "there is nothing here; /api/v1/openapi.json "
		       "says what there is");
	return NULL;
}

/* A client that is asked for a token looks there for another way, and goes on when there is none. */
static bool is_well_known(const struct target *t)
{
	return t->count && !strcmp(t->segments[0], ".well-known");
}

static bool is_open(const struct http_request *r)
{
	return is_well_known(r->target) || (page_of(r) && page_of(r)->is_open);
}

static bool is_known(struct api *api, struct http_request *r, struct http_reply *reply)
{
	struct err err = { 0 };
	unsigned status;

	if (is_open(r) || access_check(&api->access, r, &status, &err))
		return true;
	problem_reply_as(reply, status, &err);
	if (status == 401)
		http_reply_add(reply, "WWW-Authenticate", "Bearer realm=\"portbook\"%s",
			       r->headers->value[HEADER_AUTHORIZATION] ? ", error=\"invalid_token\""
								       : "");
	return false;
}

/* Of one client, in a second; 0: any number. */
static unsigned rate_of(const struct api *api, const struct http_request *r)
{
	if (api->rate)
		return api->rate == LIMIT_NONE ? 0 : api->rate;
	return r->peer->is_far ? LIMIT_FAR_RATE : 0;
}

/* Who it is, if that is known by now; else where it comes from. */
static bool is_in_time(const struct api *api, const struct http_request *r,
		       struct http_reply *reply)
{
	const char *client = r->caller.client[0] ? r->caller.client : r->peer->client;
	unsigned rate = rate_of(api, r);
	struct err err = { 0 };
	int64_t wait_ms;

	if (!rate || clients_ask(api->clients, client, rate, r->now_ms, &wait_ms))
		return true;
	fail(&err, ERR_BUSY, "more than %u requests in a second", rate);
	fail_hint(&err, "come again when Retry-After says; a list, or the stream of events, saves "
			"many requests");
	http_reply_release(reply);
	problem_reply_as(reply, 429, &err);
	http_reply_add(reply, "Retry-After", "%lld", (long long)(wait_ms + 999) / 1000);
	return false;
}

/* What the path takes at most; false: it takes nothing so, and the reply says why. */
static bool find_body_max(struct http_request *r, size_t *ret, struct http_reply *reply)
{
	if (page_of(r)) {
		*ret = page_of(r)->show ? 0 : MCP_MESSAGE_MAX;
		return true;
	}
	r->route = find_route(r, reply);
	if (!r->route)
		return false;
	keep_folders(r);
	if (r->method != HTTP_GET)
		*ret = r->route->is_large ? LARGE_BODY_MAX : BODY_MAX;
	return true;
}

bool api_admit(struct api *api, struct http_request *r, size_t *ret_body_max,
	       struct http_reply *reply)
{
	struct err err = { 0 };
	unsigned status;
	bool known;

	*ret_body_max = 0;
	if (!guard_check(&api->guard, r, &status, &err)) {
		problem_reply_as(reply, status, &err);
		return false;
	}
	/* Who sends wrong tokens is counted, too. */
	known = is_known(api, r, reply);
	return is_in_time(api, r, reply) && known && find_body_max(r, ret_body_max, reply);
}

void api_refuse_large(struct http_reply *reply, size_t max)
{
	struct err err = { 0 };

	if (max)
		fail(&err, ERR_INVALID, "the body is longer than %zu bytes", max);
	else
		fail(&err, ERR_INVALID, "a GET has no body here");
	problem_reply_as(reply, max ? 413 : 400, &err);
}

/* Asking. */

static void note_call(const struct api *api, const struct api_call *c)
{
	if (c->queued.operation)
		metrics_note(api->metrics, c->queued.operation,
			     c->queued.ok ? ERR_NONE : c->queued.err.code,
			     clock_steady_us() - c->began_us);
}

static bool is_answered(struct api_call *c)
{
	struct queued *q = &c->queued;

	if (!q->ok || answer_is_there(c->route, q->input, q->answer, &q->err))
		return q->ok;
	json_decref(q->answer);
	q->answer = NULL;
	return false;
}

void api_finish(const struct api *api, struct api_call *c, struct http_reply *reply)
{
	note_call(api, c);
	if (c->is_other)
		problem_reply_as(reply, 412, &c->queued.err);
	else if (c->agents && c->queued.ok)
		agents_finish(c->agents, api->reads, reply);
	else if (c->agents)
		problem_reply(reply, &c->queued.err, NULL);
	else if (is_answered(c))
		answer_reply(c, reply);
	else
		answer_reply_error(c, reply);
}

static void ask_now(const struct api *api, struct api_call *c)
{
	const struct call_io io = { .actor = c->queued.actor, .rights = c->queued.rights };

	c->queued.ok = api->reads->call(api->reads->arg, c->queued.operation, c->queued.input, &io,
					&c->queued.answer, &c->queued.err);
}

/* A trial run reads, whatever the operation, but it takes the place of a writer. */
static bool is_read(const struct operation *op)
{
	return op->access != ACCESS_WRITE;
}

static void work_for_agents(struct queued *item, const struct transport *to)
{
	const struct api_call *c = (const struct api_call *)item;

	item->ok = agents_work(c->agents, item, &item->err);
}

static bool begin_page(const struct api *api, const struct http_request *r, struct api_call *c,
		       struct http_reply *reply)
{
	const struct page *page = page_of(r);

	if (page->show) {
		page->show(api, r, reply);
		return false;
	}
	c->agents = agents_begin(api->agents, r);
	c->queued.work = work_for_agents;
	if (c->agents)
		return true;
	fail_memory(&c->queued.err);
	problem_reply(reply, &c->queued.err, NULL);
	return false;
}

/* Is what would be changed still as who asks has seen it?  Nobody else writes meanwhile. */
static bool check_state(struct queued *item, const struct transport *to)
{
	struct api_call *c = (struct api_call *)item;
	CLEANUP(json_cleanup) json_t *answer = NULL;
	struct http_reply shown = { 0 };
	const struct call_io io = { .actor = item->actor };
	char tag[STATE_TAG_SIZE];
	bool same = to->call(to->arg, c->shown_by->operation, c->shown_input, &io, &answer,
			     &item->err) &&
		    answer_is_there(c->shown_by, c->shown_input, answer, &item->err) &&
		    http_reply_json(&shown, 200, answer) &&
		    state_is_named(c->if_match, state_tag(&shown.body, tag));

	http_reply_release(&shown);
	c->is_other = !same;
	if (same)
		return true;
	fail(&item->err, ERR_NOT_FREE, "it is not as If-Match says any more");
	return fail_hint(&item->err, "GET it again, and decide anew");
}

/* The state is what a GET of the same path shows. */
static bool take_condition(const struct http_request *r, struct api_call *c)
{
	struct http_request get = *r;
	bool known;

	c->if_match = r->method == HTTP_GET ? NULL : r->headers->value[HEADER_IF_MATCH];
	if (!c->if_match)
		return true;
	get.method = HTTP_GET;
	get.body_len = 0;
	c->shown_by = route_find(HTTP_GET, r->target, &known);
	c->queued.check = check_state;
	if (!c->shown_by)
		return fail(&c->queued.err, ERR_INVALID,
			    "what this path has shows no state, so it "
			    "takes no If-Match");
	return route_input(c->shown_by, operation_named(c->shown_by->operation), &get,
			   &c->shown_input, &c->queued.err);
}

/*
 * A portbook that asks for its user sends its directory each time; where it has no business here,
 * it is left out.
 */
static void drop_folders(const struct http_request *r, json_t *input)
{
	if (!r->caller.rights || !r->caller.rights->names_no_folders)
		return;
	for (unsigned i = 0; folder_fields[i]; i++)
		json_object_del(input, folder_fields[i]);
}

static bool take_input(const struct http_request *r, struct api_call *c)
{
	if (!route_input(c->route, c->op, r, &c->queued.input, &c->queued.err))
		return false;
	if (c->route == &any_operation)
		drop_folders(r, c->queued.input);
	return true;
}

/* What a GET is given without a condition, whoever asks: all may read. */
static bool may_remember(const struct api *api, const struct http_request *r)
{
	return api->remembered && api->reads && api->reads->state && r->method == HTTP_GET &&
	       r->line && !r->headers->value[HEADER_IF_NONE_MATCH];
}

/* Who may name folders is asked each time. */
static bool is_to_remember(const struct api_call *c, const struct http_reply *reply)
{
	for (unsigned i = 0; folder_fields[i]; i++)
		if (json_object_get(c->queued.input, folder_fields[i]))
			return false;
	return reply->status == 200 && c->op->is_of_book && c->op->is_of_book(c->queued.input);
}

/* The state is the one of before, so that what changes meanwhile is asked for again. */
static void reply_now(const struct api *api, const struct http_request *r, struct api_call *c,
		      struct http_reply *reply)
{
	struct book_state state;
	bool known = may_remember(api, r) && api->reads->state(api->reads->arg, &state);

	ask_now(api, c);
	api_finish(api, c, reply);
	if (known && is_to_remember(c, reply))
		remembered_add(api->remembered, r->line, &state, c->op->schema->name, reply);
}

static bool begin_route(const struct api *api, const struct http_request *r, struct api_call *c,
			struct http_reply *reply)
{
	const char *tag = r->headers->value[HEADER_IF_NONE_MATCH];

	c->op = c->route->operation ? operation_named(c->route->operation)
				    : operation_at(r->target);
	c->queued.operation = c->op->schema->name;
	c->query = r->target->query;
	c->queued.key = r->headers->value[HEADER_IDEMPOTENCY_KEY];
	snprintf(c->if_none_match, sizeof(c->if_none_match), "%s", tag ? tag : "");
	if (!take_input(r, c) || !take_condition(r, c))
		answer_reply_error(c, reply);
	else if (!api->reads || !is_read(c->op))
		return true;
	else
		reply_now(api, r, c, reply);
	return false;
}

static bool begin_remembered(const struct api *api, const struct http_request *r,
			     const struct api_call *c, struct http_reply *reply)
{
	struct book_state state;
	const char *operation;

	if (!may_remember(api, r) || !api->reads->state(api->reads->arg, &state))
		return false;
	operation = remembered_find(api->remembered, r->line, &state, reply);
	if (operation)
		metrics_note(api->metrics, operation, ERR_NONE, clock_steady_us() - c->began_us);
	return operation;
}

bool api_begin(const struct api *api, const struct http_request *r, struct api_call *c,
	       struct http_reply *reply)
{
	snprintf(c->queued.actor, sizeof(c->queued.actor), "%s", r->caller.name);
	c->queued.rights = r->caller.rights;
	c->began_us = clock_steady_us();
	if (begin_remembered(api, r, c, reply))
		return false;
	if (page_of(r))
		return begin_page(api, r, c, reply);
	c->route = r->route;
	return begin_route(api, r, c, reply);
}

void api_call_release(struct api_call *c)
{
	queued_release(&c->queued);
	agents_call_free(c->agents);
	json_decref(c->shown_input);
}
