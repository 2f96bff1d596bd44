/* A script of bash keeps its lines, but for the values of our variables. */
#include "formats/dotenv.h"
#include "fuzz_render.h"

static void fuzz_one(const char *text, size_t size)
{
	CLEANUP(text_release) struct text once = { 0 };
	struct dotenv was = { text, size }, is = { 0 };
	struct dotenv_item a, b;

	if (!fuzz_splice("direnv", text, size, NULL, &once))
		return;
	is = (struct dotenv){ once.s, once.len };
	while (dotenv_next(&was, &a)) {
		MUST(dotenv_next(&is, &b));
		MUST(a.line == b.line && a.name_len == b.name_len &&
		     !memcmp(text + a.name, once.s + b.name, a.name_len));
	}
}
