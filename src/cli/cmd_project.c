/* The family `project`: the owners of ports. */
#include "cli/cmd.h"
#include "cli/entry_text.h"
#include "cli/piece.h"
#include "cli/rows.h"
#include "cli/screen.h"

static const struct arg_spec new_args[] = {
	{ "NAME", VALUE_TEXT, "projectName", COMPLETES_NOTHING },
	{ 0 },
};
static const struct arg_spec name_args[] = {
	{ "NAME", VALUE_TEXT, "projectName", COMPLETES_PROJECT_NAME },
	{ 0 },
};

static const char *const statuses[] = { "active", "reserved", "legacy", "archived", NULL };

/* clang-format off */
#define OPTION_STATUS \
	{ .name = "status", .kind = VALUE_TEXT, .arg = "STATUS", .field = "status", \
	  .choices = statuses, .help = "active, reserved, legacy or archived" }

#define OPTIONS_PROJECT \
	{ .name = "number", .letter = 'n', .kind = VALUE_INT, .arg = "N", .field = "number", \
	  .min = 0, .max = UINT16_MAX, .help = "its number, which decides its block" }, \
	{ .name = "path", .kind = VALUE_PATH, .arg = "DIR", .field = "projectPath", \
	  .help = "its directory" }, \
	{ .name = "owner", .kind = VALUE_TEXT, .arg = "USER", .field = "owner", \
	  .help = "who answers for it" }, \
	OPTION_STATUS, \
	{ .name = "description", .letter = 'd', .kind = VALUE_TEXT, .arg = "TEXT", \
	  .field = "description", .help = "what it is" }
/* clang-format on */

static const struct option_spec options[] = { OPTIONS_PROJECT, { 0 } };

/* --- what is said */

static void show_blocks(const json_t *row, struct text *t)
{
	const json_t *range;
	size_t i;

	json_array_foreach(json_object_get(row, "ranges"), i, range)
		text_addf(t, "%s%s", i ? " " : "",
			  json_is_string(range) ? json_string_value(range) : "?");
}

static void add_label(struct text *t, const char *label, const char *value)
{
	if (!value || !*value)
		return;
	text_addf(t, "%-9s ", label);
	screen_add(t, value, 0);
	text_add(t, "\n");
}

/* "project consilio is entered: number 1, ports 3100-3199" */
static bool say(struct run *r, const json_t *answer, const char *what, bool with_block)
{
	const json_t *project = json_object_get(answer, "project");
	long long number = json_int_of(project, "projectNumber", -1);
	struct text *t = &r->out.text;
	CLEANUP(piece_cleanup) struct piece blocks = { .of = &r->out.text };

	show_blocks(project, &blocks.text);
	text_add(t, "project ");
	screen_add(t, text_or(project, "projectName", "?"), 0);
	text_addf(t, " %s", what);
	if (with_block && number >= 0)
		text_addf(t, ": number %lld", number);
	if (with_block && blocks.text.len) {
		text_add(t, number >= 0 ? ", ports " : ": ports ");
		screen_add(t, text_str(&blocks.text), 0);
	}
	text_add(t, "\n");
	return true;
}

static bool add_render(struct run *r, const json_t *answer, struct err *err)
{
	return say(r, answer, "is entered", true);
}

static bool set_render(struct run *r, const json_t *answer, struct err *err)
{
	return say(r, answer, "is changed", true);
}

static bool archive_render(struct run *r, const json_t *answer, struct err *err)
{
	return say(r, answer, "is archived: its ports stay its own, nothing new is given", false);
}

static bool remove_render(struct run *r, const json_t *answer, struct err *err)
{
	return say(r, answer, "is no longer in the book", false);
}

static bool add_block_render(struct run *r, const json_t *answer, struct err *err)
{
	CLEANUP(piece_cleanup) struct piece what = { .of = &r->out.text };

	text_add(&what.text, "has one more block, ");
	span_add(&what.text, json_object_get(answer, "block"));
	return say(r, answer, text_str(&what.text), true);
}

static bool rename_render(struct run *r, const json_t *answer, struct err *err)
{
	struct text *t = &r->out.text;

	text_add(t, "project ");
	screen_add(t, text_or(r->input, "projectName", "?"), 0);
	text_add(t, " is called ");
	screen_add(t, text_or(json_object_get(answer, "project"), "projectName", "?"), 0);
	text_add(t, " now\n");
	return true;
}

static bool show_render(struct run *r, const json_t *answer, struct err *err)
{
	const json_t *project = json_object_get(answer, "project");
	long long number = json_int_of(project, "projectNumber", -1);
	CLEANUP(piece_cleanup) struct piece blocks = { .of = &r->out.text };
	struct text *t = &r->out.text;

	show_blocks(project, &blocks.text);
	add_label(t, "project", json_text_of(project, "projectName"));
	if (number >= 0)
		text_addf(t, "%-9s %lld\n", "number", number);
	add_label(t, "ports", text_str(&blocks.text));
	add_label(t, "status", json_text_of(project, "status"));
	add_label(t, "path", json_text_of(project, "path"));
	add_label(t, "owner", json_text_of(project, "owner"));
	add_label(t, "about", json_text_of(project, "description"));
	text_addf(t, "%-9s %lld\n", "services", (long long)json_int_of(project, "services", 0));
	return true;
}

/* clang-format off */
static const struct column columns[] = {
	{ .title = "NUMBER", .field = "projectNumber", .kind = COLUMN_NUMBER },
	{ .title = "PROJECT", .field = "projectName", .least = 16 },
	{ .title = "PORTS", .field = "ranges", .importance = 1, .least = 11, .usual = "",
	  .show = show_blocks },
	{ .title = "SERVICES", .field = "services", .kind = COLUMN_NUMBER, .importance = 2 },
	{ .title = "STATUS", .field = "status", .importance = 3, .usual = "active" },
	{ .title = "OWNER", .field = "owner", .importance = 5, .least = 8, .usual = "" },
	{ .title = "PATH", .field = "path", .importance = 4, .least = 16, .usual = "" },
	{ .title = "ABOUT", .field = "description", .importance = 6, .least = 12, .usual = "" },
	{ .title = "START", .field = "rangeStart", .for_programs = true },
	{ .title = "END", .field = "rangeEnd", .for_programs = true },
	{ 0 },
};
/* clang-format on */

static bool list_render(struct run *r, const json_t *answer, struct err *err)
{
	return rows_show(r, json_object_get(answer, "projects"), columns,
			 "there are no projects yet", err);
}

/* --- the commands */

static const struct example add_examples[] = {
	{ "portbook project add consilio", "with the lowest number that is free" },
	{ "portbook project add horizon --number 2 --path ~/src/horizon", "with everything said" },
	{ NULL, NULL },
};

const struct command cmd_project_add = {
	.name = "project add",
	.group = GROUP_BOOK,
	.summary = "enter a project",
	.text = "It gets a number and, where the policy has blocks, the block of that number. It has "
		"no directory unless --path names one.",
	.examples = add_examples,
	.args = new_args,
	.min_args = 1,
	.options = options,
	.operation = "project-add",
	.sends = SENDS_HOST,
	.render = add_render,
};

static const struct example set_examples[] = {
	{ "portbook project set consilio --owner eva", "who answers for it" },
	{ "portbook project set consilio --path ''", "an empty text takes it away" },
	{ NULL, NULL },
};

const struct command cmd_project_set = {
	.name = "project set",
	.group = GROUP_BOOK,
	.summary = "change what is said of a project",
	.text = "The number can only be changed while nothing is entered in its block.",
	.examples = set_examples,
	.args = name_args,
	.min_args = 1,
	.options = options,
	.operation = "project-set",
	.sends = SENDS_HOST,
	.render = set_render,
};

static const struct option_spec list_options[] = { OPTION_STATUS, OPTION_FORMAT, { 0 } };

const struct command cmd_project_list = {
	.name = "project list",
	.group = GROUP_BOOK,
	.summary = "the projects, by number",
	.options = list_options,
	.operation = "project-list",
	.sends = SENDS_HOST,
	.run = rows_run,
	.render = list_render,
};

const struct command cmd_project_show = {
	.name = "project show",
	.group = GROUP_BOOK,
	.summary = "what is known of a project itself",
	.text = "Without a name, the project of the directory. portbook show has its services.",
	.args = name_args,
	.operation = "project-show",
	.sends = SENDS_PATH | SENDS_HOST,
	.render = show_render,
};

static const struct arg_spec rename_args[] = { { "NAME", VALUE_TEXT, "projectName",
						 COMPLETES_PROJECT_NAME },
					       { "NEW-NAME", VALUE_TEXT, "newName" },
					       { 0 } };

const struct command cmd_project_rename = {
	.name = "project rename",
	.group = GROUP_BOOK,
	.summary = "give a project another name; its ports stay",
	.args = rename_args,
	.min_args = 2,
	.operation = "project-rename",
	.sends = SENDS_HOST,
	.render = rename_render,
};

const struct command cmd_project_archive = {
	.name = "project archive",
	.group = GROUP_BOOK,
	.summary = "put a project away; its ports stay its own",
	.args = name_args,
	.min_args = 1,
	.operation = "project-archive",
	.sends = SENDS_HOST,
	.render = archive_render,
};

const struct command cmd_project_remove = {
	.name = "project remove",
	.group = GROUP_BOOK,
	.summary = "take a project out of the book",
	.text = "Only when nothing of it is entered: portbook release NAME --all comes first.",
	.args = name_args,
	.min_args = 1,
	.operation = "project-remove",
	.sends = SENDS_HOST,
	.render = remove_render,
};

const struct command cmd_project_add_block = {
	.name = "project add-block",
	.group = GROUP_BOOK,
	.summary = "give a project one more block of ports",
	.args = name_args,
	.min_args = 1,
	.operation = "project-add-block",
	.sends = SENDS_HOST,
	.render = add_block_render,
};
