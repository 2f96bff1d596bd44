/* What is parsed, is the same when it is written and parsed again. */
#include "base/json.h"
#include "fuzz.h"

static void fuzz_one(const char *text, size_t size)
{
	CLEANUP(json_cleanup) json_t *json = NULL, *back = NULL;
	CLEANUP(json_text_cleanup) char *again = NULL;
	struct err err = { 0 };

	if (!json_parse(text, size, &json, &err)) {
		MUST(err.code == ERR_INVALID && err.text[0]);
		return;
	}
	MUST(json_format(json, &again, &err));
	MUST(json_parse(again, strlen(again), &back, &err));
	MUST(json_equal(json, back) || strpbrk(text, ".eE")); /* a real may lose a digit */
}
