/*
 * What tools/list says of a tool, made from its operation's schema.
 */
#include <string.h>

#include "mcp/tool.h"
#include "operations/operation.h"

/* The member's copy without what only the operation takes; NULL: no memory. */
static json_t *property_of(const json_t *fields, const struct tool_argument *a)
{
	const json_t *field = json_object_get(fields, a->field ? a->field : a->name);
	json_t *p = json_deep_copy(field);

	if (a->as_text || a->as_after) {
		json_decref(p);
		p = json_pack("{s:s, s:O}", "type", a->as_text ? "integer" : "string",
			      "description", json_object_get(field, "description"));
	}
	if (p && ((a->description && !json_put_text(p, "description", a->description)) ||
		  (a->as_text && !json_put_int(p, "minimum", 1)) ||
		  (a->most && !json_put_int(p, "maximum", a->most)) ||
		  (a->otherwise && !json_put_int(p, "default", a->otherwise)) ||
		  (a->is_true && !json_put_bool(p, "default", true)))) {
		json_decref(p);
		return NULL;
	}
	return p;
}

static json_t *input_schema(const struct port_tool *t, const json_t *operation)
{
	const json_t *fields = json_object_get(json_object_get(operation, "input"), "properties");
	CLEANUP(json_cleanup) json_t *properties = json_object();
	CLEANUP(json_cleanup) json_t *required = json_array();

	for (const struct tool_argument *a = t->arguments; a->name; a++)
		if (!json_put(properties, a->name, property_of(fields, a)) ||
		    (a->required && !json_append(required, json_string(a->name))))
			return NULL;
	return json_pack("{s:s, s:O, s:O, s:b}", "type", "object", "properties", properties,
			 "required", required, "additionalProperties", 0);
}

/* The members of the list's rows are the answer's own. */
static bool replace_rows(const struct port_tool *t, json_t *schema)
{
	json_t *properties = json_object_get(schema, "properties");
	json_t *rows = json_object_get(properties, t->first_of);
	json_t *of_row = json_object_get(json_object_get(rows, "items"), "properties");

	return json_object_update_missing(properties, of_row) == 0 &&
	       json_object_del(properties, t->first_of) == 0;
}

static bool add_members(const struct port_tool *t, json_t *properties)
{
	if (t->is_paged &&
	    (json_object_del(properties, "next") < 0 || json_object_del(properties, "count") < 0 ||
	     !json_put(properties, "nextCursor",
		       json_pack("{s:s, s:s}", "type", "string", "description",
				 "There are more: the cursor of the next page."))))
		return false;
	return !t->longest ||
	       json_put(properties, "omitted",
			json_pack("{s:s, s:s}", "type", "object", "description",
				  "How many rows of a long list are left out, by its name."));
}

static void for_parts(json_t *schema, void (*visit)(json_t *part))
{
	const char *name;
	json_t *value;

	json_object_foreach(json_object_get(schema, "properties"), name, value)
		visit(value);
	if (json_object_get(schema, "items"))
		visit(json_object_get(schema, "items"));
}

/* "required" names no member that is not there any more, in any of the objects. */
static void trim_required(json_t *schema)
{
	json_t *required = json_object_get(schema, "required");
	const json_t *properties = json_object_get(schema, "properties");

	for (size_t i = json_array_size(required); i-- > 0;)
		if (!json_object_get(properties, json_string_value(json_array_get(required, i))))
			(void)json_array_remove(required, i);
	for_parts(schema, trim_required);
}

/* What a row's members mean their names say; each word is paid for in every conversation. */
static void make_terse(json_t *part)
{
	static const char *const words[] = { "description", "examples", "format", "maximum",
					     "minimum" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		(void)json_object_del(part, words[i]);
	for_parts(part, make_terse);
}

static void make_parts_terse(json_t *member)
{
	for_parts(member, make_terse);
}

static json_t *output_schema(const struct port_tool *t, const json_t *operation)
{
	CLEANUP(json_cleanup)
	json_t *schema = json_deep_copy(json_object_get(operation, "output"));

	if (!schema || (t->first_of && !replace_rows(t, schema)) ||
	    !add_members(t, json_object_get(schema, "properties")))
		return NULL;
	port_noise_strip(schema);
	trim_required(schema);
	for_parts(schema, make_parts_terse);
	return json_incref(schema);
}

static json_t *annotations(const struct port_tool *t)
{
	return json_pack("{s:s, s:b, s:b, s:b, s:b}", "title", t->title, "readOnlyHint",
			 (t->traits & TOOL_READS) != 0, "destructiveHint",
			 (t->traits & TOOL_DESTROYS) != 0, "idempotentHint",
			 (t->traits & TOOL_REPEATABLE) != 0, "openWorldHint", 0);
}

bool port_tool_describe(const struct mcp_tool *tool, json_t *entry, struct err *err)
{
	const struct port_tool *t = (const struct port_tool *)tool;
	const struct schema *s = operation_named(t->operation)->schema;
	CLEANUP(json_cleanup) json_t *operation = NULL;

	if (!json_parse(s->text, s->text_len, &operation, err))
		return false;
	return (json_put_text(entry, "title", t->title) &&
		json_put_text(entry, "description", t->description) &&
		json_put(entry, "inputSchema", input_schema(t, operation)) &&
		json_put(entry, "outputSchema", output_schema(t, operation)) &&
		json_put(entry, "annotations", annotations(t))) ||
	       fail_memory(err);
}
