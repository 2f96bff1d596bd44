#include "mcp/revision.h"

#include <string.h>

#include "mcp/header.h"
#include "mcp/request.h"

/* clang-format off */
const struct revision revisions[] = {
	{ .name = "2026-07-28", .is_modern = true },
	{ .name = "2025-11-25" },
	{ .name = "2025-06-18" },
	{ .name = "2025-03-26", .has_batches = true },
	{ .name = "2024-11-05", .has_batches = true },
	{ 0 },
};
/* clang-format on */

/* "If the server does not receive an MCP-Protocol-Version header [...] assume 2025-03-26". */
#define REVISION_WITHOUT_HEADER "2025-03-26"

const struct revision *revision_named(const char *name)
{
	for (const struct revision *r = revisions; name && r->name; r++)
		if (!strcmp(r->name, name))
			return r;
	return NULL;
}

const struct revision *revision_for(const char *asked)
{
	const struct revision *r = revision_named(asked);

	if (r && !r->is_modern)
		return r;
	for (r = revisions; r->is_modern; r++)
		;
	return r;
}

json_t *revisions_json(bool only_modern)
{
	CLEANUP(json_cleanup) json_t *names = json_array();

	for (const struct revision *r = revisions; r->name; r++)
		if ((r->is_modern || !only_modern) && !json_append(names, json_string(r->name)))
			return NULL;
	return json_incref(names);
}

/* One that is known, and is not asked for in this way, is not among what is offered. */
static bool reject_version(struct mcp_request *q, const char *asked)
{
	json_t *data = json_pack("{s:o, s:s}", "supported",
				 revisions_json(revision_named(asked) != NULL), "requested", asked);

	return mcp_reject(q, 400, MCP_UNSUPPORTED_VERSION, data,
			  "the protocol version '%.40s' is not supported", asked);
}

/* The methods whose object is named in a header, and the member that has it. */
static const struct {
	const char *method, *member;
} named[] = {
	{ "tools/call", "name" },
	{ "prompts/get", "name" },
	{ "resources/read", "uri" },
};

static const char *name_of(const struct mcp_request *q)
{
	for (size_t i = 0; i < ARRAY_LEN(named); i++)
		if (!strcmp(named[i].method, q->method))
			return json_text_of(q->params, named[i].member);
	return NULL;
}

static bool check_header(struct mcp_request *q, const char *header, const char *value,
			 const char *wanted)
{
	if (!value)
		return mcp_reject(q, 400, MCP_HEADER_MISMATCH, NULL, "the header %s is missing",
				  header);
	return header_is(value, wanted) ||
	       mcp_reject(q, 400, MCP_HEADER_MISMATCH, NULL,
			  "the header %s is '%.80s', and the message says '%.80s'", header, value,
			  wanted);
}

static bool check_headers(struct mcp_request *q, const char *version)
{
	const struct mcp_headers *h = &q->link->headers;
	const char *name = name_of(q);

	return q->link->transport != MCP_HTTP ||
	       (check_header(q, "MCP-Protocol-Version", h->version, version) &&
		check_header(q, "Mcp-Method", h->method, q->method) &&
		(!name || check_header(q, "Mcp-Name", h->name, name)));
}

static bool find_modern(struct mcp_request *q, const json_t *version)
{
	const char *asked = json_string_value(version);
	const struct revision *r = revision_named(asked);

	if (!asked)
		return mcp_reject(q, 400, MCP_INVALID_PARAMS, NULL,
				  "_meta." META_VERSION " must be a text");
	if (!check_headers(q, asked))
		return false;
	if (!r || !r->is_modern)
		return reject_version(q, asked);
	if (!json_is_object(json_object_get(q->meta, META_CAPABILITIES)))
		return mcp_reject(q, 400, MCP_INVALID_PARAMS, NULL,
				  "_meta." META_CAPABILITIES " is missing, or is no object");
	q->revision = r;
	return true;
}

static bool find_by_header(struct mcp_request *q, const char *header)
{
	char version[HEADER_VALUE_MAX];
	const struct revision *r = revision_named(header_trim(header, version) ? version : NULL);

	if (!r)
		return reject_version(q, header);
	q->revision = r;
	if (!r->is_modern || !q->id)
		return true;
	if (!strcmp(q->method, "initialize"))
		return mcp_reject(q, 400, MCP_HEADER_MISMATCH, NULL,
				  "the header says version %s, which has no initialize", r->name);
	return mcp_reject(q, 400, MCP_INVALID_PARAMS, NULL,
			  "params._meta." META_VERSION " is missing, which version %s needs",
			  r->name);
}

bool revision_find(struct mcp_request *q)
{
	const json_t *version = json_object_get(q->meta, META_VERSION);

	if (version)
		return find_modern(q, version);
	if (q->link->headers.version)
		return find_by_header(q, q->link->headers.version);
	if (q->link->own.version)
		q->revision = revision_named(q->link->own.version);
	else
		q->revision = revision_named(REVISION_WITHOUT_HEADER);
	return true;
}
