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
	{ .title = "LINE", .field = "line", .kind = COLUMN_NUMBER, .importance = 2, .usual = "" },
	{ .title = "HOSTNAME", .field = "hostname", .least = 16, .show = show_hostname },
	{ .title = "VERDICT", .field = "verdict" },
	{ .title = "WHAT", .field = "message", .least = 24 },
	{ .title = "DO", .field = "hint", .importance = 1, .least = 20, .usual = "" },
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
	return text_ok(&r->out.text) || fail_memory(err);
}
