/*
 * The family `worktree`: git's worktrees, each with its instance.  Git is run here, as operations
 * run nothing; the book is asked before, so that git is not when the book would refuse.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"
#include "cli/ask.h"
#include "cli/cmd.h"
#include "cli/entry_options.h"
#include "cli/entry_text.h"
#include "cli/env_file.h"
#include "cli/git.h"
#include "cli/git_ignore.h"
#include "cli/input.h"
#include "cli/piece.h"
#include "cli/rows.h"
#include "cli/screen.h"

/* Rationale: more than anybody types; cli/git.h takes twice as many. */
#define MAX_GIT_WORDS 128

/* git's words, as far as they go. */
struct words {
	const char *list[MAX_GIT_WORDS + 1]; /* NULL at the end */
	unsigned count;
};

static void words_add(struct words *w, const char *word)
{
	if (word && w->count < MAX_GIT_WORDS)
		w->list[w->count++] = word;
}

/* An option that git calls like us. */
static void words_add_flag(struct words *w, const struct run *r, const char *name, const char *git)
{
	if (run_has(r, name))
		words_add(w, git);
}

static bool words_add_args(struct words *w, const struct run *r, unsigned first, struct err *err)
{
	if (w->count + r->n_args > MAX_GIT_WORDS)
		return fail(err, ERR_INVALID, "these are too many words for git");
	for (unsigned i = first; i < r->n_args; i++)
		words_add(w, r->args[i]);
	return true;
}

/* With --json git's words are the error's, else they are said as they come. */
static bool run_git(struct run *r, const struct words *w, struct err *err)
{
	CLEANUP(text_release) struct text kept = { 0 };

	output_flush_notes(&r->out);
	return git_do(w->list, r->out.json ? &kept : NULL, err);
}

/* What stands in the place of the path must be one: git's options come behind it. */
static bool check_path(const struct run *r, struct err *err)
{
	const char *path = r->args[0];

	if (*path != '-' && *path)
		return text_is_line(path) ||
		       fail(err, ERR_INVALID,
			    "the path holds control characters or bytes that are "
			    "not UTF-8, so the book cannot have it");
	fail(err, ERR_INVALID, "'%s' stands where the path has to be", path);
	return fail_hint(err, "portbook %s PATH -- %s", r->command->name, *path ? path : "OPTION");
}

/* --- worktree add */

/* clang-format off */
static const struct arg_spec add_args[] = {
	{ "PATH", VALUE_OWN, .completes = COMPLETES_FOLDER },
	{ "COMMIT", VALUE_OWN, .completes = COMPLETES_NOTHING }, { 0 }
};
static const struct option_spec add_options[] = {
	{ .name = "branch", .letter = 'b', .kind = VALUE_TEXT, .arg = "NAME",
	  .completes = COMPLETES_NOTHING, .help = "make this branch for it, as git's -b" },
	{ .name = "detach", .letter = 'd', .kind = VALUE_FLAG, .help = "on no branch" },
	{ .name = "lock", .kind = VALUE_FLAG, .help = "git is not to prune it" },
	{ .name = "force", .letter = 'f', .kind = VALUE_FLAG, .help = "git's --force" },
	OPTION_ENV,
	{ 0 },
};
/* clang-format on */

static json_t *input_with(const char *key, const char *text)
{
	json_t *input = json_object();

	if (json_put_text(input, key, text))
		return input;
	json_decref(input);
	return NULL;
}

static bool has_instance_at(const json_t *rows, const char *path)
{
	const json_t *row;
	size_t i;

	json_array_foreach(json_walked(rows), i, row)
		if (text_or(row, "path", "")[0] && !strcmp(text_or(row, "path", ""), path))
			return true;
	return false;
}

/* Is there an instance for one more?  A project that is new has room. */
static bool check_room(struct run *r, const json_t *rows, const char *path, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	const json_t *first = json_array_get(rows, 0);
	CLEANUP(json_cleanup)
	json_t *input = input_with("projectName", json_text_of(first, "projectName"));
	struct err why = { 0 };

	if (!input)
		return fail_memory(err);
	if (!first || has_instance_at(rows, path) ||
	    run_call(r, "instance-next", input, &answer, &why) || why.code == ERR_NOT_FOUND)
		return true;
	*err = why;
	return false;
}

/* A trial run of the book's part, before git does what the book might refuse. */
static bool check_book(struct run *r, const char *path, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	CLEANUP(json_cleanup) json_t *input = json_object();
	struct err why = { 0 };

	if (!input || !json_put_bool(input, "dryRun", true))
		return fail_memory(err);
	if (!input_add_surroundings(input, r->own, SENDS_PATH, err))
		return false;
	if (run_call(r, "worktree-sync", input, &answer, &why))
		return check_room(r, json_object_get(answer, "worktrees"), path, err);
	/* There is no repository: git says it better. */
	if (why.code == ERR_INVALID || why.code == ERR_NOT_FOUND)
		return true;
	*err = why;
	return false;
}

static bool add_by_git(struct run *r, struct err *err)
{
	struct words w = { .count = 0 };

	words_add(&w, "worktree");
	words_add(&w, "add");
	if (run_has(r, "branch"))
		words_add(&w, "-b");
	words_add(&w, run_text(r, "branch"));
	words_add_flag(&w, r, "detach", "--detach");
	words_add_flag(&w, r, "lock", "--lock");
	words_add_flag(&w, r, "force", "--force");
	return words_add_args(&w, r, 0, err) && run_git(r, &w, err);
}

/* What `init` enters, and then what is there. */
static bool enter(struct run *r, const char *path, json_t **ret_entered, json_t **ret_where,
		  struct err *err)
{
	CLEANUP(json_cleanup) json_t *place = input_with("path", path);
	CLEANUP(json_cleanup) json_t *input = json_copy(r->input);

	if (!place || !input || !json_put_text(input, "path", path))
		return fail_memory(err);
	return input_add_surroundings(input, r->own, SENDS_ENV, err) &&
	       run_call(r, "init", input, ret_entered, err) &&
	       run_call(r, "where", place, ret_where, err);
}

static bool show_added(struct run *r, const char *path, json_t *entered, json_t *where,
		       bool written, struct err *err)
{
	const json_t *file = json_object_get(entered, "file");
	const json_t *notices = json_object_get(entered, "notices");
	CLEANUP(json_cleanup)
	json_t *answer = json_pack("{s:b, s:s, s:O, s:O, s:O?, s:b}", "success", 1, "worktreePath",
				   path, "instance", json_object_get(where, "instance"), "ports",
				   json_object_get(where, "ports"), "file",
				   json_object_get(file, "path"), "written", (int)written);

	if (!answer || (notices && json_object_set(answer, "notices", json_walked(notices)) < 0))
		return fail_memory(err);
	return run_show(r, answer, err);
}

static bool enter_worktree(struct run *r, const char *path, struct err *err)
{
	CLEANUP(json_cleanup) json_t *entered = NULL;
	CLEANUP(json_cleanup) json_t *where = NULL;
	bool written;

	return git_ignore_ports_env(path, err) && enter(r, path, &entered, &where, err) &&
	       proposed_file_write(json_object_get(entered, "file"), &written, err) &&
	       show_added(r, path, entered, where, written, err);
}

static bool add_run(struct run *r, struct err *err)
{
	char path[PATH_MAX];

	if (!check_path(r, err) || !path_absolute(r->args[0], path, err) ||
	    !check_book(r, path, err) || !add_by_git(r, err) ||
	    !path_absolute(r->args[0], path, err))
		return false;
	if (enter_worktree(r, path, err))
		return true;
	fail_while(err, "git has made the worktree, but");
	return err->hint[0] ? false : fail_hint(err, "portbook init enters it, in %.200s", path);
}

/* "shop@2, /home/eva/shop-fix:", its ports, and the file. */
static bool add_render(struct run *r, const json_t *answer, struct err *err)
{
	const json_t *instance = json_object_get(answer, "instance"), *one;
	struct text *t = &r->out.text;
	size_t i;

	(void)err;
	screen_add(t, text_or(instance, "projectName", "?"), 0);
	text_addf(t, "@%lld, ", (long long)json_int_of(instance, "instance", 1));
	screen_add(t, text_or(answer, "worktreePath", "?"), 0);
	text_add(t, ":\n");
	json_array_foreach(json_walked(json_object_get(answer, "ports")), i, one)
		entry_add_line(t, one, 2);
	if (!json_bool_of(answer, "written"))
		return true;
	text_add(t, "wrote ");
	screen_add(t, text_or(answer, "file", "?"), 0);
	text_add(t, "\n");
	return true;
}

static const struct example add_examples[] = {
	{ "portbook worktree add ../shop-fix", "a branch of that name, from HEAD" },
	{ "portbook worktree add ../shop-fix -b fix origin/main", "a branch from another" },
	{ "portbook worktree add ../shop-fix -- -B fix --guess-remote",
	  "with more of git's options" },
	{ NULL, NULL },
};

const struct command cmd_worktree_add = {
	.name = "worktree add",
	.group = GROUP_DIRECTORY,
	.summary = "git worktree add, with ports of its own",
	.text = "Runs git worktree add with the path, the commit and these options; what stands "
		"behind -- is given to git as well. Then it does in the new worktree what init does: "
		"it is entered as an instance, gets the services that portbook.yaml declares, else "
		"those of the main checkout, and its .ports.env. Where git does not ignore that "
		"file yet, the repository's info/exclude gets a line.",
	.examples = add_examples,
	.args = add_args,
	.min_args = 1,
	.repeats = true,
	.options = add_options,
	.sends = SENDS_HOST,
	.run = add_run,
	.render = add_render,
};

/* --- worktree remove */

/* clang-format off */
static const struct arg_spec remove_args[] = {
	{ "PATH", VALUE_OWN, .completes = COMPLETES_FOLDER }, { 0 }
};
static const struct option_spec remove_options[] = {
	{ .name = "force", .letter = 'f', .kind = VALUE_FLAG,
	  .help = "git's --force: also with changes that are not committed" },
	OPTION_DRY_RUN,
	OPTION_YES("also where somebody listens, a hostname leads there, or it is production"),
	{ 0 },
};
/* clang-format on */

static bool plan_removal(struct run *r, json_t **ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *input = json_object();

	if (!json_put_text(input, "worktreePath", r->args[0]) ||
	    !json_put_bool(input, "dryRun", true))
		return fail_memory(err);
	return input_add_surroundings(input, r->own, SENDS_PATH, err) &&
	       run_call(r, "worktree-remove", input, ret, err);
}

/* Whose ports are in use is asked about, or has to be said. */
static bool may_remove(struct run *r, const json_t *plan, struct err *err)
{
	const char *obstacle = json_text_of(plan, "obstacle");
	CLEANUP(piece_cleanup) struct piece question = { .of = &r->out.notes };

	if (!obstacle || run_has(r, "yes"))
		return true;
	if (!ask_is_possible(r)) {
		fail(err, ERR_TAKEN, "%s", obstacle);
		return fail_hint(err, "portbook worktree remove %s --yes", r->args[0]);
	}
	screen_add(&question.text, obstacle, 0);
	text_add(&question.text, ".\nRemove the worktree and release its ports?");
	return ask_yes(r, text_str(&question.text)) ||
	       fail(err, ERR_NOT_FREE, "'%s' stays as it is", r->args[0]);
}

static bool has_ports_env(const char *folder)
{
	char path[PATH_MAX];

	return snprintf(path, sizeof(path), "%s/.ports.env", folder) < (int)sizeof(path) &&
	       access(path, F_OK) == 0;
}

static bool remove_by_git(struct run *r, const json_t *plan, struct err *err)
{
	const char *path = text_or(plan, "worktreePath", "");
	struct words w = { .count = 0 };

	if (has_ports_env(path) && !git_ignore_ports_env(path, err))
		return false;
	words_add(&w, "-C");
	words_add(&w, text_or(plan, "repositoryPath", "."));
	words_add(&w, "worktree");
	words_add(&w, "remove");
	words_add_flag(&w, r, "force", "--force");
	if (!words_add_args(&w, r, 1, err))
		return false;
	words_add(&w, path);
	return run_git(r, &w, err);
}

static bool release_removed(struct run *r, const json_t *plan, json_t **ret, struct err *err)
{
	CLEANUP(json_cleanup)
	json_t *input = json_pack("{s:s, s:I, s:b}", "projectName",
				  text_or(plan, "projectName", ""), "instance",
				  (json_int_t)json_int_of(plan, "instance", 0), "yes", 1);

	if (!input)
		return fail_memory(err);
	if (run_call(r, "worktree-remove", input, ret, err))
		return true;
	fail_while(err, "git has removed the worktree, but its ports are still entered");
	return fail_hint(err, "portbook worktree remove %.200s does the rest",
			 text_or(plan, "worktreePath", ""));
}

static bool remove_run(struct run *r, struct err *err)
{
	CLEANUP(json_cleanup) json_t *plan = NULL;
	CLEANUP(json_cleanup) json_t *answer = NULL;

	if (!check_path(r, err) || !plan_removal(r, &plan, err))
		return false;
	if (json_bool_of(r->input, "dryRun"))
		return run_show(r, plan, err);
	if (!may_remove(r, plan, err) ||
	    (json_bool_of(plan, "isListed") && !remove_by_git(r, plan, err)))
		return false;
	json_object_del(plan, "notices"); /* of the trial, which is over */
	if (!json_int_of(plan, "instance", 0))
		return run_show(r, plan, err);
	return release_removed(r, plan, &answer, err) && run_show(r, answer, err);
}

static bool remove_render(struct run *r, const json_t *answer, struct err *err)
{
	bool dry = json_bool_of(r->input, "dryRun");
	struct text *t = &r->out.text;
	const json_t *one;
	size_t i;

	(void)err;
	text_add(t, dry ? "would remove " : "removed ");
	screen_add(t, text_or(answer, "worktreePath", "?"), 0);
	text_add(t, "\n");
	json_array_foreach(json_walked(json_object_get(answer, "released")), i, one) {
		text_add(t, dry ? "would release " : "released ");
		entry_add_port(t, one);
		text_add(t, " (");
		entry_add_name(t, one);
		text_add(t, ")\n");
	}
	if (dry && json_text_of(answer, "obstacle"))
		output_note(&r->out, "%s", json_text_of(answer, "obstacle"));
	return true;
}

static const struct example remove_examples[] = {
	{ "portbook worktree remove ../shop-fix", "the worktree, its instance and its ports" },
	{ NULL, NULL },
};

const struct command cmd_worktree_remove = {
	.name = "worktree remove",
	.group = GROUP_DIRECTORY,
	.summary = "git worktree remove, and give its ports back",
	.text = "Runs git worktree remove; what git refuses stays as it is, in the book, too. Then "
		"the worktree's instance and all its ports are released. Of a worktree that git has "
		"removed already, only that. Where somebody listens on one of its ports, a hostname "
		"leads there, or one is of production, it asks first.",
	.examples = remove_examples,
	.args = remove_args,
	.min_args = 1,
	.repeats = true,
	.options = remove_options,
	.run = remove_run,
	.render = remove_render,
};

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
