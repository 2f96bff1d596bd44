/* reserve, unreserve and reservations: three commands about one thing. */
#include "cli/cmd.h"
#include "cli/entry_text.h"
#include "cli/rows.h"
#include "cli/screen.h"

static const struct arg_spec args[] = { { "PORTS", VALUE_TEXT, "ports" }, { 0 } };

/* clang-format off */
static const struct option_spec reserve_options[] = {
	{ .name = "reason", .letter = 'r', .kind = VALUE_TEXT, .arg = "TEXT", .field = "reason",
	  .help = "why, for who asks later; needed" },
	{ .name = "for", .kind = VALUE_TEXT, .arg = "PROJECT", .field = "forProject",
	  .completes = COMPLETES_PROJECT_NAME,
	  .help = "only this project gets them" },
	{ .name = "until", .kind = VALUE_TEXT, .arg = "DATE", .field = "until",
	  .help = "2026-12-31, or a time like 2026-12-31T18:00:00Z" },
	{ 0 },
};
/* clang-format on */

static bool reserve_run(struct run *r, struct err *err)
{
	if (!json_object_get(r->input, "reason")) {
		fail(err, ERR_INVALID, "reserve needs --reason");
		return fail_hint(err, "who finds the port reserved will want to know why");
	}
	return run_plain(r, err);
}

/* What was asked is what was done: the answer has all reservations there are now. */
static bool reserve_render(struct run *r, const json_t *answer, struct err *err)
{
	const char *project = json_text_of(r->input, "forProject");
	struct text *t = &r->out.text;

	screen_add(t, text_or(r->input, "ports", "?"), 0);
	text_add(t, " reserved");
	if (project) {
		text_add(t, " for ");
		screen_add(t, project, 0);
	}
	text_add(t, ": ");
	screen_add(t, text_or(r->input, "reason", ""), 0);
	text_add(t, "\n");
	return true;
}

static bool unreserve_render(struct run *r, const json_t *answer, struct err *err)
{
	screen_add(&r->out.text, text_or(r->input, "ports", "?"), 0);
	text_add(&r->out.text, " no longer reserved\n");
	return true;
}

static const struct example reserve_examples[] = {
	{ "portbook reserve 4000-4010 --reason 'printers'", "nobody is given these" },
	{ "portbook reserve 9100 --reason exporter --for shared-services", "only one project is" },
	{ NULL, NULL },
};

const struct command cmd_reserve = {
	.name = "reserve",
	.group = GROUP_PORTS,
	.summary = "keep ports from being given",
	.text = "PORTS are ports and ranges with commas between: 3000,4000-4010. What is entered "
		"there already stays.",
	.examples = reserve_examples,
	.args = args,
	.min_args = 1,
	.options = reserve_options,
	.operation = "reserve",
	.sends = SENDS_HOST,
	.run = reserve_run,
	.render = reserve_render,
};

static const struct example unreserve_examples[] = {
	{ "portbook unreserve 4000-4010", "they may be given again" },
	{ NULL, NULL },
};

static const struct arg_spec unreserve_args[] = {
	{ "PORTS", VALUE_TEXT, "ports", COMPLETES_RESERVED },
	{ 0 },
};

const struct command cmd_unreserve = {
	.name = "unreserve",
	.group = GROUP_PORTS,
	.summary = "let reserved ports be given again",
	.text = "What the policy reserves can only be changed there.",
	.examples = unreserve_examples,
	.args = unreserve_args,
	.min_args = 1,
	.operation = "unreserve",
	.sends = SENDS_HOST,
	.render = unreserve_render,
};

/* --- reservations */

static void show_source(const json_t *row, struct text *t)
{
	text_add(t, json_bool_of(row, "fromPolicy") ? "policy" : "by hand");
}

/* clang-format off */
static const struct column columns[] = {
	{ .title = "PORTS", .field = "ports" },
	{ .title = "REASON", .field = "reason", .least = 16 },
	{ .title = "ONLY FOR", .field = "projectName", .importance = 1, .least = 10, .usual = "" },
	{ .title = "UNTIL (UTC)", .field = "until", .kind = COLUMN_TIME, .importance = 2,
	  .usual = "" },
	{ .title = "HOST", .field = "host", .importance = 3, .least = 8 },
	{ .title = "FROM", .field = "fromPolicy", .importance = 4, .show = show_source },
	{ 0 },
};
/* clang-format on */

static const struct option_spec list_options[] = { OPTION_FORMAT, { 0 } };

static bool reservations_render(struct run *r, const json_t *answer, struct err *err)
{
	return rows_show(r, json_object_get(answer, "reserved"), columns, "nothing is reserved",
			 err);
}

const struct command cmd_reservations = {
	.name = "reservations",
	.group = GROUP_LOOK,
	.summary = "the ports that are never given, and why",
	.options = list_options,
	.operation = "reservations",
	.sends = SENDS_HOST,
	.run = rows_run,
	.render = reservations_render,
};
