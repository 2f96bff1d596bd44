#include "base/json_walk.h"
#include "fuzz.h"

/* What jansson takes is not refused, and a refusal says where. */
static bool refused(const json_t *expected, const struct err *why)
{
	MUST(!expected && !strncmp(why->text, "f:", 2));
	return false;
}

/* Each member, as a value. */
static bool walk_all(const struct json_piece *whole, json_t *expected)
{
	struct json_walk w = json_walk_of(whole);
	size_t n = 0;
	bool more = true;

	for (;; n++) {
		CLEANUP(json_cleanup) json_t *value = NULL;
		struct err err = { 0 };

		if (!json_walk_next(&w, &more, &err))
			return refused(expected, &err);
		if (!more)
			break;
		MUST(w.value.len && w.value.line >= whole->line);
		if (!json_piece_parse(&w.value, &value, &err))
			return refused(expected, &err);
		MUST(!json_is_array(expected) || json_equal(json_array_get(expected, n), value));
	}
	MUST(!expected || n == (json_is_array(expected) ? json_array_size(expected)
							: json_object_size(expected)));
	return true;
}

/* What jansson reads at once is walked through; what it refuses may be, too, in part. */
static void fuzz_one(const char *text, size_t size)
{
	CLEANUP(json_cleanup) json_t *json = NULL;
	struct json_piece whole;
	struct err err = { 0 };

	if (!json_parse(text, size, &json, NULL))
		json = NULL;
	if (!json_piece_of(text, size, "f", &whole, &err)) {
		MUST(!json && err.code == ERR_INVALID && !strncmp(err.text, "f:", 2));
		return;
	}
	if (json_piece_kind(&whole) == '{' || json_piece_kind(&whole) == '[')
		walk_all(&whole, json);
}
