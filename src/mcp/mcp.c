/*
 * One message: from its bytes to a request, and from a method's result to bytes.
 * What can be done is in methods.c.
 */
#include "mcp/mcp.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "mcp/own.h"

/* Rationale: a client that sends more at once means to keep the server busy. */
#define BATCH_MAX 100

struct mcp *mcp_new(const struct mcp_catalogue *catalogue, const struct mcp_book *book)
{
	struct mcp *m = calloc(1, sizeof(*m));

	if (m) {
		m->catalogue = catalogue;
		m->book = *book;
	}
	return m;
}

void mcp_free(struct mcp *m)
{
	if (!m)
		return;
	json_decref(m->tools);
	free(m);
}

void mcp_link_release(struct mcp_link *l)
{
	json_decref(l->own.capabilities);
	json_decref(l->own.watched);
	free(l->own.root);
	memset(&l->own, 0, sizeof(l->own));
}

void mcp_subscription_free(struct mcp_subscription *s)
{
	if (!s)
		return;
	json_decref(s->id);
	json_decref(s->uris);
	free(s);
}

void mcp_reply_release(struct mcp_reply *r)
{
	text_release(&r->text);
	mcp_subscription_free(r->subscription);
	r->subscription = NULL;
}

json_t *mcp_server_info(const struct mcp *m)
{
	return json_pack("{s:s, s:s, s:s}", "name", m->catalogue->name, "title",
			 m->catalogue->title, "version", PORTBOOK_VERSION);
}

/* Refusing. */

PRINTF_LIKE(5, 0)
static void set_refusal(struct mcp_request *q, unsigned http_status, int code, json_t *data,
			const char *format, va_list args)
{
	json_decref(q->refusal.data);
	q->refusal.http_status = http_status;
	q->refusal.code = code;
	q->refusal.data = data;
	vsnprintf(q->refusal.text, sizeof(q->refusal.text), format, args);
	utf8_repair(q->refusal.text);
}

bool(mcp_reject)(struct mcp_request *q, unsigned http_status, enum mcp_code code, json_t *data,
		 const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set_refusal(q, http_status, code, data, format, args);
	va_end(args);
	return false;
}

/* "For HTTP, the response status code MUST be 400": of a capability, wherever it is missed. */
bool(mcp_refuse)(struct mcp_request *q, enum mcp_code code, json_t *data, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set_refusal(q, code == MCP_MISSING_CAPABILITY ? 400 : 200, code, data, format, args);
	va_end(args);
	return false;
}

/* Answers. */

/* Takes `value`.  An answer to what had no id that could be read has null. */
static json_t *answer_with(const json_t *id, const char *member, json_t *value)
{
	return json_pack("{s:s, s:O, s:o}", "jsonrpc", "2.0", "id", id ? id : json_null(), member,
			 value);
}

static json_t *refusal_json(const struct mcp_request *q)
{
	json_t *error = json_pack("{s:i, s:s}", "code", q->refusal.code, "message",
				  q->refusal.text);

	if (error && q->refusal.data && json_object_set(error, "data", q->refusal.data) < 0) {
		json_decref(error);
		return NULL;
	}
	return error;
}

/* What an earlier revision has no place for is left out there. */
static bool complete_result(const struct mcp_request *q, json_t *result)
{
	json_t *meta = json_object_get(result, "_meta");

	if (!q->revision->is_modern)
		return true;
	if (!json_object_get(result, "resultType") &&
	    !json_put(result, "resultType", json_string("complete")))
		return false;
	if (meta)
		return json_put(meta, META_SERVER, mcp_server_info(q->mcp));
	return json_put(result, "_meta", json_pack("{s:o}", META_SERVER, mcp_server_info(q->mcp)));
}

static bool answer_refusal(const struct mcp_request *q, struct mcp_reply *reply, json_t **ret,
			   struct err *err)
{
	*ret = answer_with(q->id, "error", refusal_json(q));
	reply->http_status = q->refusal.http_status;
	return *ret || fail_memory(err);
}

static bool answer_request(struct mcp_request *q, struct mcp_reply *reply, json_t **ret,
			   struct err *err)
{
	CLEANUP(json_cleanup) json_t *result = NULL;
	struct err why = { 0 };

	if (revision_find(q) && asking_run(q, &reply->asks, &result, &why)) {
		if (reply->asks)
			return true;
		/* Who listens is answered when it ends. */
		reply->subscription = q->subscription;
		q->subscription = NULL;
		if (reply->subscription)
			return true;
		if (!complete_result(q, result))
			return fail_memory(err);
		*ret = answer_with(q->id, "result", json_incref(result));
		return *ret || fail_memory(err);
	}
	reply->is_cancelled = q->is_cancelled;
	if (q->is_cancelled)
		return true;
	if (!q->refusal.code && why.code == ERR_MEMORY)
		return fail_memory(err);
	if (!q->refusal.code)
		(void)mcp_refuse(q, MCP_INTERNAL_ERROR, NULL, "%s", why.text);
	return answer_refusal(q, reply, ret, err);
}

/* Messages. */

static bool is_id(const json_t *id)
{
	return json_is_string(id) || json_is_number(id);
}

/* A client's answer to what it was asked: the transport that asked takes those it waits for. */
static bool is_response(const json_t *message)
{
	return !json_object_get(message, "method") &&
	       (json_object_get(message, "result") || json_object_get(message, "error"));
}

static bool read_request(struct mcp_request *q, const json_t *message)
{
	const json_t *id = json_object_get(message, "id");
	const char *version = json_text_of(message, "jsonrpc");
	const json_t *params = json_object_get(message, "params");

	if (!json_is_object(message))
		return mcp_reject(q, 400, MCP_INVALID_REQUEST, NULL, "a message is an object");
	if (id && !is_id(id))
		return mcp_reject(q, 400, MCP_INVALID_REQUEST, NULL, "an id is a text or a number");
	q->id = id;
	q->method = json_text_of(message, "method");
	if (!version || strcmp(version, "2.0") != 0 || !q->method)
		return mcp_reject(q, 400, MCP_INVALID_REQUEST, NULL,
				  "a message has \"jsonrpc\": \"2.0\" and a method");
	if (params && !json_is_object(params))
		return mcp_reject(q, 400, MCP_INVALID_REQUEST, NULL, "params are an object");
	q->params = params;
	q->meta = json_object_get(params, "_meta");
	return true;
}

static void request_release(struct mcp_request *q)
{
	json_decref(q->refusal.data);
	mcp_subscription_free(q->subscription);
}

static bool handle_one(struct mcp *m, struct mcp_link *link, const json_t *message,
		       struct mcp_reply *reply, json_t **ret, struct err *err)
{
	CLEANUP(request_release) struct mcp_request q = { .mcp = m, .link = link };

	reply->http_status = 200;
	if (json_is_object(message) && is_response(message)) {
		if (link->respond)
			link->respond(link, message);
		reply->http_status = 202;
		return true;
	}
	if (!read_request(&q, message))
		return answer_refusal(&q, reply, ret, err);
	if (q.id)
		return answer_request(&q, reply, ret, err);
	reply->http_status = 202;
	if (!revision_find(&q))
		return answer_refusal(&q, reply, ret, err);
	notification_take(&q);
	return true;
}

static bool may_batch(struct mcp_link *link)
{
	struct mcp_request q = { .link = link, .method = "" };

	/* Where the header names no revision that is known, each message is refused for that. */
	if (!revision_find(&q)) {
		request_release(&q);
		return false;
	}
	return q.revision->has_batches;
}

/* Of a batch: what comes next is not even begun. */
static bool is_unwanted(struct mcp_link *link)
{
	return link->is_cancelled && link->is_cancelled(link);
}

static bool handle_each(struct mcp *m, struct mcp_link *link, const json_t *batch,
			struct mcp_reply *reply, json_t **ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answers = json_array();
	size_t i;
	json_t *message;

	json_array_foreach(json_walked(batch), i, message) {
		CLEANUP(json_cleanup) json_t *answer = NULL;

		if (is_unwanted(link)) {
			reply->is_cancelled = true;
			return true;
		}
		if (!handle_one(m, link, message, reply, &answer, err))
			return false;
		mcp_subscription_free(reply->subscription);
		reply->subscription = NULL;
		if (answer && !json_append(answers, json_incref(answer)))
			return fail_memory(err);
	}
	reply->is_cancelled = false;
	reply->http_status = json_array_size(answers) ? 200 : 202;
	if (json_array_size(answers))
		*ret = json_incref(answers);
	return true;
}

/* What has run would run again, were the batch handled anew with what its client answers. */
static bool handle_batch(struct mcp *m, struct mcp_link *link, const json_t *batch,
			 struct mcp_reply *reply, json_t **ret, struct err *err)
{
	struct mcp_asking *asking = link->asking;
	bool ok;

	link->asking = NULL;
	ok = handle_each(m, link, batch, reply, ret, err);
	link->asking = asking;
	return ok;
}

static bool handle_json(struct mcp *m, struct mcp_link *link, const json_t *message,
			struct mcp_reply *reply, json_t **ret, struct err *err)
{
	CLEANUP(request_release) struct mcp_request q = { .mcp = m, .link = link };
	size_t count = json_array_size(message);

	if (!json_is_array(message))
		return handle_one(m, link, message, reply, ret, err);
	if (count && count <= BATCH_MAX && may_batch(link))
		return handle_batch(m, link, message, reply, ret, err);
	(void)mcp_reject(&q, 400, MCP_INVALID_REQUEST, NULL,
			 count > BATCH_MAX ? "a batch has at most %d messages"
					   : "this is one message a time",
			 BATCH_MAX);
	return answer_refusal(&q, reply, ret, err);
}

static bool handle_bytes(struct mcp *m, struct mcp_link *link, const char *bytes, size_t len,
			 struct mcp_reply *reply, json_t **ret, struct err *err)
{
	CLEANUP(request_release) struct mcp_request q = { .mcp = m, .link = link };
	CLEANUP(json_cleanup) json_t *message = NULL;
	struct err why = { 0 };

	if (len > MCP_MESSAGE_MAX)
		(void)mcp_reject(&q, 400, MCP_INVALID_REQUEST, NULL,
				 "a message has at most %u bytes", MCP_MESSAGE_MAX);
	else if (json_parse(bytes, len, &message, &why))
		return handle_json(m, link, message, reply, ret, err);
	else if (why.code == ERR_MEMORY)
		return fail_memory(err);
	else
		(void)mcp_reject(&q, 400, MCP_PARSE_ERROR, NULL, "%s", why.text);
	return answer_refusal(&q, reply, ret, err);
}

bool mcp_handle(struct mcp *m, struct mcp_link *link, const char *bytes, size_t len,
		struct mcp_reply *ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;

	*ret = (struct mcp_reply){ 0 };
	if (!handle_bytes(m, link, bytes, len, ret, &answer, err))
		return false;
	if (answer)
		text_add_json(&ret->text, answer, JSON_COMPACT);
	return text_ok(&ret->text) || fail_memory(err);
}
