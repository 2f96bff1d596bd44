/*
 * worktree add: git is run here, as operations run nothing; the book is asked before, so that git is
 * not when the book would refuse.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "base/fd.h"
#include "cli/cmd.h"
#include "cli/entry_options.h"
#include "cli/entry_text.h"
#include "cli/env_file.h"
#include "cli/git.h"
#include "cli/git_ignore.h"
#include "cli/git_words.h"
#include "cli/input.h"
#include "cli/screen.h"

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

/*
 * One after the other: a git that adds a worktree fails where it reads what another has half
 * written.  Below a git that portbook runs, as in a hook of somebody's, the lock is held already.
 * -1: there is no repository, or it cannot be locked.
 */
static int repository_lock(void)
{
	CLEANUP(text_release) struct text common = { 0 };
	const char *hook = getenv("PORTBOOK_HOOK");
	int status, fd;

	if ((hook && !strcmp(hook, "0")) ||
	    !git_ask(GIT_WORDS("rev-parse", "--git-common-dir"), &common, &status, NULL) || status)
		return -1;
	fd = open(text_str(&common), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while (fd >= 0 && flock(fd, LOCK_EX) < 0 && errno == EINTR)
		;
	return fd;
}

static bool add_by_git(struct run *r, struct err *err)
{
	CLEANUP(fd_cleanup) int lock = repository_lock();
	struct git_words w = { .count = 0 };

	(void)lock;
	git_words_add(&w, "worktree");
	git_words_add(&w, "add");
	if (run_has(r, "branch"))
		git_words_add(&w, "-b");
	git_words_add(&w, run_text(r, "branch"));
	git_words_add_flag(&w, r, "detach", "--detach");
	git_words_add_flag(&w, r, "lock", "--lock");
	git_words_add_flag(&w, r, "force", "--force");
	return git_words_add_args(&w, r, 0, err) && git_words_run(r, &w, err);
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

	if (!git_words_check_path(r, err) || !path_absolute(r->args[0], path, err) ||
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
