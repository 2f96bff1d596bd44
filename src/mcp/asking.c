/*
 * What a request requires of its client.  From 2026-07-28 on an answer says so, and the client sends
 * the request again with it.  Up to 2025-11-25 the server asks, by requests of its own, while the
 * client waits; then the request is run again here, as if the client had sent it so.  What is
 * required is thereby written once, and nothing is held while a client thinks.
 */
#include <string.h>

#include "mcp/own.h"

/* Rationale: a form of some pages; who asks without end gets nowhere. */
#define ROUNDS_MAX 16

static const struct {
	const char *method, *capability;
} askable[] = {
	{ "elicitation/create", "elicitation" },
	{ "roots/list", "roots" },
	{ "sampling/createMessage", "sampling" },
};

void mcp_asking_release(struct mcp_asking *a)
{
	json_decref(a->asked);
	json_decref(a->responses);
	json_decref(a->state);
	*a = (struct mcp_asking){ 0 };
}

static bool requires_input(const json_t *result)
{
	const char *type = json_text_of(result, "resultType");

	return type && !strcmp(type, "input_required");
}

/* By HTTP what a client can was said in another request, so it refuses by itself. */
static bool may_ask(const struct mcp_request *q, const json_t *request)
{
	const char *method = json_text_of(request, "method");

	for (size_t i = 0; method && i < ARRAY_LEN(askable); i++)
		if (!strcmp(askable[i].method, method))
			return q->link->transport == MCP_HTTP ||
			       mcp_client_has(q, askable[i].capability);
	return false;
}

/* As a client of 2026-07-28 would have sent it. */
static bool run_answered(struct mcp_request *q, const struct mcp_asking *a, json_t **ret,
			 struct err *err)
{
	const json_t *sent = q->params;
	CLEANUP(json_cleanup) json_t *params = NULL;
	bool ok;

	if (!a->responses)
		return method_run(q, ret, err);
	params = sent ? json_copy(json_walked(sent)) : json_object();
	if (!json_put(params, "inputResponses", json_incref(a->responses)) ||
	    (a->state && !json_put(params, "requestState", json_incref(a->state))))
		return fail_memory(err);
	q->params = params;
	ok = method_run(q, ret, err);
	q->params = sent;
	return ok;
}

/* Of those that were not answered in the round before, none is asked again. */
static bool add_question(struct mcp_request *q, const struct mcp_asking *before, const char *name,
			 json_t *request, struct mcp_asking *next, struct err *err)
{
	if (json_is_null(json_object_get(before->responses, name)))
		return mcp_refuse(q, MCP_INTERNAL_ERROR, NULL,
				  "the client was asked for '%.80s' (%s), and has not answered",
				  name, json_text_of(request, "method"));
	return (json_put(next->responses, name, json_null()) &&
		(!may_ask(q, request) || json_put(next->asked, name, json_incref(request)))) ||
	       fail_memory(err);
}

static bool add_questions(struct mcp_request *q, const struct mcp_asking *before,
			  const json_t *requests, struct mcp_asking *next, struct err *err)
{
	const char *name;
	json_t *request;

	if (!next->asked || !next->responses)
		return fail_memory(err);
	json_object_foreach(json_walked(requests), name, request)
		if (!add_question(q, before, name, request, next, err))
			return false;
	return true;
}

static bool begin_round(struct mcp_request *q, struct mcp_asking *a, const json_t *result,
			struct err *err)
{
	CLEANUP(mcp_asking_release)
	struct mcp_asking next = {
		.asked = json_object(),
		.responses = json_object(),
		.state = json_incref(json_object_get(result, "requestState")),
		.rounds = a->rounds + 1,
	};

	if (a->rounds == ROUNDS_MAX)
		return mcp_refuse(q, MCP_INTERNAL_ERROR, NULL,
				  "the client was asked %d times, and is asked no more",
				  ROUNDS_MAX);
	if (!add_questions(q, a, json_object_get(result, "inputRequests"), &next, err))
		return false;
	mcp_asking_release(a);
	*a = next;
	next = (struct mcp_asking){ 0 };
	return true;
}

/* One after the other; nobody else is answered meanwhile. */
static bool ask_now(struct mcp_link *l, const struct mcp_asking *a, struct err *err)
{
	const char *name;
	json_t *request, *response;

	json_object_foreach(a->asked, name, request) {
		const json_t *params = json_object_get(request, "params");

		if (l->ask && l->ask(l, json_text_of(request, "method"), params, &response, NULL) &&
		    !json_put(a->responses, name, response))
			return fail_memory(err);
	}
	return true;
}

bool asking_run(struct mcp_request *q, bool *ret_waits, json_t **ret, struct err *err)
{
	CLEANUP(mcp_asking_release) struct mcp_asking own = { 0 };
	struct mcp_asking *a = q->link->asking ? q->link->asking : &own;

	for (*ret_waits = false; !*ret_waits;) {
		CLEANUP(json_cleanup) json_t *result = NULL;

		if (!run_answered(q, a, &result, err))
			return false;
		if (q->revision->is_modern || !requires_input(result)) {
			*ret = json_incref(result);
			return true;
		}
		if (!begin_round(q, a, result, err))
			return false;
		*ret_waits = q->link->asking && json_object_size(a->asked);
		if (!*ret_waits && !ask_now(q->link, a, err))
			return false;
	}
	return true;
}
