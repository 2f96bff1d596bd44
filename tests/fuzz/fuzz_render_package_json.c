/* But for the scripts a package.json says what it said, and is JSON still. */
#include "base/json.h"
#include "fuzz_render.h"

static void check_format(const char *format, const char *text, size_t size)
{
	CLEANUP(text_release) struct text once = { 0 };
	CLEANUP(json_cleanup) json_t *was = NULL;
	CLEANUP(json_cleanup) json_t *is = NULL;

	if (!fuzz_splice(format, text, size, NULL, &once))
		return;
	MUST(json_parse(text, size, &was, NULL) && json_parse(once.s, once.len, &is, NULL));
	MUST(json_object_size(json_object_get(was, "scripts")) ==
	     json_object_size(json_object_get(is, "scripts")));
	json_object_del(was, "scripts");
	json_object_del(is, "scripts");
	MUST(json_equal(was, is));
}

static void fuzz_one(const char *text, size_t size)
{
	check_format("package-json", text, size);
	check_format("next", text, size);
}
