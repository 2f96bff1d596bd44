/*
 * registry/record.c - rows as JSON, by one table of fields for both ways.
 *
 * A document (metadata, an event's before and after, the policy) is kept as
 * text.  It becomes a part of the object where that, written again, is the same
 * text to the byte; else it stays a text, so that nothing is lost.
 */
#include "registry/record.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/cursor.h"
#include "ports/name.h"

enum field_kind {
	TEXT,	  /* may be missing */
	WORD,	  /* must be there */
	NAME,	  /* must be there, and is a folded name */
	DOCUMENT, /* a JSON object as text */
	TIME,	  /* ms */
	BIG,	  /* int64_t */
	BIG_OR_NONE,
	COUNT,		/* unsigned */
	FROM_ONE,	/* unsigned, an instance's number */
	NUMBER_OR_NONE, /* int, -1: null */
	PORT,
	PORT_OR_NONE,
	YES_NO,
	PROTOCOL,
	STATUS,
	PROJECT_STATUS,
};
#define FIELD_KIND_COUNT 16

struct field {
	const char *name;
	enum field_kind kind;
	size_t at; /* in struct record */
};

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
	{ "metadata", DOCUMENT, AT(project.metadata) },
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
	{ "metadata", DOCUMENT, AT(allocation.metadata) },
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

static const struct field *const fields_of[] = {
	[RECORD_SETTING] = setting_fields,	 [RECORD_RANGE] = range_fields,
	[RECORD_PROJECT] = project_fields,	 [RECORD_INSTANCE] = instance_fields,
	[RECORD_BLOCK] = block_fields,		 [RECORD_RESERVED] = reserved_fields,
	[RECORD_ALLOCATION] = allocation_fields, [RECORD_CHECK] = check_fields,
	[RECORD_EVENT] = event_fields,
};
static_assert(ARRAY_LEN(fields_of) == RECORD_KIND_COUNT, "a kind of row has no fields");

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
	case DOCUMENT: return document_json(text_at(at));
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

	for (const struct field *f = fields_of[r->kind]; o && f->name; f++)
		if (!json_put(o, f->name, field_json(f->kind, (const char *)r + f->at))) {
			json_decref(o);
			return NULL;
		}
	return o;
}

/* From JSON. */

static bool fail_field(const struct field *f, const char *what, struct err *err)
{
	return fail(err, ERR_INVALID, "'%s' is not %s", f->name, what);
}

/* A whole number, also as text. */
static bool number_of(const json_t *value, int64_t *ret)
{
	const char *text = json_string_value(value);
	uint64_t n;

	if (json_is_integer(value)) {
		*ret = json_integer_value(value);
		return true;
	}
	if (!text || !eat_number(&text, INT64_MAX, &n) || !eat_end(&text))
		return false;
	*ret = (int64_t)n;
	return true;
}

static bool is_none(const json_t *value)
{
	return !value || json_is_null(value) ||
	       (json_is_string(value) && !*json_string_value(value));
}

static bool number_within(const struct field *f, const json_t *value, int64_t least, int64_t most,
			  int64_t *ret, struct err *err)
{
	return (number_of(value, ret) && *ret >= least && *ret <= most) ||
	       fail(err, ERR_INVALID, "'%s' is not a whole number from %lld to %lld", f->name,
		    (long long)least, (long long)most);
}

static bool read_text(const struct field *f, const json_t *value, struct arena *a, void *at,
		      struct err *err)
{
	const char *text = is_none(value) ? NULL : json_string_value(value);

	(void)a;
	if (!text && !is_none(value))
		return fail_field(f, "a text", err);
	if (!text && f->kind != TEXT)
		return fail(err, ERR_INVALID, "'%s' is missing", f->name);
	memcpy(at, &text, sizeof(text));
	return true;
}

static bool read_name(const struct field *f, const json_t *value, struct arena *a, void *at,
		      struct err *err)
{
	char folded[NAME_SIZE];

	if (!read_text(f, value, a, at, err) || !name_fold(f->name, text_at(at), folded, err))
		return false;
	return !strcmp(folded, text_at(at)) || fail_field(f, "in small letters", err);
}

static bool read_document(const struct field *f, const json_t *value, struct arena *a, void *at,
			  struct err *err)
{
	CLEANUP(json_text_cleanup) char *formatted = NULL;
	const char *text;

	if (!json_is_object(value))
		return read_text(&(struct field){ f->name, TEXT, f->at }, value, a, at, err);
	if (!json_format(value, &formatted, err))
		return false;
	text = arena_copy(a, formatted);
	if (!text)
		return fail_memory(err);
	memcpy(at, &text, sizeof(text));
	return true;
}

static bool read_time(const struct field *f, const json_t *value, struct arena *a, void *at,
		      struct err *err)
{
	int64_t ms = 0;

	(void)a;
	if (!is_none(value) && !number_of(value, &ms) &&
	    (!json_is_string(value) || !time_parse(json_string_value(value), &ms, NULL)))
		return fail_field(f, "a time like 2026-12-31T12:00:00Z", err);
	memcpy(at, &ms, sizeof(ms));
	return true;
}

static bool read_big(const struct field *f, const json_t *value, struct arena *a, void *at,
		     struct err *err)
{
	int64_t n = -1;

	(void)a;
	if ((f->kind == BIG || !is_none(value)) &&
	    !number_within(f, value, f->kind == BIG, INT64_MAX, &n, err))
		return false;
	memcpy(at, &n, sizeof(n));
	return true;
}

static bool read_count(const struct field *f, const json_t *value, struct arena *a, void *at,
		       struct err *err)
{
	bool from_one = f->kind == FROM_ONE;
	unsigned count;
	int64_t n;

	(void)a;
	if (!number_within(f, value, from_one, from_one ? INSTANCE_MAX : UINT16_MAX, &n, err))
		return false;
	count = (unsigned)n;
	memcpy(at, &count, sizeof(count));
	return true;
}

static bool read_number(const struct field *f, const json_t *value, struct arena *a, void *at,
			struct err *err)
{
	int64_t n = -1;
	int number;

	(void)a;
	if (!is_none(value) && !number_within(f, value, 0, UINT16_MAX, &n, err))
		return false;
	number = (int)n;
	memcpy(at, &number, sizeof(number));
	return true;
}

static bool read_port(const struct field *f, const json_t *value, struct arena *a, void *at,
		      struct err *err)
{
	int64_t n = 0;
	uint16_t port;

	(void)a;
	if ((f->kind == PORT || !is_none(value)) &&
	    !number_within(f, value, 1, UINT16_MAX, &n, err))
		return false;
	port = (uint16_t)n;
	memcpy(at, &port, sizeof(port));
	return true;
}

static bool read_yes_no(const struct field *f, const json_t *value, struct arena *a, void *at,
			struct err *err)
{
	const char *text = json_string_value(value);
	bool yes = json_is_true(value) || (text && !strcmp(text, "true"));

	(void)a;
	/* A spreadsheet writes its own words in capitals. */
	yes = yes || (text && !strcmp(text, "TRUE"));
	if (!yes && !json_is_false(value) && !is_none(value) &&
	    (!text || (strcmp(text, "false") != 0 && strcmp(text, "FALSE") != 0)))
		return fail_field(f, "true or false", err);
	memcpy(at, &yes, sizeof(yes));
	return true;
}

static bool read_choice(const struct field *f, const json_t *value, struct arena *a, void *at,
			struct err *err)
{
	const char *text = json_string_value(value);

	(void)a;
	if (text && f->kind == PROTOCOL && protocol_from_name(text, at))
		return true;
	if (text && f->kind == STATUS && entry_status_from_name(text, at))
		return true;
	if (text && f->kind == PROJECT_STATUS && project_status_from_name(text, at))
		return true;
	return fail(err, ERR_INVALID, "'%.40s' is no %s", text ? text : "", f->name);
}

typedef bool read_fn(const struct field *f, const json_t *value, struct arena *a, void *at,
		     struct err *err);
static read_fn *const readers[] = {
	[TEXT] = read_text,	  [WORD] = read_text,
	[NAME] = read_name,	  [DOCUMENT] = read_document,
	[TIME] = read_time,	  [BIG] = read_big,
	[BIG_OR_NONE] = read_big, [COUNT] = read_count,
	[FROM_ONE] = read_count,  [NUMBER_OR_NONE] = read_number,
	[PORT] = read_port,	  [PORT_OR_NONE] = read_port,
	[YES_NO] = read_yes_no,	  [PROTOCOL] = read_choice,
	[STATUS] = read_choice,	  [PROJECT_STATUS] = read_choice,
};
static_assert(ARRAY_LEN(readers) == FIELD_KIND_COUNT, "a kind of field has no reader");

static bool knows_members(const struct field *fields, const json_t *row, struct err *err)
{
	const char *name;
	json_t *value;

	json_object_foreach(json_walked(row), name, value) {
		const struct field *f = fields;

		while (f->name && strcmp(f->name, name) != 0)
			f++;
		if (!f->name)
			return fail(err, ERR_INVALID, "there is no '%.80s' in such a row", name);
	}
	return true;
}

/* What no row of a book can say, as its own statements would refuse it. */
static bool makes_sense(const struct record *r, struct err *err)
{
	const struct port_range *ports = r->kind == RECORD_BLOCK      ? &r->block.ports
					 : r->kind == RECORD_RESERVED ? &r->reserved.ports
					 : r->kind == RECORD_RANGE    ? &r->range.ports
								      : NULL;
	const struct entry *e = &r->allocation;

	if (ports && ports->first > ports->last)
		return fail(err, ERR_INVALID, "the ports %u-%u run backwards", ports->first,
			    ports->last);
	if (r->kind == RECORD_ALLOCATION &&
	    (e->status == STATUS_RELEASED) != (e->released_at_ms != 0))
		return fail(err, ERR_INVALID,
			    "'status' and 'releasedAt' contradict each other: only what was "
			    "released has such a time");
	return true;
}

bool record_read(enum record_kind kind, const json_t *row, struct arena *a, struct record *ret,
		 struct err *err)
{
	struct record r = { .kind = kind };

	if (!json_is_object(row))
		return fail(err, ERR_INVALID, "a row has to be an object");
	if (!knows_members(fields_of[kind], row, err))
		return false;
	for (const struct field *f = fields_of[kind]; f->name; f++)
		if (!readers[f->kind](f, json_object_get(row, f->name), a, (char *)&r + f->at, err))
			return false;
	/* A value that is empty is a value. */
	if (kind == RECORD_SETTING && !r.setting.value)
		r.setting.value = "";
	if (kind == RECORD_RANGE && !r.range.rule)
		r.range.rule = "";
	if (!makes_sense(&r, err))
		return false;
	*ret = r;
	return true;
}
