/* worktree list, worktree sync: git's worktrees, each with its instance. */
#include <string.h>

#include "cli/cmd.h"
#include "cli/entry_options.h"
#include "cli/entry_text.h"
#include "cli/rows.h"

/* --- worktree list */

static const struct arg_spec which_args[] = { { "PROJECT", VALUE_PROJECT }, { 0 } };

/* clang-format off */
#define OPTION_ALL \
	{ .name = "all", .letter = 'a', .kind = VALUE_FLAG, .field = "all", \
	  .help = "the repositories of all projects" }

static const struct option_spec list_options[] = { OPTION_ALL, OPTION_FORMAT, { 0 } };

static void state_show(const json_t *row, struct text *t)
{
	text_add(t, text_or(row, "state", ""));
	if (json_bool_of(row, "isBare"))
		text_add(t, ", bare");
	if (json_bool_of(row, "isLocked"))
		text_add(t, ", locked");
	if (json_bool_of(row, "isMissing") && strcmp(text_or(row, "state", ""), "gone"))
		text_add(t, ", missing");
}

static const struct column list_columns[] = {
	{ .title = "PROJECT", .field = "projectName", .importance = 4, .least = 12 },
	{ .title = "N", .field = "instance", .kind = COLUMN_NUMBER },
	{ .title = "PORTS", .field = "rangeStart", .show = span_show, .usual = "", .importance = 3 },
	{ .title = "END", .field = "rangeEnd", .for_programs = true },
	{ .title = "SERVICES", .field = "services", .kind = COLUMN_NUMBER, .importance = 5 },
	{ .title = "STATE", .field = "state", .show = state_show },
	{ .title = "BARE", .field = "isBare", .for_programs = true },
	{ .title = "LOCKED", .field = "isLocked", .for_programs = true },
	{ .title = "MISSING", .field = "isMissing", .for_programs = true },
	{ .title = "BRANCH", .field = "branch", .importance = 2, .least = 10, .usual = "" },
	{ .title = "PATH", .field = "path", .importance = 1, .least = 16 },
	{ 0 },
};
/* clang-format on */

static bool list_render(struct run *r, const json_t *answer, struct err *err)
{
	return rows_show(r, json_object_get(answer, "worktrees"), list_columns,
			 "no project of the book is a repository", err);
}

const struct command cmd_worktree_list = {
	.name = "worktree list",
	.group = GROUP_DIRECTORY,
	.summary = "git's worktrees, with their instances",
	.text = "Of the directory's repository, or that of a project that is named. A worktree is "
		"known where it is, has moved since, is new to the book, or is gone: git no longer "
		"lists it. One that is missing is listed by git, and not there.",
	.args = which_args,
	.options = list_options,
	.operation = "worktree-list",
	.sends = SENDS_PATH,
	.run = rows_run,
	.render = list_render,
};

/* --- worktree sync */

static const struct option_spec sync_options[] = {
	OPTION_ALL, OPTION_DRY_RUN, OPTION_FORMAT, { 0 }
};

static void remark_show(const json_t *row, struct text *t)
{
	if (json_text_of(row, "previousPath")) {
		text_add(t, "from ");
		text_add(t, json_text_of(row, "previousPath"));
	}
	if (json_int_of(row, "released", 0))
		text_addf(t, "%lld port%s", (long long)json_int_of(row, "released", 0),
			  json_int_of(row, "released", 0) == 1 ? "" : "s");
	if (json_text_of(row, "message"))
		text_add(t, json_text_of(row, "message"));
}

/* clang-format off */
static const struct column sync_columns[] = {
	{ .title = "ACTION", .field = "action" },
	{ .title = "PROJECT", .field = "projectName", .importance = 4, .least = 12 },
	{ .title = "N", .field = "instance", .kind = COLUMN_NUMBER },
	{ .title = "STATE", .field = "state", .for_programs = true },
	{ .title = "BRANCH", .field = "branch", .importance = 3, .least = 10, .usual = "" },
	{ .title = "PATH", .field = "path", .importance = 1, .least = 16 },
	{ .title = "FROM", .field = "previousPath", .for_programs = true },
	{ .title = "RELEASED", .field = "released", .kind = COLUMN_NUMBER, .for_programs = true },
	{ .title = "REMARK", .field = "message", .show = remark_show, .importance = 2, .least = 16,
	  .usual = "" },
	{ 0 },
};
/* clang-format on */

/* Those that were not as they should be; NULL: no memory. */
static json_t *changed_rows(const json_t *rows)
{
	json_t *changed = json_array(), *row;
	size_t i;

	json_array_foreach(json_walked(rows), i, row)
		if (strcmp(text_or(row, "action", "none"), "none") != 0 &&
		    json_array_append(changed, row) < 0) {
			json_decref(changed);
			return NULL;
		}
	return changed;
}

static bool sync_render(struct run *r, const json_t *answer, struct err *err)
{
	CLEANUP(json_cleanup)
	json_t *changed = changed_rows(json_object_get(answer, "worktrees"));

	if (!changed)
		return fail_memory(err);
	if (json_int_of(answer, "kept", 0))
		output_note(&r->out, "what is gone and kept goes with: portbook worktree remove "
				     "PATH --yes");
	return rows_show(r, changed, sync_columns, "the book and git agree", err);
}

static int status_of(const json_t *rows)
{
	const json_t *row;
	size_t i;

	json_array_foreach(json_walked(rows), i, row)
		if (json_text_of(row, "code"))
			return err_exit_status(err_from_name(json_text_of(row, "code")));
	return 0;
}

static bool sync_run(struct run *r, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	const char *format = run_text(r, "format");

	r->out.json = r->out.json || (format && !strcmp(format, "json"));
	if (!run_call(r, r->command->operation, r->input, &answer, err))
		return false;
	r->status = status_of(json_object_get(answer, "worktrees"));
	return run_show(r, answer, err);
}

static const struct example sync_examples[] = {
	{ "portbook worktree sync", "this repository" },
	{ "portbook worktree sync --all --dry-run", "what there is to do, in all of them" },
	{ NULL, NULL },
};

const struct command cmd_worktree_sync = {
	.name = "worktree sync",
	.group = GROUP_DIRECTORY,
	.summary = "bring the book and git's worktrees together",
	.text = "Worktrees that are new are entered, those that moved are followed, a branch that "
		"changed is noted. The instance of one that git no longer lists, and whose directory "
		"is gone, is released with its ports, unless somebody listens there, a hostname "
		"leads there, or it is production. One that is only missing stays until git worktree "
		"prune.",
	.examples = sync_examples,
	.args = which_args,
	.options = sync_options,
	.operation = "worktree-sync",
	.sends = SENDS_PATH,
	.run = sync_run,
	.render = sync_render,
};
