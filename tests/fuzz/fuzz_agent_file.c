/* Whatever stands in the file of an agent's program: ours is written into it once, or not at all. */
#include "fuzz.h"

#include "cli/agent_file.h"

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

static void fuzz_one(const char *text, size_t size)
{
	check(agent_file_json, text, size);
	check(agent_file_toml, text, size);
}
