/* A configuration that is changed is one that can be read again, token by token. */
#include "formats/js.h"
#include "fuzz_render.h"

static unsigned count_tokens(const char *bytes, size_t len)
{
	struct js j = { .bytes = bytes, .len = len, .file = "f" };
	unsigned count = 0;
	bool more;

	for (;;) {
		MUST(js_next(&j, &more, NULL));
		if (!more)
			return count;
		MUST(j.from < j.to && j.to <= len);
		count++;
	}
}

static void fuzz_one(const char *text, size_t size)
{
	CLEANUP(text_release) struct text once = { 0 };

	if (fuzz_splice("vite", text, size, NULL, &once))
		MUST(count_tokens(once.s, once.len) >= count_tokens(text, size));
}
