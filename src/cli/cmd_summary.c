#include "cli/cmd.h"
#include "cli/entry_text.h"
#include "cli/piece.h"
#include "cli/rows.h"
#include "cli/screen.h"

static const struct arg_spec args[] = {
	{ "PROJECT", VALUE_TEXT, "projectName", COMPLETES_PROJECT_NAME }, { 0 }
};

static void show_used(const json_t *row, struct text *t)
{
	usage_add(t, row);
}

static void show_gaps(const json_t *row, struct text *t)
{
	const json_t *gap;
	size_t i;

	json_array_foreach(json_object_get(row, "gaps"), i, gap)
		text_addf(t, "%s%s", i ? " " : "",
			  json_is_string(gap) ? json_string_value(gap) : "?");
}

/* clang-format off */
static const struct column columns[] = {
	{ .title = "RANGE", .field = "rangeName", .least = 10 },
	{ .title = "PORTS", .field = "rangeStart", .show = span_show },
	{ .title = "USED", .field = "utilizationPercent", .kind = COLUMN_PERCENT,
	  .show = show_used },
	{ .title = "FREE", .field = "availablePorts", .kind = COLUMN_NUMBER, .importance = 1 },
	{ .title = "FREE GAPS", .field = "gaps", .importance = 2, .least = 9, .usual = "",
	  .show = show_gaps },
	{ 0 },
};
/* clang-format on */

static void add_totals(struct run *r, const json_t *summary)
{
	CLEANUP(piece_cleanup) struct piece usage = { .of = &r->out.text };

	span_add(&r->out.text, summary);
	usage_add(&usage.text, summary);
	text_add(&r->out.text, "  ");
	output_styled(&r->out, usage_style(summary), text_str(&usage.text));
	text_addf(&r->out.text, " used, %lld free\n\n",
		  (long long)json_int_of(summary, "availablePorts", 0));
}

static bool summary_render(struct run *r, const json_t *answer, struct err *err)
{
	add_totals(r, json_object_get(answer, "summary"));
	return rows_show(r, json_object_get(answer, "ranges"), columns, "there are no ranges", err);
}

const struct command cmd_summary = {
	.name = "summary",
	.group = GROUP_LOOK,
	.summary = "how many ports there are, are used and are free",
	.text = "Of one project, or of every range of the policy with its free gaps. What is more "
		"than 80% full is flagged. Registered and reserved ports are not counted.",
	.args = args,
	.operation = "summary",
	.sends = SENDS_HOST,
	.render = summary_render,
};
