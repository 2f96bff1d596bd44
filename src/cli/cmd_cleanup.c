#include <stdio.h>

#include "cli/cmd.h"
#include "cli/entry_options.h"
#include "cli/entry_text.h"
#include "cli/piece.h"
#include "cli/rows.h"
#include "cli/screen.h"

/* clang-format off */
static const struct option_spec options[] = {
	OPTION_DRY_RUN,
	{ .name = "orphans", .letter = 'o', .kind = VALUE_FLAG, .field = "orphans",
	  .help = "only ports whose worktree or project directory is gone" },
	{ .name = "instances", .kind = VALUE_FLAG, .field = "instances",
	  .help = "only instances whose worktree git no longer has" },
	{ .name = "idle", .kind = VALUE_INT, .arg = "DAYS", .otherwise = "7", .field = "idleDays",
	  .min = 1, .max = 36500,
	  .help = "ports on which nobody was seen listening for so many days; 7 if not said" },
	{ .name = "project", .letter = 'p', .kind = VALUE_TEXT, .arg = "PROJECT",
	  .field = "projectName", .completes = COMPLETES_PROJECT_NAME,
	  .help = "only this project's" },
	{ .name = "yes", .letter = 'y', .kind = VALUE_FLAG, .field = "yes",
	  .help = "also what a hostname leads to, and what is of production" },
	{ .name = "report", .kind = VALUE_FLAG,
	  .help = "change nothing: inactive projects, owners, use of the ranges" },
	{ 0 },
};
/* clang-format on */

/* --- the review */

static void show_used(const json_t *row, struct text *t)
{
	usage_add(t, row);
}

static void show_path(const json_t *row, struct text *t)
{
	screen_add(t, text_or(row, "path", ""), 0);
	if (json_bool_of(row, "isGone"))
		text_add(t, " (gone)");
}

/* clang-format off */
static const struct column inactive_columns[] = {
	{ .title = "INACTIVE PROJECT", .field = "projectName", .least = 8 },
	{ .title = "OWNER", .field = "owner", .least = 6 },
	{ .title = "PORTS", .field = "ports", .kind = COLUMN_NUMBER },
	{ .title = "LAST SEEN (UTC)", .field = "lastSeenAt", .kind = COLUMN_TIME },
	{ .title = "DAYS", .field = "days", .kind = COLUMN_NUMBER },
	{ .title = "PATH", .field = "path", .least = 12, .usual = "", .show = show_path },
	{ 0 },
};
static const struct column owner_columns[] = {
	{ .title = "OWNER", .field = "owner", .least = 8 },
	{ .title = "PROJECTS", .field = "projects", .kind = COLUMN_NUMBER },
	{ .title = "PORTS", .field = "ports", .kind = COLUMN_NUMBER },
	{ .title = "IN USE", .field = "inUse", .kind = COLUMN_NUMBER },
	{ 0 },
};
static const struct column range_columns[] = {
	{ .title = "RANGE", .field = "rangeName", .least = 10 },
	{ .title = "PORTS", .field = "rangeStart", .show = span_show },
	{ .title = "USED", .field = "utilizationPercent", .kind = COLUMN_PERCENT, .show = show_used },
	{ 0 },
};
/* clang-format on */

static bool report_render(struct run *r, const json_t *answer, struct err *err)
{
	char none[80];

	snprintf(none, sizeof(none), "no project is inactive for %lld days",
		 (long long)json_int_of(answer, "idleDays", 0));
	if (!rows_show(r, json_object_get(answer, "inactive"), inactive_columns, none, err))
		return false;
	text_add(&r->out.text, r->out.text.len ? "\n" : "");
	if (!rows_show(r, json_object_get(answer, "owners"), owner_columns, "nobody owns a project",
		       err))
		return false;
	text_add(&r->out.text, "\n");
	return rows_show(r, json_object_get(answer, "ranges"), range_columns, "", err);
}

/* --- cleaning */

static void add_port(struct text *t, const json_t *row)
{
	entry_add_port(t, row);
	text_add(t, " (");
	entry_add_name(t, row);
	text_add(t, "): ");
	screen_add(t, text_or(row, "why", ""), 0);
}

/* "released shop@2: git has no worktree ...", and its ports below. */
static void add_instance(struct text *t, const json_t *row)
{
	text_add(t, text_or(row, "projectName", "?"));
	text_addf(t, "@%lld: ", (long long)json_int_of(row, "instance", 0));
	screen_add(t, text_or(row, "why", ""), 0);
}

static void add_released(struct run *r, const json_t *answer, const char *verb)
{
	const json_t *row, *port;
	struct text *t = &r->out.text;
	size_t i, n;

	json_array_foreach(json_object_get(answer, "released"), i, row) {
		text_addf(t, "%s ", verb);
		add_port(t, row);
		text_add(t, "\n");
	}
	json_array_foreach(json_object_get(answer, "instances"), i, row) {
		text_addf(t, "%s ", verb);
		add_instance(t, row);
		text_add(t, "\n");
		json_array_foreach(json_object_get(row, "ports"), n, port)
			entry_add_line(t, port, 2);
	}
}

static void add_kept(struct text *t, const json_t *row)
{
	text_add(t, "; ");
	screen_add(t, text_or(row, "kept", ""), 0);
	text_add(t, json_bool_of(row, "needsYes") ? " (with --yes it goes, too)\n" : "\n");
}

static void add_all_kept(struct run *r, const json_t *answer)
{
	struct text *t = &r->out.text;
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(answer, "kept"), i, row) {
		text_add(t, "kept ");
		add_port(t, row);
		add_kept(t, row);
	}
	json_array_foreach(json_object_get(answer, "keptInstances"), i, row) {
		text_add(t, "kept ");
		add_instance(t, row);
		add_kept(t, row);
	}
}

static void add_idle(struct run *r, const json_t *answer)
{
	const json_t *rows = json_object_get(answer, "idle"), *row;
	long long days = json_int_of(answer, "idleDays", 0);
	struct text *t = &r->out.text;
	size_t i;

	if (!json_array_size(rows))
		return;
	text_addf(t, "idle, and left as they are (portbook cleanup --idle %lld releases them):\n",
		  days);
	json_array_foreach(rows, i, row) {
		text_add(t, "  ");
		add_port(t, row);
		text_add(t, "\n");
	}
}

static void add_summary(struct run *r, const json_t *answer)
{
	bool trial = json_bool_of(answer, "dryRun");
	long long ports = json_int_of(answer, "count", 0);
	size_t instances = json_array_size(json_object_get(answer, "instances"));

	if (!ports && !instances) {
		output_note(&r->out, "there is nothing to clean away");
		return;
	}
	text_addf(&r->out.text, "%lld port%s", ports, ports == 1 ? "" : "s");
	if (instances)
		text_addf(&r->out.text, " and %zu instance%s", instances,
			  instances == 1 ? "" : "s");
	text_addf(&r->out.text, "%s\n",
		  trial ? " would be released" : " released; to take it back: portbook undo");
}

static bool cleanup_render(struct run *r, const json_t *answer, struct err *err)
{
	if (run_has(r, "report"))
		return report_render(r, answer, err);
	add_released(r, answer, json_bool_of(answer, "dryRun") ? "would release" : "released");
	add_all_kept(r, answer);
	add_idle(r, answer);
	add_summary(r, answer);
	return true;
}

/* Of the options of cleaning only --idle means something to a review. */
static bool check_report(struct run *r, struct err *err)
{
	static const char *const others[] = { "orphans", "instances", "yes", "projectName" };

	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (json_object_get(r->input, others[i])) {
			fail(err, ERR_INVALID,
			     "--report changes nothing and is about the whole book");
			return fail_hint(err, "portbook cleanup --report [--idle DAYS]");
		}
	json_object_del(r->input, "dryRun");
	return true;
}

static bool cleanup_run(struct run *r, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	bool reports = run_has(r, "report");

	return (!reports || check_report(r, err)) &&
	       run_call(r, reports ? "cleanup-report" : "cleanup", r->input, &answer, err) &&
	       run_show(r, answer, err);
}

static const struct example examples[] = {
	{ "portbook cleanup --dry-run", "what would go, what stays and why" },
	{ "portbook cleanup --idle 30 --dry-run", "what nobody has used for a month" },
	{ "portbook cleanup --report", "for the monthly review" },
	{ NULL, NULL },
};

#define CLEANUP_TEXT                                                                            \
	"Gives back temporary ports whose time is over, ports whose worktree or project "       \
	"directory is gone, and instances whose worktree git no longer has. Ports on which "    \
	"nobody was seen listening for 7 days are only named, unless --idle asks for them.\n\n" \
	"Never a port on which something listens now. One that a hostname leads to, or of "     \
	"production, stays unless --yes is given. 'portbook undo' takes all of it back."

#define CLEANUP_COMMAND(word, hidden)                                                       \
	{                                                                                   \
		.name = (word), .group = GROUP_PORTS, .is_hidden = (hidden),                \
		.summary = "give back what nobody needs any more", .text = CLEANUP_TEXT,    \
		.examples = examples, .options = options, .operation = "cleanup",           \
		.sends = SENDS_NO_OTHER_HOST, .run = cleanup_run, .render = cleanup_render, \
	}

const struct command cmd_cleanup = CLEANUP_COMMAND("cleanup", false);

/* What other tools call it. */
const struct command cmd_clean = CLEANUP_COMMAND("clean", true);
