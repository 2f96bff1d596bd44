/* A Procfile keeps its lines and their ends; those of other processes as they are. */
#include "fuzz_render.h"

static void fuzz_one(const char *text, size_t size)
{
	CLEANUP(text_release) struct text once = { 0 };
	struct lines was = { .rest = text, .left = size }, is = { 0 };

	if (!fuzz_splice("Procfile", text, size, NULL, &once))
		return;
	is = (struct lines){ .rest = once.s, .left = once.len };
	while (lines_next(&was)) {
		MUST(lines_next(&is) && is.end_len == was.end_len);
		if (!memchr(was.line, ':', was.len))
			MUST(is.len == was.len && !memcmp(is.line, was.line, was.len));
	}
	MUST(!lines_next(&is));
}
