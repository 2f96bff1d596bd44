/* Programs, each read in all languages; and every token of them lies behind the one before. */
#include "formats/source.h"
#include "fuzz_mentions.h"

static void walk(enum source_language language, const char *text, size_t size)
{
	struct source s = { language, text, size, 0 };
	size_t last = 0;

	for (;;) {
		struct source_token t = source_next(&s);

		MUST(t.from <= t.to && t.to <= size && t.from >= last && s.at <= size);
		if (t.kind == SOURCE_END)
			return;
		MUST(s.at > last);
		last = t.to;
	}
}

static void fuzz_one(const char *text, size_t size)
{
	walk(SOURCE_JS, text, size);
	walk(SOURCE_PYTHON, text, size);
	walk(SOURCE_GO, text, size);
	fuzz_mentions(mentions_js_config, text, size);
	fuzz_mentions(mentions_js, text, size);
	fuzz_mentions(mentions_python, text, size);
	fuzz_mentions(mentions_go, text, size);
}
