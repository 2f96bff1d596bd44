/* Any template ends, and makes the same text twice. */
#include "formats/mustache.h"
#include "fuzz.h"

static void fuzz_one(const char *text, size_t size)
{
	CLEANUP(json_cleanup)
	json_t *values = json_loads(
		"{\"a\":{\"b\":\"<x>\"},\"l\":[1,{\"a\":2},[3]],\"n\":null,\"t\":true,\"s\":\"&\"}",
		0, NULL);
	CLEANUP(text_release) struct text once = { 0 }, twice = { 0 };
	struct err err = { 0 };
	bool ok;

	MUST(values);
	ok = mustache_render(text, size, "t", values, &once, &err);
	MUST(ok || (err.code == ERR_INVALID && !strncmp(err.text, "t:", 2)));
	MUST(mustache_render(text, size, "t", values, &twice, NULL) == ok);
	MUST(once.len == twice.len && !memcmp(text_str(&once), text_str(&twice), once.len));
}
