/*
 * What goes to the client and is no answer: progress, messages for a log, changes.
 */
#include <stdlib.h>
#include <string.h>

#include "mcp/own.h"

bool mcp_notify(struct mcp_link *link, const char *method, json_t *params, struct err *err)
{
	CLEANUP(text_release) struct text t = { 0 };
	CLEANUP(json_cleanup)
	json_t *message = json_pack("{s:s, s:s, s:o}", "jsonrpc", "2.0", "method", method, "params",
				    params);

	if (!message)
		return fail_memory(err);
	if (!link->send)
		return true;
	text_add_json(&t, message, JSON_COMPACT);
	return text_ok(&t) ? link->send(link, text_str(&t), t.len, err) : fail_memory(err);
}

/* --- progress */

bool mcp_progress(struct mcp_request *q, uint64_t done, uint64_t total, const char *message,
		  struct err *err)
{
	json_t *token = json_object_get(q->meta, "progressToken");
	json_t *params;

	if (!json_is_string(token) && !json_is_number(token))
		return true;
	params = json_pack("{s:O, s:I}", "progressToken", token, "progress", (json_int_t)done);
	if (!params || (total && !json_put_int(params, "total", (int64_t)total)) ||
	    (message && !json_put_text(params, "message", message))) {
		json_decref(params);
		return fail_memory(err);
	}
	if (!mcp_notify(q->link, "notifications/progress", params, err))
		return false;
	if (q->link->hurry)
		q->link->hurry(q->link);
	return true;
}

/* --- messages for a log */

static const char *const log_levels[] = { "debug", "info",     "notice", "warning",
					  "error", "critical", "alert",	 "emergency" };

int log_level_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(log_levels); i++)
		if (!strcmp(log_levels[i], name))
			return (int)i;
	return -1;
}

/* The lowest that the client wants to see; -1: none. */
static int wanted_level(const struct mcp_request *q)
{
	const char *name = json_text_of(q->meta, META_LOG_LEVEL);

	if (q->revision->is_modern)
		return name ? log_level_named(name) : -1;
	/* "If no logging/setLevel request has been sent [...] the server MAY decide". */
	if (q->link->transport == MCP_HTTP && !q->link->own.log_level)
		return log_level_named("info");
	return q->link->own.log_level - 1;
}

bool mcp_log(struct mcp_request *q, const char *level, json_t *data, struct err *err)
{
	int wanted = wanted_level(q);

	if (wanted < 0 || log_level_named(level) < wanted) {
		json_decref(data);
		return true;
	}
	return mcp_notify(q->link, "notifications/message",
			  json_pack("{s:s, s:s, s:o}", "level", level, "logger",
				    q->mcp->catalogue->name, "data", data),
			  err);
}

/* --- changes */

static const struct {
	unsigned list;
	const char *filter, *method;
} lists_told[] = {
	{ MCP_LIST_TOOLS, "toolsListChanged", "notifications/tools/list_changed" },
	{ MCP_LIST_PROMPTS, "promptsListChanged", "notifications/prompts/list_changed" },
	{ MCP_LIST_RESOURCES, "resourcesListChanged", "notifications/resources/list_changed" },
};

/* A message of a subscription says of which. */
static json_t *params_for(const struct mcp_subscription *s)
{
	return s ? json_pack("{s:{s:O}}", "_meta", META_SUBSCRIPTION, s->id) : json_object();
}

static unsigned promised_lists(const struct mcp_link *link, const struct mcp_subscription *s)
{
	if (s)
		return s->lists;
	/* Who has not asked for the resources has no list that could be out of date. */
	return MCP_LIST_TOOLS | MCP_LIST_PROMPTS |
	       (link->own.has_resources ? MCP_LIST_RESOURCES : 0);
}

bool mcp_tell_lists(struct mcp_link *link, const struct mcp_subscription *s, unsigned lists,
		    struct err *err)
{
	unsigned promised = promised_lists(link, s);

	for (size_t i = 0; i < ARRAY_LEN(lists_told); i++)
		if (lists_told[i].list & lists & promised &&
		    !mcp_notify(link, lists_told[i].method, params_for(s), err))
			return false;
	return true;
}

static bool tell_updated(struct mcp_link *link, const struct mcp_subscription *s, const char *uri,
			 struct err *err)
{
	json_t *params = params_for(s);

	if (!params || !json_put_text(params, "uri", uri)) {
		json_decref(params);
		return fail_memory(err);
	}
	return mcp_notify(link, "notifications/resources/updated", params, err);
}

static bool is_changed(const struct mcp *m, const json_t *events, const char *uri)
{
	size_t i;
	json_t *event;

	json_array_foreach(json_walked(events), i, event)
		if (m->catalogue->changes(event, uri))
			return true;
	return false;
}

static bool is_list_changed(const struct mcp *m, const json_t *events)
{
	size_t i;
	json_t *event;

	json_array_foreach(json_walked(events), i, event)
		if (m->catalogue->changes_list(event))
			return true;
	return false;
}

bool mcp_tell(const struct mcp *m, struct mcp_link *link, const struct mcp_subscription *s,
	      const json_t *events, struct err *err)
{
	const json_t *uris = s ? s->uris : link->own.watched;
	size_t i;
	json_t *uri;

	json_array_foreach(json_walked(uris), i, uri)
		if (is_changed(m, events, json_string_value(uri)) &&
		    !tell_updated(link, s, json_string_value(uri), err))
			return false;
	return !is_list_changed(m, events) || mcp_tell_lists(link, s, MCP_LIST_RESOURCES, err);
}

unsigned mcp_take_changed_lists(struct mcp *m)
{
	unsigned lists = m->changed_lists;

	m->changed_lists = 0;
	return lists;
}

bool mcp_wants_changes(const struct mcp_link *link)
{
	const struct revision *r = revision_named(link->own.version);

	return r && (json_array_size(link->own.watched) || link->own.has_resources);
}

/* --- being told: resources/subscribe, subscriptions/listen */

/* Rationale: a list that is gone through for each change of the book. */
#define WATCHED_MAX 1000

static bool check_uri(struct mcp_request *q, const char *uri)
{
	json_t *data;

	if (!uri)
		return mcp_refuse(q, MCP_INVALID_PARAMS, NULL, "the uri is missing");
	if (q->mcp->catalogue->has_resource(uri))
		return true;
	data = json_pack("{s:s}", "uri", uri);
	return mcp_refuse(q, q->revision->is_modern ? MCP_INVALID_PARAMS : MCP_RESOURCE_NOT_FOUND,
			  data, "there is no resource '%.200s'", uri);
}

/* -1: it is not among them. */
static int index_of(const json_t *uris, const char *uri)
{
	size_t i;
	json_t *one;

	json_array_foreach(json_walked(uris), i, one)
		if (!strcmp(json_string_value(one), uri))
			return (int)i;
	return -1;
}

static bool add_uri(struct mcp_request *q, json_t *uris, const char *uri, struct err *err)
{
	if (!check_uri(q, uri))
		return false;
	if (index_of(uris, uri) >= 0)
		return true;
	if (json_array_size(uris) >= WATCHED_MAX)
		return mcp_refuse(q, MCP_INVALID_PARAMS, NULL, "at most %d resources are watched",
				  WATCHED_MAX);
	return json_append(uris, json_string(uri)) || fail_memory(err);
}

bool method_watch(struct mcp_request *q, json_t *result, struct err *err)
{
	(void)result;
	if (!q->link->own.watched)
		q->link->own.watched = json_array();
	return (q->link->own.watched || fail_memory(err)) &&
	       add_uri(q, q->link->own.watched, json_text_of(q->params, "uri"), err);
}

bool method_unwatch(struct mcp_request *q, json_t *result, struct err *err)
{
	const char *uri = json_text_of(q->params, "uri");
	int at;

	(void)result;
	(void)err;
	if (!check_uri(q, uri))
		return false;
	at = index_of(q->link->own.watched, uri);
	if (at >= 0)
		(void)json_array_remove(q->link->own.watched, (size_t)at);
	return true;
}

static bool read_filter(struct mcp_request *q, const json_t *filter, struct mcp_subscription *s,
			struct err *err)
{
	const json_t *uris = json_object_get(filter, "resourceSubscriptions");
	size_t i;
	json_t *uri;

	for (i = 0; i < ARRAY_LEN(lists_told); i++)
		if (json_bool_of(filter, lists_told[i].filter))
			s->lists |= lists_told[i].list & q->mcp->catalogue->changing_lists;
	if (uris && !json_is_array(uris))
		return mcp_refuse(q, MCP_INVALID_PARAMS, NULL,
				  "resourceSubscriptions is a list of URIs");
	json_array_foreach(json_walked(uris), i, uri)
		if (!add_uri(q, s->uris, json_string_value(uri), err))
			return false;
	return true;
}

/* "The subset of requested notification types the server agreed to honor." */
static json_t *agreed(const struct mcp_subscription *s)
{
	CLEANUP(json_cleanup) json_t *filter = json_object();

	for (size_t i = 0; i < ARRAY_LEN(lists_told); i++)
		if (s->lists & lists_told[i].list &&
		    !json_put_bool(filter, lists_told[i].filter, true))
			return NULL;
	if (json_array_size(s->uris) &&
	    !json_put(filter, "resourceSubscriptions", json_deep_copy(s->uris)))
		return NULL;
	return json_incref(filter);
}

static bool acknowledge(struct mcp_request *q, struct err *err)
{
	json_t *params = params_for(q->subscription);

	if (!params || !json_put(params, "notifications", agreed(q->subscription))) {
		json_decref(params);
		return fail_memory(err);
	}
	return mcp_notify(q->link, "notifications/subscriptions/acknowledged", params, err);
}

bool method_listen(struct mcp_request *q, json_t *result, struct err *err)
{
	const json_t *filter = json_object_get(q->params, "notifications");
	struct mcp_subscription *s = calloc(1, sizeof(*s));

	(void)result;
	if (!s)
		return fail_memory(err);
	q->subscription = s;
	s->id = json_deep_copy(q->id);
	s->uris = json_array();
	if (!s->id || !s->uris)
		return fail_memory(err);
	if (!json_is_object(filter))
		return mcp_refuse(q, MCP_INVALID_PARAMS, NULL,
				  "notifications says what is listened to");
	if (!q->link->send)
		return mcp_refuse(
			q, MCP_INVALID_REQUEST, NULL,
			"nothing can be sent here but an answer: accept text/event-stream");
	return read_filter(q, filter, s, err) && acknowledge(q, err);
}

bool mcp_subscription_end(const struct mcp *m, const struct mcp_subscription *s, struct text *ret,
			  struct err *err)
{
	CLEANUP(json_cleanup)
	json_t *answer = json_pack("{s:s, s:O, s:{s:s, s:{s:O, s:o}}}", "jsonrpc", "2.0", "id",
				   s->id, "result", "resultType", "complete", "_meta",
				   META_SUBSCRIPTION, s->id, META_SERVER, mcp_server_info(m));

	if (!answer)
		return fail_memory(err);
	text_add_json(ret, answer, JSON_COMPACT);
	return text_ok(ret) || fail_memory(err);
}
