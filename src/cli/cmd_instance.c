/* The family `instance`: copies of a project that run beside one another. */
#include "cli/cmd.h"
#include "cli/entry_options.h"
#include "cli/entry_text.h"
#include "cli/piece.h"
#include "cli/rows.h"
#include "cli/screen.h"

static const struct arg_spec project_args[] = { { "PROJECT", VALUE_PROJECT }, { 0 } };
static const struct arg_spec instance_args[] = { { "PROJECT@N", VALUE_PROJECT }, { 0 } };

/* clang-format off */
static const struct option_spec options[] = {
	OPTION_INSTANCE,
	{ .name = "purpose", .kind = VALUE_TEXT, .arg = "WORD", .field = "purpose",
	  .help = "what it is for: development, test, feature ..." },
	{ .name = "branch", .letter = 'b', .kind = VALUE_TEXT, .arg = "NAME", .field = "branch",
	  .help = "the branch it works on" },
	{ .name = "path", .kind = VALUE_PATH, .arg = "DIR", .field = "worktreePath",
	  .help = "its directory" },
	{ .name = "status", .kind = VALUE_TEXT, .arg = "WORD", .field = "status",
	  .help = "a word for what it is now" },
	{ 0 },
};
/* clang-format on */

static const struct option_spec release_options[] = { OPTION_INSTANCE, { 0 } };
static const struct option_spec list_options[] = { OPTION_FORMAT, { 0 } };

/* "instance 2 of consilio is entered: 3190-3199, test, /home/eva/consilio-test" */
static bool say(struct run *r, const json_t *answer, const char *what)
{
	static const char *const fields[] = { "purpose", "branch", "worktreePath" };
	const json_t *instance = json_object_get(answer, "instance");
	const char *separator = ": ";
	struct text *t = &r->out.text;
	CLEANUP(piece_cleanup) struct piece span = { .of = t };

	text_addf(t, "instance %lld of ", (long long)json_int_of(instance, "instance", 1));
	screen_add(t, text_or(instance, "projectName", "?"), 0);
	text_addf(t, " %s", what);
	span_add(&span.text, instance);
	if (span.text.len) {
		text_addf(t, "%s%s", separator, text_str(&span.text));
		separator = ", ";
	}
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		if (!json_text_of(instance, fields[i]))
			continue;
		text_add(t, separator);
		screen_add(t, json_text_of(instance, fields[i]), 0);
		separator = ", ";
	}
	text_add(t, "\n");
	return true;
}

static bool next_render(struct run *r, const json_t *answer, struct err *err)
{
	return say(r, answer, "would be next");
}

static bool add_render(struct run *r, const json_t *answer, struct err *err)
{
	return say(r, answer, "is entered");
}

static bool set_render(struct run *r, const json_t *answer, struct err *err)
{
	return say(r, answer, "is changed");
}

static bool release_render(struct run *r, const json_t *answer, struct err *err)
{
	return say(r, answer, "is given back");
}

/* clang-format off */
static const struct column columns[] = {
	{ .title = "PROJECT", .field = "projectName", .importance = 4, .least = 12 },
	{ .title = "N", .field = "instance", .kind = COLUMN_NUMBER },
	{ .title = "PORTS", .field = "rangeStart", .show = span_show, .usual = "" },
	{ .title = "END", .field = "rangeEnd", .for_programs = true },
	{ .title = "SERVICES", .field = "services", .kind = COLUMN_NUMBER, .importance = 3 },
	{ .title = "PURPOSE", .field = "purpose", .least = 8, .importance = 1, .usual = "" },
	{ .title = "STATUS", .field = "status", .importance = 5, .usual = "active" },
	{ .title = "HOST", .field = "host", .importance = 4, .least = 8, .usual = "localhost" },
	{ .title = "BRANCH", .field = "branch", .importance = 2, .least = 10, .usual = "" },
	{ .title = "PATH", .field = "worktreePath", .importance = 2, .least = 16, .usual = "" },
	{ .title = "RELEASED (UTC)", .field = "releasedAt", .kind = COLUMN_TIME, .importance = 6,
	  .usual = "" },
	{ 0 },
};
/* clang-format on */

static bool list_render(struct run *r, const json_t *answer, struct err *err)
{
	return rows_show(r, json_object_get(answer, "instances"), columns, "there are no instances",
			 err);
}

/* set and release change one that is there, so it has to be said which. */
static bool one_run(struct run *r, struct err *err)
{
	if (!json_object_get(r->input, "instance")) {
		fail(err, ERR_INVALID, "'%s' needs the instance's number", r->command->name);
		return fail_hint(err, "portbook %s PROJECT@2", r->command->name);
	}
	return run_plain(r, err);
}

const struct command cmd_instance_next = {
	.name = "instance next",
	.group = GROUP_BOOK,
	.summary = "which instance, and which ports, would be next",
	.args = project_args,
	.operation = "instance-next",
	.sends = SENDS_PATH | SENDS_HOST,
	.render = next_render,
};

const struct command cmd_instance_list = {
	.name = "instance list",
	.group = GROUP_BOOK,
	.summary = "the instances of a project",
	.args = project_args,
	.options = list_options,
	.operation = "instance-list",
	.sends = SENDS_PATH | SENDS_HOST,
	.run = rows_run,
	.render = list_render,
};

static const struct example add_examples[] = {
	{ "portbook instance add consilio --purpose test", "the lowest number that is free" },
	{ "portbook instance add consilio@5 --branch fix --path ../consilio-fix", "number 5" },
	{ NULL, NULL },
};

const struct command cmd_instance_add = {
	.name = "instance add",
	.group = GROUP_BOOK,
	.summary = "enter one more copy of a project",
	.text = "get and allocate enter an instance by themselves when it is first used.",
	.examples = add_examples,
	.args = instance_args,
	.options = options,
	.operation = "instance-add",
	.sends = SENDS_PATH | SENDS_HOST,
	.render = add_render,
};

const struct command cmd_instance_set = {
	.name = "instance set",
	.group = GROUP_BOOK,
	.summary = "change what is said of an instance",
	.text = "An empty text takes a fact away.",
	.args = instance_args,
	.options = options,
	.operation = "instance-set",
	.sends = SENDS_PATH | SENDS_HOST,
	.run = one_run,
	.render = set_render,
};

const struct command cmd_instance_release = {
	.name = "instance release",
	.group = GROUP_BOOK,
	.summary = "give an instance's number and ports back",
	.text = "Only when nothing of it is entered: portbook release PROJECT@N --all comes first.",
	.args = instance_args,
	.options = release_options,
	.operation = "instance-release",
	.sends = SENDS_PATH | SENDS_HOST,
	.run = one_run,
	.render = release_render,
};
