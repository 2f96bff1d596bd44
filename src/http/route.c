#include "http/route.h"

#include <string.h>

#include "base/cursor.h"
#include "operations/operation.h"

/* Paths. */

static bool segment_fits(const char *at, size_t len, const char *segment)
{
	if (*at == '{')
		return true;
	return strlen(segment) == len && !strncmp(at, segment, len);
}

static bool path_fits(const char *path, const struct target *t)
{
	unsigned i = 0;

	while (*path) {
		size_t len = strcspn(++path, "/");

		if (i == t->count || !segment_fits(path, len, t->segments[i++]))
			return false;
		path += len;
	}
	return i == t->count;
}

const struct route *route_find(enum http_method method, const struct target *t, bool *ret_known)
{
	*ret_known = false;
	for (const struct route *r = routes; r->path; r++) {
		if (!path_fits(r->path, t))
			continue;
		*ret_known = true;
		if (r->method == method)
			return r;
	}
	return NULL;
}

void route_methods(const struct target *t, struct text *ret)
{
	for (const struct route *r = routes; r->path; r++)
		if (path_fits(r->path, t))
			text_addf(ret, "%s%s", ret->len ? ", " : "", http_method_name(r->method));
}

/* Input. */

static json_t *list_of(const char *text)
{
	json_t *list = json_array();

	for (;; text++) {
		size_t len = strcspn(text, ",");

		if (!list || !json_append(list, json_stringn(text, len))) {
			json_decref(list);
			return NULL;
		}
		text += len;
		if (!*text)
			return list;
	}
}

static bool integer_of(const char *name, const char *text, json_t **ret, struct err *err)
{
	const char *at = text;
	uint64_t n;

	if (!eat_number(&at, INT64_MAX, &n) || !eat_end(&at))
		return fail(err, ERR_INVALID, "'%s' is a whole number, not '%.80s'", name, text);
	*ret = json_integer((json_int_t)n);
	return true;
}

static bool boolean_of(const char *name, const char *text, json_t **ret, struct err *err)
{
	if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
		return fail(err, ERR_INVALID, "'%s' is true or false, not '%.80s'", name, text);
	*ret = json_boolean(*text == 't');
	return true;
}

/* A text of the URL as a value of the field's type; `*ret` NULL: there is no memory. */
static bool value_of(const struct schema_field *f, const char *text, json_t **ret, struct err *err)
{
	switch (f->type) {
	case FIELD_STRING: *ret = json_string(text); return true;
	case FIELD_INTEGER: return integer_of(f->name, text, ret, err);
	case FIELD_BOOLEAN: return boolean_of(f->name, text, ret, err);
	case FIELD_ARRAY: *ret = list_of(text); return true;
	case FIELD_OBJECT: return fail(err, ERR_INVALID, "'%s' belongs into the body", f->name);
	}
	__builtin_unreachable();
}

static bool put_once(json_t *input, const char *name, json_t *value, struct err *err)
{
	if (!json_object_get(input, name))
		return json_put(input, name, value) || fail_memory(err);
	json_decref(value);
	return fail(err, ERR_INVALID, "'%.80s' is said twice", name);
}

static bool put_text(json_t *input, const struct operation *op, const char *name, const char *text,
		     struct err *err)
{
	const struct schema_field *f = schema_field_named(op->schema, name, err);
	json_t *value = NULL;

	return f && value_of(f, text, &value, err) && put_once(input, name, value, err);
}

static bool put_path(json_t *input, const struct route *route, const struct operation *op,
		     const struct target *t, struct err *err)
{
	const char *path = route->path;
	char name[64];

	for (unsigned i = 0; *path; i++) {
		size_t len = strcspn(++path, "/");

		if (*path == '{' && len - 2 < sizeof(name)) {
			memcpy(name, path + 1, len - 2);
			name[len - 2] = '\0';
			if (!put_text(input, op, name, t->segments[i], err))
				return false;
		}
		path += len;
	}
	return true;
}

static bool put_query(json_t *input, const struct operation *op, const struct target *t,
		      struct err *err)
{
	const char *name;
	json_t *value;

	json_object_foreach(t->query, name, value)
		if (!put_text(input, op, name, json_string_value(value), err))
			return false;
	return true;
}

static bool put_body(json_t *input, const struct http_request *r, struct err *err)
{
	CLEANUP(json_cleanup) json_t *body = NULL;
	const char *name;
	json_t *value;

	if (!r->body_len)
		return true;
	if (!json_parse(r->body, r->body_len, &body, err))
		return fail_while(err, "the body");
	if (!json_is_object(body))
		return fail(err, ERR_INVALID, "the body has to be an object");
	json_object_foreach(body, name, value)
		if (!put_once(input, name, json_incref(value), err))
			return false;
	return true;
}

/* Both texts are of our own table. */
static bool put_ours(json_t *input, const struct route *route, struct err *err)
{
	const char *const texts[] = { route->fixed, route->otherwise };

	for (unsigned i = 0; i < ARRAY_LEN(texts); i++) {
		CLEANUP(json_cleanup)
		json_t *ours = texts[i] ? json_loads(texts[i], 0, NULL) : NULL;

		if (texts[i] && (!ours || (i == 0 ? json_object_update(input, ours)
						  : json_object_update_missing(input, ours)) != 0))
			return fail_memory(err);
	}
	return true;
}

bool route_input(const struct route *route, const struct operation *op,
		 const struct http_request *r, json_t **ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *input = json_object();

	if (!input)
		return fail_memory(err);
	if (!put_path(input, route, op, r->target, err) || !put_query(input, op, r->target, err) ||
	    !put_body(input, r, err) || !put_ours(input, route, err))
		return false;
	*ret = json_incref(input);
	return true;
}

/* Where it is. */

/* "project.projectName": a member of a member. */
static const json_t *member_at(const json_t *answer, const char *path, size_t len)
{
	char name[64];
	const json_t *value = answer;

	for (size_t i = 0; i < len && value;) {
		size_t piece = strcspn(path + i, ".}");

		if (piece >= sizeof(name))
			return NULL;
		memcpy(name, path + i, piece);
		name[piece] = '\0';
		value = json_object_get(value, name);
		i += piece + 1;
	}
	return value;
}

bool route_location(const struct route *route, const json_t *answer, struct text *ret)
{
	const char *at = route->created_at;

	while (*at) {
		size_t plain = strcspn(at, "{");
		const json_t *value;

		text_add_bytes(ret, at, plain);
		at += plain;
		if (!*at)
			break;
		value = member_at(answer, at + 1, strcspn(at, "}") - 1);
		if (json_is_integer(value))
			text_addf(ret, "%lld", (long long)json_integer_value(value));
		else if (json_is_string(value))
			text_add(ret, json_string_value(value));
		else
			return false;
		at += strcspn(at, "}") + 1;
	}
	return text_ok(ret);
}
