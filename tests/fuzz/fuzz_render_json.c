/* An object of JSON keeps what it says, and how it is written, but for our members. */
#include "base/json.h"
#include "fuzz_render.h"

static void fuzz_one(const char *text, size_t size)
{
	CLEANUP(text_release) struct text once = { 0 };
	CLEANUP(json_cleanup) json_t *was = NULL;
	CLEANUP(json_cleanup) json_t *is = NULL;

	if (!fuzz_splice("json", text, size, NULL, &once))
		return;
	MUST(json_parse(text, size, &was, NULL) && json_parse(once.s, once.len, &is, NULL));
	for (size_t i = 0; i < ARRAY_LEN(fuzz_ports); i++) {
		MUST(json_int_of(is, fuzz_ports[i].variable, 0) == fuzz_ports[i].port);
		json_object_del(was, fuzz_ports[i].variable);
		json_object_del(is, fuzz_ports[i].variable);
	}
	MUST(json_equal(was, is));
}
