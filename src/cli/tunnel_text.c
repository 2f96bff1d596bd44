#include "cli/tunnel_text.h"

#include <string.h>

#include "cli/entry_text.h"
#include "cli/rows.h"
#include "cli/screen.h"

/* "any": the rule that takes what no other does. */
static void show_hostname(const json_t *row, struct text *t)
{
	const char *name = text_or(row, "hostname", "");

	screen_add(t, *name ? name : "(any)", 0);
}

/* clang-format off */
static const struct column columns[] = {
	{ .title = "LINE", .field = "line", .kind = COLUMN_NUMBER,
	  .importance = TABLE_TELLS_APART + 1, .usual = "" },
	{ .title = "HOSTNAME", .field = "hostname", .least = 16, .show = show_hostname },
	{ .title = "VERDICT", .field = "verdict" },
	{ .title = "WHAT", .field = "message", .least = 24 },
	{ .title = "DO", .field = "hint", .for_programs = true },
	{ .title = "SERVICE", .field = "service", .for_programs = true },
	{ .title = "PORT", .field = "port", .kind = COLUMN_NUMBER, .for_programs = true },
	{ .title = "PROJECT", .field = "projectName", .for_programs = true },
	{ .title = "NAME", .field = "serviceName", .for_programs = true },
	{ 0 },
};
/* clang-format on */

static const char *plural(long long n)
{
	return n == 1 ? "" : "s";
}

static bool was_said(const json_t *rows, size_t before, const char *hint)
{
	for (size_t i = 0; i < before; i++)
		if (!strcmp(text_or(json_array_get(rows, i), "hint", ""), hint))
			return true;
	return false;
}

/* What to do, each once: most rows have the same, and a table would cut it. */
static void add_hints(const json_t *rows, struct text *ret)
{
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) {
		const char *hint = text_or(row, "hint", "");

		if (!*hint || was_said(rows, i, hint))
			continue;
		text_add(ret, "  ");
		screen_add(ret, hint, 0);
		text_add(ret, "\n");
	}
}

bool tunnel_text_add(struct run *r, const json_t *answer, struct err *err)
{
	const json_t *rows = json_object_get(answer, "findings");
	const json_t *summary = json_object_get(answer, "summary");
	long long rules = json_int_of(summary, "rules", 0);
	long long entries = json_int_of(summary, "entries", 0);
	const char *format = run_text(r, "format");

	if (json_array_size(rows) && !rows_show(r, rows, columns, "", err))
		return false;
	if (format && strcmp(format, "table") != 0)
		return true;
	if (json_array_size(rows))
		text_add(&r->out.text, "\n");
	text_addf(&r->out.text, "%lld rule%s, %lld service%s with a hostname, ", rules,
		  plural(rules), entries, plural(entries));
	if (json_array_size(rows))
		text_addf(&r->out.text, "%zu not as they should be\n", json_array_size(rows));
	else
		text_add(&r->out.text, "all as they should be\n");
	add_hints(rows, &r->out.text);
	return text_ok(&r->out.text) || fail_memory(err);
}
