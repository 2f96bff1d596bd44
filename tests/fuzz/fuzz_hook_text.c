/* Our lines go in once and come out again; nothing else of the hook is touched. */
#include "cli/hook_text.h"
#include "fuzz.h"

static bool is_same(const struct text *a, const struct text *b)
{
	return a->len == b->len && !memcmp(text_str(a), text_str(b), a->len);
}

static void check_kind(enum hook_kind kind, const char *text, size_t size)
{
	CLEANUP(text_release) struct text others = { 0 }, in = { 0 }, again = { 0 }, out = { 0 };

	hook_without(text, size, &others);
	hook_with(kind, text, size, &in);
	hook_with(kind, text_str(&in), in.len, &again);
	hook_without(text_str(&in), in.len, &out);
	MUST(others.len <= size && is_same(&in, &again));
	/* Nothing became a script, and the interpreter's line has its end: else it is the same. */
	if (!others.len)
		MUST(hook_is_empty(text_str(&out), out.len));
	else if (out.len == others.len + 1)
		MUST(!memcmp(text_str(&out), text_str(&others), others.len) &&
		     out.s[others.len] == '\n');
	else
		MUST(is_same(&out, &others));
	(void)hook_is_shell(text, size);
	(void)hook_is_empty(text, size);
}

static void fuzz_one(const char *text, size_t size)
{
	for (unsigned kind = 0; kind < HOOK_KIND_COUNT; kind++)
		check_kind((enum hook_kind)kind, text, size);
}
