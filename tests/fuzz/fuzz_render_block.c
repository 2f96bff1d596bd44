/* Around our lines every byte stays, and a file that had none begins with what it was. */
#include "fuzz_render.h"

static const char start[] = "# >>> portbook shop@1 dev (";

static void fuzz_one(const char *text, size_t size)
{
	CLEANUP(text_release) struct text hosts = { 0 }, page = { 0 };
	size_t same = 0;

	(void)fuzz_splice("markdown", text, size, NULL, &page);
	if (!fuzz_splice("hosts", text, size, NULL, &hosts))
		return;
	while (same < size && same < hosts.len && text[same] == hosts.s[same])
		same++;
	/* What is the first to differ are our lines: their mark, or what stands behind it. */
	MUST(same < hosts.len || same == size);
	MUST(strstr(hosts.s, start));
	if (!strstr(text, start))
		MUST(same == size);
}
