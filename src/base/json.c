#include "base/json.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"

void json_cleanup(json_t **json)
{
	json_decref(*json);
}

void json_text_cleanup(char **text)
{
	free(*text);
}

bool json_put(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value) == 0;
}

bool json_append(json_t *array, json_t *value)
{
	return json_array_append_new(array, value) == 0;
}

bool json_put_text(json_t *object, const char *key, const char *text)
{
	return json_put(object, key, text && *text ? json_string(text) : json_null());
}

bool json_put_int(json_t *object, const char *key, int64_t value)
{
	return json_put(object, key, json_integer(value));
}

bool json_put_bool(json_t *object, const char *key, bool value)
{
	return json_put(object, key, json_boolean(value));
}

bool json_put_time(json_t *object, const char *key, int64_t ms)
{
	char text[TIME_TEXT_SIZE];

	return json_put_text(object, key, time_format(ms, text));
}

const char *json_text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

int64_t json_int_of(const json_t *object, const char *key, int64_t otherwise)
{
	const json_t *value = json_object_get(object, key);

	return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

bool json_bool_of(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

/* jansson's own limit is 2048 levels; a document that nests so deep is an attack on the stack. */
static bool nests_too_deep(const char *bytes, size_t len)
{
	unsigned depth = 0;
	bool in_string = false;

	for (size_t i = 0; i < len; i++) {
		if (in_string && bytes[i] == '\\')
			i++;
		else if (bytes[i] == '"')
			in_string = !in_string;
		else if (!in_string && (bytes[i] == '[' || bytes[i] == '{') &&
			 ++depth > JSON_MAX_DEPTH)
			return true;
		else if (!in_string && (bytes[i] == ']' || bytes[i] == '}') && depth)
			depth--;
	}
	return false;
}

/* Out of memory, jansson 2.14 says nothing at all, or that the text is wrong. */
static _Thread_local bool was_short_of_memory;

static void *allocate(size_t size)
{
	void *memory = malloc(size);

	if (!memory)
		was_short_of_memory = true;
	return memory;
}

static void watch_memory(void)
{
	json_set_alloc_funcs(allocate, free);
}

/* What is refused before jansson sees it. */
static bool is_fit(const char *bytes, size_t len, struct err *err)
{
	const char *nul = len ? memchr(bytes, '\0', len) : NULL;

	/* jansson takes one after the value for the end of the text. */
	if (nul)
		return fail(err, ERR_INVALID, "not JSON: byte %zu is NUL",
			    (size_t)(nul - bytes) + 1);
	return !nests_too_deep(bytes, len) ||
	       fail(err, ERR_INVALID, "JSON that nests deeper than %d", JSON_MAX_DEPTH);
}

/* Where a text is from. */
struct source {
	const char *file; /* NULL: no file */
	unsigned line;	  /* on which it begins, from 1 */
};

static bool fail_at(const struct source *from, json_error_t *why, struct err *err)
{
	unsigned line = from->line - 1 + (unsigned)why->line;

	utf8_repair(why->text); /* jansson cuts what it quotes anywhere */
	if (from->file)
		return fail(err, ERR_INVALID, "%.200s:%u:%d: not JSON: %s", from->file, line,
			    why->column, why->text);
	return fail(err, ERR_INVALID, "not JSON: line %u, column %d: %s", line, why->column,
		    why->text);
}

static bool load(const char *bytes, size_t len, const struct source *from, json_t **ret,
		 struct err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	json_error_t why;
	json_t *json;

	pthread_once(&once, watch_memory);
	was_short_of_memory = false;
	json = json_loadb(bytes, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
	/* jansson 2.14 goes on without the byte for which it found no memory. */
	if (was_short_of_memory) {
		json_decref(json);
		return fail_memory(err);
	}
	if (!json)
		return fail_at(from, &why, err);
	*ret = json;
	return true;
}

bool json_parse(const char *bytes, size_t len, json_t **ret, struct err *err)
{
	return json_parse_at(bytes, len, 1, ret, err);
}

bool json_parse_at(const char *bytes, size_t len, unsigned line, json_t **ret, struct err *err)
{
	const struct source from = { .line = line };

	return is_fit(bytes, len, err) && load(bytes, len, &from, ret, err);
}

bool json_parse_file(const char *bytes, size_t len, const char *file, json_t **ret, struct err *err)
{
	const struct source from = { .file = file, .line = 1 };

	if (!is_fit(bytes, len, err))
		return fail_while(err, "%.200s", file);
	return load(bytes, len, &from, ret, err);
}

static int add_bytes(const char *bytes, size_t len, void *arg)
{
	text_add_bytes(arg, bytes, len);
	return 0;
}

/* jansson 2.14 does not look whether an object's key could be written: the text remembers it. */
void text_add_json(struct text *t, const json_t *value, size_t flags)
{
	if (json_dump_callback(value, add_bytes, t, flags | JSON_ENCODE_ANY) < 0)
		t->out_of_memory = true;
}

bool json_format(const json_t *json, char **ret, struct err *err)
{
	CLEANUP(text_release) struct text t = { 0 };
	char *text;

	text_add_json(&t, json, JSON_COMPACT);
	text = text_ok(&t) ? text_take(&t) : NULL;
	if (!text)
		return fail_memory(err);
	*ret = text;
	return true;
}
