/* What is no line of a port, an address or the project stays, and in its order. */
#include "formats/toml.h"
#include "fuzz.h"
#include "formats/render.h"

static const struct port_value parts[] = {
	{ .variable = "DB_PORT", .port = 3101, .service = "db", .nth = 1 },
	{ .variable = "SHADOW_PORT", .port = 3103, .service = "shadow", .nth = 1 },
	{ .variable = "SUPABASE_API_PORT", .port = 3104, .service = "supabase-api", .nth = 1 },
	{ .variable = "WEB_PORT", .port = 3100, .service = "web", .nth = 1 },
};
static const struct port_values values = { .project = "shop",
					   .environment = "dev",
					   .instance = 2,
					   .command = "make it",
					   .items = parts,
					   .count = ARRAY_LEN(parts) };

static bool is_ours(const struct toml *t)
{
	static const char *const keys[] = { "port", "shadow_port", "site_url", "project_id" };

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (!t->is_section && !strcmp(t->key, keys[i]))
			return true;
	return false;
}

/* The next piece that is not ours; false: there is none. */
static bool next_other(struct toml *t)
{
	bool more;

	do {
		MUST(toml_next(t, &more, NULL));
	} while (more && is_ours(t));
	return more;
}

static void fuzz_one(const char *text, size_t size)
{
	const struct file_bytes old = { "f", text, size };
	CLEANUP(text_release) struct text once = { 0 };
	struct toml was = { .lines = { .rest = text, .left = size }, .file = "f" }, is = was;
	struct err err = { 0 };

	if (!render_splice(render_format_named("supabase"), &values, &old, NULL, &once, &err)) {
		MUST(err.code == ERR_INVALID && !strncmp(err.text, "f:", 2));
		return;
	}
	is.lines = (struct lines){ .rest = once.s, .left = once.len };
	while (next_other(&was)) {
		MUST(next_other(&is) && was.is_section == is.is_section);
		MUST(!strcmp(was.section, is.section) && was.lines.len == is.lines.len);
		MUST(!memcmp(was.lines.line, is.lines.line, was.lines.len));
	}
	MUST(!next_other(&is));
}
