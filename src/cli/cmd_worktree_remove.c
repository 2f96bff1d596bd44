/* worktree remove: the book says what would go, git is run, and then it goes. */
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/ask.h"
#include "cli/cmd.h"
#include "cli/entry_options.h"
#include "cli/entry_text.h"
#include "cli/git_ignore.h"
#include "cli/git_words.h"
#include "cli/input.h"
#include "cli/piece.h"
#include "cli/screen.h"

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
	struct git_words w = { .count = 0 };

	if (has_ports_env(path) && !git_ignore_ports_env(path, err))
		return false;
	git_words_add(&w, "-C");
	git_words_add(&w, text_or(plan, "repositoryPath", "."));
	git_words_add(&w, "worktree");
	git_words_add(&w, "remove");
	git_words_add_flag(&w, r, "force", "--force");
	if (!git_words_add_args(&w, r, 1, err))
		return false;
	git_words_add(&w, path);
	return git_words_run(r, &w, err);
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

	if (!git_words_check_path(r, err) || !plan_removal(r, &plan, err))
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
