/*
 * registry/record.c - rows as JSON, by one table of fields for both ways.
 *
 * A document (metadata, an event's before and after, the policy) is kept as
 * text.  It becomes a part of the object where that, written again, is the same
 * text to the byte; else it stays a text, so that nothing is lost.
 */
#include "registry/record_fields.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"

#define AT(member) offsetof(struct record, member)

static const struct field setting_fields[] = {
	{ "name", WORD, AT(setting.name) },
	{ "value", DOCUMENT, AT(setting.value) },
	{ 0 },
};
static const struct field range_fields[] = {
	{ "name", WORD, AT(range.name) },
	{ "rangeStart", PORT, AT(range.ports.first) },
	{ "rangeEnd", PORT, AT(range.ports.last) },
	{ "blockSize", COUNT, AT(range.block) },
	{ "sliceSize", COUNT, AT(range.slice) },
	{ "description", TEXT, AT(range.description) },
	{ "rule", DOCUMENT, AT(range.rule) },
	{ "id", TEXT, AT(range.id) },
	{ 0 },
};
static const struct field project_fields[] = {
	{ "projectName", NAME, AT(project.name) },
	{ "projectNumber", NUMBER_OR_NONE, AT(project.number) },
	{ "path", TEXT, AT(project.path) },
	{ "owner", TEXT, AT(project.owner) },
	{ "status", PROJECT_STATUS, AT(project.status) },
	{ "description", TEXT, AT(project.description) },
	{ "metadata", OBJECT, AT(project.metadata) },
	{ "createdAt", TIME, AT(project.created_at_ms) },
	{ "id", WORD, AT(project.id) },
	{ 0 },
};
static const struct field instance_fields[] = {
	{ "projectName", TEXT, AT(instance.project) },
	{ "instance", FROM_ONE, AT(instance.number) },
	{ "host", NAME, AT(instance.host) },
	{ "purpose", TEXT, AT(instance.purpose) },
	{ "branch", TEXT, AT(instance.branch) },
	{ "worktreePath", TEXT, AT(instance.worktree) },
	{ "status", TEXT, AT(instance.status) },
	{ "slice", NUMBER_OR_NONE, AT(instance.slice) },
	{ "createdAt", TIME, AT(instance.created_at_ms) },
	{ "releasedAt", TIME, AT(instance.released_at_ms) },
	{ "projectId", WORD, AT(instance.project_id) },
	{ 0 },
};
static const struct field block_fields[] = {
	{ "rangeStart", PORT, AT(block.ports.first) },
	{ "rangeEnd", PORT, AT(block.ports.last) },
	{ "host", NAME, AT(block.host) },
	{ "range", TEXT, AT(block.range) },
	{ "createdAt", TIME, AT(block.created_at_ms) },
	{ "projectId", WORD, AT(block.project_id) },
	{ 0 },
};
static const struct field reserved_fields[] = {
	{ "rangeStart", PORT, AT(reserved.ports.first) },
	{ "rangeEnd", PORT, AT(reserved.ports.last) },
	{ "host", WORD, AT(reserved.host) },
	{ "reason", TEXT, AT(reserved.reason) },
	{ "projectName", TEXT, AT(reserved.project) },
	{ "until", TIME, AT(reserved.until_ms) },
	{ "fromPolicy", YES_NO, AT(reserved.from_policy) },
	{ 0 },
};
static const struct field allocation_fields[] = {
	{ "port", PORT, AT(allocation.port) },
	{ "protocol", PROTOCOL, AT(allocation.protocol) },
	{ "host", NAME, AT(allocation.host) },
	{ "projectName", TEXT, AT(allocation.project) },
	{ "instance", FROM_ONE, AT(allocation.instance) },
	{ "environment", NAME, AT(allocation.environment) },
	{ "serviceName", NAME, AT(allocation.service) },
	{ "primary", YES_NO, AT(allocation.primary) },
	{ "status", STATUS, AT(allocation.status) },
	{ "serviceType", TEXT, AT(allocation.type) },
	{ "role", TEXT, AT(allocation.role) },
	{ "range", TEXT, AT(allocation.range) },
	{ "description", TEXT, AT(allocation.description) },
	{ "notes", TEXT, AT(allocation.notes) },
	{ "unit", TEXT, AT(allocation.unit) },
	{ "cloudflareHostname", TEXT, AT(allocation.tunnel_hostname) },
	{ "cloudflareTunnelId", TEXT, AT(allocation.tunnel_id) },
	{ "metadata", OBJECT, AT(allocation.metadata) },
	{ "allocatedAt", TIME, AT(allocation.allocated_at_ms) },
	{ "allocatedBy", TEXT, AT(allocation.allocated_by) },
	{ "lastUsedAt", TIME, AT(allocation.last_used_at_ms) },
	{ "lastVerifiedAt", TIME, AT(allocation.last_verified_at_ms) },
	{ "releasedAt", TIME, AT(allocation.released_at_ms) },
	{ "expiresAt", TIME, AT(allocation.expires_at_ms) },
	{ "projectId", WORD, AT(allocation.project_id) },
	{ "id", WORD, AT(allocation.id) },
	{ 0 },
};
static const struct field check_fields[] = {
	{ "seq", BIG, AT(check.id) },
	{ "at", TIME, AT(check.at_ms) },
	{ "allocationId", WORD, AT(check.entry_id) },
	{ "status", WORD, AT(check.status) },
	{ "responseMicroseconds", BIG_OR_NONE, AT(check.response_us) },
	{ "details", TEXT, AT(check.details) },
	{ 0 },
};
static const struct field event_fields[] = {
	{ "seq", BIG, AT(event.seq) },
	{ "at", TIME, AT(event.at_ms) },
	{ "actor", TEXT, AT(event.actor) },
	{ "op", WORD, AT(event.op) },
	{ "subject", TEXT, AT(event.subject) },
	{ "serviceName", TEXT, AT(event.service) },
	{ "port", PORT_OR_NONE, AT(event.port) },
	{ "before", DOCUMENT, AT(event.before) },
	{ "after", DOCUMENT, AT(event.after) },
	{ "projectId", TEXT, AT(event.project_id) },
	{ 0 },
};

static const struct field *const all_fields[] = {
	[RECORD_SETTING] = setting_fields,	 [RECORD_RANGE] = range_fields,
	[RECORD_PROJECT] = project_fields,	 [RECORD_INSTANCE] = instance_fields,
	[RECORD_BLOCK] = block_fields,		 [RECORD_RESERVED] = reserved_fields,
	[RECORD_ALLOCATION] = allocation_fields, [RECORD_CHECK] = check_fields,
	[RECORD_EVENT] = event_fields,
};
static_assert(ARRAY_LEN(all_fields) == RECORD_KIND_COUNT, "a kind of row has no fields");

const struct field *record_fields(enum record_kind kind)
{
	return all_fields[kind];
}

const char *const *record_columns(void)
{
	static const char *const columns[] = {
		"port",
		"protocol",
		"host",
		"projectName",
		"instance",
		"environment",
		"serviceName",
		"primary",
		"status",
		"serviceType",
		"role",
		"range",
		"description",
		"notes",
		"unit",
		"cloudflareHostname",
		"cloudflareTunnelId",
		"metadata",
		"allocatedAt",
		"allocatedBy",
		"lastUsedAt",
		"lastVerifiedAt",
		"releasedAt",
		"expiresAt",
		"projectNumber",
		"path",
		"owner",
		"createdAt",
		"purpose",
		"branch",
		"worktreePath",
		"slice",
		"rangeStart",
		"rangeEnd",
		"reason",
		"until",
		"fromPolicy",
		"name",
		"value",
		"blockSize",
		"sliceSize",
		"rule",
		"seq",
		"at",
		"actor",
		"op",
		"subject",
		"before",
		"after",
		"allocationId",
		"responseMicroseconds",
		"details",
		"projectId",
		"id",
		NULL,
	};

	return columns;
}

/* To JSON. */

static json_t *text_json(const char *text)
{
	return text && *text ? json_string(text) : json_null();
}

/* The object that is written as exactly this text; NULL: there is none. */
static json_t *same_object(const char *text)
{
	CLEANUP(json_text_cleanup) char *again = NULL;
	json_t *json = text[0] == '{' ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;

	if (json && json_format(json, &again, NULL) && !strcmp(again, text))
		return json;
	json_decref(json);
	return NULL;
}

static json_t *document_json(const char *text)
{
	json_t *json = text && *text ? same_object(text) : NULL;

	return json ? json : text_json(text);
}

/* A time that RFC 3339 does not reach stays a number. */
static json_t *time_json(int64_t ms)
{
	char text[TIME_TEXT_SIZE];

	if (!ms)
		return json_null();
	return *time_format(ms, text) ? json_string(text) : json_integer(ms);
}

static const char *text_at(const void *at)
{
	const char *text;

	memcpy(&text, at, sizeof(text));
	return text;
}

static json_t *field_json(enum field_kind kind, const void *at)
{
	switch (kind) {
	case TEXT:
	case WORD:
	case NAME: return text_json(text_at(at));
	case DOCUMENT:
	case OBJECT: return document_json(text_at(at));
	case TIME: return time_json(*(const int64_t *)at);
	case BIG: return json_integer(*(const int64_t *)at);
	case BIG_OR_NONE:
		return *(const int64_t *)at < 0 ? json_null() : json_integer(*(const int64_t *)at);
	case COUNT:
	case FROM_ONE: return json_integer(*(const unsigned *)at);
	case NUMBER_OR_NONE:
		return *(const int *)at < 0 ? json_null() : json_integer(*(const int *)at);
	case PORT: return json_integer(*(const uint16_t *)at);
	case PORT_OR_NONE:
		return *(const uint16_t *)at ? json_integer(*(const uint16_t *)at) : json_null();
	case YES_NO: return json_boolean(*(const bool *)at);
	case PROTOCOL: return json_string(protocol_name(*(const enum protocol *)at));
	case STATUS: return json_string(entry_status_name(*(const enum entry_status *)at));
	case PROJECT_STATUS:
		return json_string(project_status_name(*(const enum project_status *)at));
	}
	__builtin_unreachable();
}

json_t *record_json(const struct record *r)
{
	json_t *o = json_object();

	for (const struct field *f = record_fields(r->kind); o && f->name; f++)
		if (!json_put(o, f->name, field_json(f->kind, (const char *)r + f->at))) {
			json_decref(o);
			return NULL;
		}
	return o;
}
