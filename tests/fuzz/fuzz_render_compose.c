/*
 * The same services, with the same ports of their containers, and the hosts' side ours.
 * The input is a file, or a base and its override file with a line "%" between.
 */
#include "formats/compose.h"
#include "fuzz_render.h"

static void read_again(struct arena *a, const char *bytes, size_t len, struct compose_file *ret)
{
	MUST(compose_read(a, bytes, len, "f", ret, NULL));
}

static void check_alone(const char *text, size_t size)
{
	CLEANUP(text_release) struct text once = { 0 }, rest = { 0 };
	CLEANUP(arena_release) struct arena arena = { 0 };
	const struct file_bytes file = { "f", text, size };
	struct compose_file was, is;

	MUST(render_format_named("compose")->rest(&fuzz_values, &file, &rest, NULL) ==
	     compose_read(&arena, text, size, "f", &was, NULL));
	if (!fuzz_splice("compose", text, size, NULL, &once))
		return;
	read_again(&arena, text, size, &was);
	read_again(&arena, once.s, once.len, &is);
	MUST(was.count == is.count);
	for (unsigned i = 0; i < was.count; i++)
		MUST(was.services[i].count == is.services[i].count &&
		     !strcmp(was.services[i].key, is.services[i].key));
}

static void fuzz_one(const char *text, size_t size)
{
	CLEANUP(text_release) struct text once = { 0 };
	const char *between = memmem(text, size, "\n%\n", 3);
	struct file_bytes base = { "f", text, between ? (size_t)(between - text) + 1 : size };

	if (!between) {
		check_alone(text, size);
		return;
	}
	(void)fuzz_splice("compose", between + 3, size - base.len - 2, &base, &once);
}
