/* Whatever stands in the file of an agent's program: ours is written into it once, or not at all. */
#include "fuzz.h"

#include "cli/agent_file.h"
#include "cli/agent_hooks.h"

typedef bool make_fn(const char *, size_t, const char *, const struct agent_entry *, struct text *,
		     struct err *);

static void check(make_fn *make, const char *text, size_t size)
{
	static const char *const args[] = { "mcp", NULL };
	static const struct agent_entry entry = { .command = "portbook", .args = args };
	CLEANUP(text_release) struct text now = { 0 };
	CLEANUP(text_release) struct text again = { 0 };
	struct err err = { 0 };

	if (!make(text, size, "servers", &entry, &now, &err)) {
		MUST(err.code == ERR_INVALID && err.text[0]);
		return;
	}
	MUST(make(text_str(&now), now.len, "servers", &entry, &again, &err));
	MUST(now.len == again.len && !memcmp(now.s, again.s, now.len));
	MUST(memmem(now.s, now.len, "portbook", 8));
}

/* In once, and out again: then it is what it was, but for what stands between the lines. */
static void check_hooks(const char *text, size_t size)
{
	static const char command[] = "portbook hook check-command";
	CLEANUP(text_release) struct text now = { 0 }, again = { 0 }, out = { 0 }, none = { 0 };
	struct err err = { 0 };

	if (!agent_hooks_with(text, size, "f", command, &now, &err)) {
		MUST(err.code == ERR_INVALID && err.text[0]);
		return;
	}
	MUST(agent_hooks_with(text_str(&now), now.len, "f", command, &again, &err));
	MUST(now.len == again.len && !memcmp(now.s, again.s, now.len));
	MUST(memmem(now.s, now.len, "check-command", 13));
	MUST(agent_hooks_without(text_str(&now), now.len, "f", &out, &err));
	MUST(agent_hooks_without(text_str(&out), out.len, "f", &none, &err));
	MUST(out.len < now.len);
}

static void fuzz_one(const char *text, size_t size)
{
	check(agent_file_json, text, size);
	check(agent_file_toml, text, size);
	check_hooks(text, size);
}
