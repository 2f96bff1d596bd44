/* Files of command lines, each read as all kinds of them. */
#include "fuzz_mentions.h"

static void fuzz_one(const char *text, size_t size)
{
	fuzz_mentions(mentions_package_json, text, size);
	fuzz_mentions(mentions_procfile, text, size);
	fuzz_mentions(mentions_makefile, text, size);
	fuzz_mentions(mentions_shell, text, size);
	fuzz_mentions(mentions_dockerfile, text, size);
}
