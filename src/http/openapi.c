#include "http/openapi.h"

#include <ctype.h>
#include <string.h>

#include "http/route.h"
#include "operations/io.h"
#include "operations/operation.h"

#define V1	"/api/v1"
#define PROBLEM "#/components/schemas/problem"

/* Members of a schema. */

static json_t *schema_of(const struct operation *op)
{
	json_t *schema = NULL;

	return json_parse(op->schema->text, op->schema->text_len, &schema, NULL) ? schema : NULL;
}

static bool is_in_path(const struct route *r, const char *name)
{
	CLEANUP(text_release) struct text braced = { 0 };

	text_addf(&braced, "{%s}", name);
	return strstr(r->path, text_str(&braced)) != NULL;
}

static bool is_fixed(const struct route *r, const char *name)
{
	CLEANUP(json_cleanup) json_t *fixed = r->fixed ? json_loads(r->fixed, 0, NULL) : NULL;

	return json_object_get(fixed, name) != NULL;
}

static bool is_required(const json_t *input, const char *name)
{
	const json_t *required = json_object_get(input, "required"), *one;
	size_t i;

	json_array_foreach(required, i, one)
		if (!strcmp(json_string_value(one), name))
			return true;
	return false;
}

/* What the route says itself where nobody else does. */
static bool put_default(const struct route *r, json_t *schema, const char *name)
{
	CLEANUP(json_cleanup)
	json_t *otherwise = r->otherwise ? json_loads(r->otherwise, 0, NULL) : NULL;
	json_t *value = json_object_get(otherwise, name);

	return !value || json_object_set(schema, "default", value) == 0;
}

/* Parameters. */

static json_t *parameter(const struct route *r, const json_t *input, const char *name,
			 const json_t *property)
{
	bool in_path = is_in_path(r, name);
	json_t *schema = json_copy(json_walked(property)), *p = json_object();

	if (schema && p && put_default(r, schema, name) && json_put_text(p, "name", name) &&
	    json_put_text(p, "in", in_path ? "path" : "query") &&
	    json_put_bool(p, "required", in_path || is_required(input, name)) &&
	    json_put_text(p, "description", json_text_of(property, "description")) &&
	    (!json_object_get(property, "items") || json_put_text(p, "style", "form")) &&
	    json_put_bool(p, "explode", false) && json_object_del(schema, "description") == 0 &&
	    json_put(p, "schema", json_incref(schema))) {
		json_decref(schema);
		return p;
	}
	json_decref(schema);
	json_decref(p);
	return NULL;
}

static bool takes_body(const struct route *r)
{
	return r->method != HTTP_GET && r->method != HTTP_DELETE;
}

static bool is_parameter(const struct route *r, const char *name, const json_t *property)
{
	const char *type = json_text_of(property, "type");

	if (is_fixed(r, name))
		return false;
	return is_in_path(r, name) || (!takes_body(r) && type && strcmp(type, "object") != 0);
}

static json_t *header(const char *name, const char *description, json_int_t most)
{
	return json_pack("{s:s, s:s, s:b, s:s, s:{s:s, s:i, s:I}}", "name", name, "in", "header",
			 "required", 0, "description", description, "schema", "type", "string",
			 "minLength", 1, "maxLength", most);
}

static bool add_headers(const struct route *r, json_t *list)
{
	if (r->method == HTTP_GET)
		return json_append(list,
				   header("If-None-Match", "The ETag of what you have.", 1000));
	return json_append(list, header("If-Match",
					"The ETag that a GET of this path had: only if "
					"it still has it.",
					1000)) &&
	       json_append(list, header("Idempotency-Key",
					"The same call with the same key is done once in a day.",
					CALL_KEY_MAX));
}

static json_t *parameters(const struct route *r, const json_t *input)
{
	json_t *list = json_array(), *property;
	const char *name;

	json_object_foreach(json_object_get(input, "properties"), name, property)
		if (is_parameter(r, name, property) &&
		    (!list || !json_append(list, parameter(r, input, name, property)))) {
			json_decref(list);
			return NULL;
		}
	if (list && add_headers(r, list))
		return list;
	json_decref(list);
	return NULL;
}

/* Body. */

/* Without what the path says. */
static bool drop_said(const struct route *r, json_t *input)
{
	json_t *properties = json_object_get(input, "properties"), *property;
	json_t *required = json_object_get(input, "required");
	const char *name;
	void *next;

	json_object_foreach_safe(properties, next, name, property)
	{
		if (!put_default(r, property, name))
			return false;
		if (is_in_path(r, name) || is_fixed(r, name))
			json_object_del(properties, name);
	}
	for (size_t i = json_array_size(required); i-- > 0;)
		if (is_in_path(r, json_string_value(json_array_get(required, i))))
			json_array_remove(required, i);
	return true;
}

static json_t *body_of(const struct route *r, const json_t *input)
{
	CLEANUP(json_cleanup) json_t *own = json_deep_copy(input);
	bool required;

	if (!own || !drop_said(r, own))
		return NULL;
	required = json_array_size(json_object_get(own, "required")) > 0;
	return json_pack("{s:b, s:{s:{s:O}}}", "required", required, "content", "application/json",
			 "schema", own);
}

/* Responses. */

static json_t *response(const char *description, const char *type, const char *ref)
{
	return json_pack("{s:s, s:{s:{s:{s:s}}}}", "description", description, "content", type,
			 "schema", "$ref", ref);
}

/* A path of before has its own form; what is wrong with the request itself has the one of now. */
static json_t *failure(const struct route *r)
{
	if (!r->is_old)
		return response("It failed.", "application/problem+json", PROBLEM);
	return json_pack("{s:s, s:{s:{s:{s:s}}, s:{s:{s:s}}}}", "description", "It failed.",
			 "content", "application/json", "schema", "$ref",
			 "#/components/schemas/error", "application/problem+json", "schema", "$ref",
			 PROBLEM);
}

static json_t *responses(const struct route *r, const struct operation *op)
{
	CLEANUP(text_release) struct text ref = { 0 };
	json_t *all = json_object();

	text_addf(&ref, "#/components/schemas/%s", op->schema->name);
	if (all && text_ok(&ref) &&
	    json_put(all, "200", response("Done.", "application/json", text_str(&ref))) &&
	    (!r->created_at ||
	     json_put(all, "201", response("Made.", "application/json", text_str(&ref)))) &&
	    (r->method != HTTP_GET ||
	     json_put(all, "304", json_pack("{s:s}", "description", "As you have it."))) &&
	    json_put(all, "401",
		     response("A token is needed, or this one is not good.",
			      "application/problem+json", PROBLEM)) &&
	    json_put(all, "429",
		     response("Too many in a second.", "application/problem+json", PROBLEM)) &&
	    json_put(all, "default", failure(r)))
		return all;
	json_decref(all);
	return NULL;
}

/* Paths. */

/* "get-projects-projectName": of method and path, so that it is the only one. */
static void add_id(const struct route *r, struct text *ret)
{
	bool dash = true;

	for (const char *at = http_method_name(r->method); *at; at++)
		text_addf(ret, "%c", tolower(*at));
	for (const char *at = strncmp(r->path, "/api/v1", 7) ? r->path : r->path + 7; *at; at++) {
		if (isalnum((unsigned char)*at))
			text_addf(ret, "%s%c", dash ? "-" : "", *at);
		dash = !isalnum((unsigned char)*at);
	}
}

static json_t *operation_of(const struct route *r)
{
	CLEANUP(text_release) struct text id = { 0 };
	const struct operation *op = operation_named(r->operation);
	CLEANUP(json_cleanup) json_t *schema = schema_of(op);
	const json_t *input = json_object_get(schema, "input");
	CLEANUP(json_cleanup) json_t *o = json_object();

	add_id(r, &id);
	if (!o || !input || !text_ok(&id) || !json_put_text(o, "operationId", text_str(&id)) ||
	    !json_put_text(o, "summary", r->summary ? r->summary : op->schema->title) ||
	    !json_put_text(o, "description", op->schema->description) ||
	    (r->is_old && !json_put_bool(o, "deprecated", true)) ||
	    !json_put(o, "parameters", parameters(r, input)) ||
	    (takes_body(r) && !json_put(o, "requestBody", body_of(r, input))) ||
	    !json_put(o, "responses", responses(r, op)))
		return NULL;
	return json_incref(o);
}

static bool put_route(json_t *paths, const struct route *r)
{
	CLEANUP(text_release) struct text method = { 0 };
	json_t *path = json_object_get(paths, r->path);

	for (const char *at = http_method_name(r->method); *at; at++)
		text_addf(&method, "%c", tolower(*at));
	if (!path) {
		path = json_object();
		if (!json_put(paths, r->path, path))
			return false;
	}
	return text_ok(&method) && json_put(path, text_str(&method), operation_of(r));
}

/* The one resource that is no operation: its stream is described in docs/serve.md. */
static json_t *events_path(void)
{
	return json_pack("{s:{s:s, s:s, s:[o,o], s:{s:{s:s, s:{s:{s:{s:s}}}},"
			 " s:{s:s, s:{s:{s:{s:s}}}}}}}",
			 "get", "operationId", "get-events", "summary",
			 "What changes, as it happens", "parameters",
			 json_pack("{s:s, s:s, s:b, s:s, s:{s:s}}", "name", "projectName", "in",
				   "query", "required", 0, "description", "Only this project's.",
				   "schema", "type", "string"),
			 header("Last-Event-ID", "Go on behind this event.", 20), "responses",
			 "200", "description", "A stream of server-sent events.", "content",
			 "text/event-stream", "schema", "type", "string", "default", "description",
			 "It failed.", "content", "application/problem+json", "schema", "$ref",
			 PROBLEM);
}

static json_t *paths_of_all(void)
{
	json_t *paths = json_object();

	if (!json_put(paths, V1 "/events", events_path())) {
		json_decref(paths);
		return NULL;
	}

	for (const struct route *r = routes; r->path; r++)
		if (!paths || !put_route(paths, r)) {
			json_decref(paths);
			return NULL;
		}
	return paths;
}

/* Components. */

static json_t *problem_schema(void)
{
	return json_pack("{s:s, s:{s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}},"
			 " s:[s,s,s,s,s]}",
			 "type", "object", "properties", "type", "type", "string", "title", "type",
			 "string", "status", "type", "integer", "detail", "type", "string", "code",
			 "type", "string", "hint", "type", "string", "holder", "type", "object",
			 "required", "type", "title", "status", "detail", "code");
}

/* As the command line says it with --json. */
static json_t *error_schema(void)
{
	return json_pack("{s:s, s:{s:{s:b}, s:{s:s, s:{s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}},"
			 " s:[s,s]}}, s:[s,s]}",
			 "type", "object", "properties", "success", "const", 0, "error", "type",
			 "object", "properties", "code", "type", "string", "message", "type",
			 "string", "hint", "type", "string", "holder", "type", "object", "required",
			 "code", "message", "required", "success", "error");
}

static bool put_output(json_t *schemas, const char *name)
{
	const struct operation *op = operation_named(name);
	CLEANUP(json_cleanup) json_t *schema = schema_of(op);
	json_t *output = json_object_get(schema, "output");

	return json_object_get(schemas, name) ||
	       (output && json_put(schemas, name, json_incref(output)));
}

static json_t *components(void)
{
	CLEANUP(json_cleanup) json_t *schemas = json_object();
	bool ok = schemas && json_put(schemas, "problem", problem_schema()) &&
		  json_put(schemas, "error", error_schema());

	for (const struct route *r = routes; r->path && ok; r++)
		ok = put_output(schemas, r->operation);
	return ok ? json_pack("{s:O, s:{s:{s:s, s:s}}}", "schemas", schemas, "securitySchemes",
			      "token", "type", "http", "scheme", "bearer")
		  : NULL;
}

json_t *openapi_document(void)
{
	CLEANUP(json_cleanup)
	json_t *document = json_pack("{s:s, s:{s:s, s:s, s:s}, s:[{s:s}], s:[{}, {s:[]}]}",
				     "openapi", "3.1.0", "info", "title", "portbook", "version",
				     PORTBOOK_VERSION, "description",
				     "The book of who owns which TCP and UDP port.", "servers",
				     "url", "/", "security", "token");

	if (!document || !json_put(document, "paths", paths_of_all()) ||
	    !json_put(document, "components", components()))
		return NULL;
	return json_incref(document);
}
