/*
 * The family `hook`: git's hooks, and that of Claude Code.  Where git looks for hooks is asked
 * of git; hooks that are there stay, and go on to run.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/cmd.h"
#include "cli/git.h"
#include "cli/git_ignore.h"
#include "cli/hook_claude.h"
#include "cli/hook_text.h"
#include "cli/input.h"
#include "cli/screen.h"

/* Rationale: a hook is a page; who has a megabyte there has a program. */
#define HOOK_MAX ((size_t)1 << 20)

#define HOOK_MODE 0755

static const char *const kinds[] = { "git", "pre-commit", "claude-code", NULL };
static const struct arg_spec args[] = {
	{ "KIND", VALUE_OWN, .completes = COMPLETES_NOTHING, .choices = kinds }, { 0 }
};

/* What the person calls it, which hook of git's it is, and what it does. */
static const struct git_kind {
	const char *name;
	enum hook_kind kind;
	const char *does;
} git_kinds[] = {
	{ "git", HOOK_POST_CHECKOUT, " gives new worktrees their ports\n" },
	{ "pre-commit", HOOK_PRE_COMMIT, " lets no port of another's be committed\n" },
};

/* Where the hook is, and what there is to know of it. */
struct hook {
	const struct git_kind *of;
	char folder[PATH_MAX];
	char path[PATH_MAX]; /* folder/post-checkout, folder/pre-commit */
	char kept[PATH_MAX]; /* the one that was there before, if it could not be edited */
	char top[PATH_MAX];  /* of the checkout; "": a bare repository */
	bool is_inside;	     /* the folder is a part of the checkout */
	bool for_husky;	     /* run by husky's own hook, which needs no x bit */
};

/* --- where it is */

/* One line of git's; "" where it has none. */
static bool ask_line(const char *const *words, char ret[static PATH_MAX], struct err *err)
{
	CLEANUP(text_release) struct text said = { 0 };
	int status;

	if (!git_ask(words, &said, &status, err))
		return false;
	if (status)
		text_clear(&said);
	if (said.len >= PATH_MAX)
		return fail(err, ERR_IO, "a path of git's is too long");
	memcpy(ret, text_str(&said), said.len + 1);
	return true;
}

static bool join(char ret[static PATH_MAX], const char *folder, const char *name, struct err *err)
{
	return snprintf(ret, PATH_MAX, "%s/%s", folder, name) < PATH_MAX ||
	       fail(err, ERR_IO, "the path of the hooks is too long");
}

static bool fail_for_all(const char *scope, const char *folder, struct err *err)
{
	fail(err, ERR_INVALID,
	     "core.hooksPath is set for all repositories (%s), to '%.200s': a hook there is one of "
	     "all of them",
	     scope, folder);
	return fail_hint(err, "set it for this one: git config core.hooksPath .git/hooks; or copy "
			      "the lines of a hook that portbook made");
}

/*
 * core.hooksPath, with where it is set, as "local\tpath"; relative to the top of
 * the checkout.  Source: git-config(1).
 */
static bool set_folder(struct hook *h, char *said, struct err *err)
{
	char *tab = strchr(said, '\t'), *folder = tab ? tab + 1 : said;

	if (tab)
		*tab = '\0';
	if (tab && (!strcmp(said, "global") || !strcmp(said, "system")))
		return fail_for_all(said, folder, err);
	for (size_t len = strlen(folder); len > 1 && folder[len - 1] == '/';)
		folder[--len] = '\0';
	h->is_inside = *folder != '/' && *h->top;
	return h->is_inside ? join(h->folder, h->top, folder, err)
			    : path_absolute(folder, h->folder, err);
}

static bool usual_folder(struct hook *h, struct err *err)
{
	char said[PATH_MAX];

	return ask_line(GIT_WORDS("rev-parse", "--git-path", "hooks"), said, err) &&
	       path_absolute(said, h->folder, err);
}

/* Why there is none, or none for this user, git says best. */
static bool check_repository(struct err *err)
{
	CLEANUP(text_release) struct text said = { 0 };

	return git_do(GIT_WORDS("rev-parse", "--git-dir"), &said, err);
}

/* husky 9 makes its folder `_` anew, and runs the file of the same name above it. */
static void find_husky(struct hook *h)
{
	char *slash = strrchr(h->folder, '/');

	h->for_husky = slash && slash != h->folder && !strcmp(slash, "/_");
	if (h->for_husky)
		*slash = '\0';
}

static bool find_hook(struct hook *h, struct err *err)
{
	char said[PATH_MAX];

	if (!check_repository(err) ||
	    !ask_line(GIT_WORDS("rev-parse", "--show-toplevel"), h->top, err) ||
	    !ask_line(GIT_WORDS("config", "--show-scope", "--type=path", "--get", "core.hooksPath"),
		      said, err))
		return false;
	if (*said ? !set_folder(h, said, err) : !usual_folder(h, err))
		return false;
	find_husky(h);
	return join(h->path, h->folder, hook_name(h->of->kind), err) &&
	       snprintf(h->kept, sizeof(h->kept), "%s" HOOK_KEPT_SUFFIX, h->path) > 0;
}

/* --- what is there */

enum found {
	NOTHING,
	A_SCRIPT,      /* that can take our lines */
	SOMETHING_ELSE /* another language, a link, or one that is switched off */
};

static bool fail_look(const char *path, struct err *err)
{
	return fail(err, errno == EACCES ? ERR_NOT_PERMITTED : ERR_IO, "cannot look at '%s': %s",
		    path, strerror(errno));
}

static bool read_hook(const struct hook *h, enum found *ret, struct text *ret_text, struct err *err)
{
	bool may_run;
	struct stat st;

	*ret = NOTHING;
	if (lstat(h->path, &st) < 0)
		return errno == ENOENT || fail_look(h->path, err);
	*ret = SOMETHING_ELSE;
	if (S_ISDIR(st.st_mode))
		return fail(err, ERR_INVALID, "'%s' is a directory", h->path);
	/* Git passes over one that may not run: our lines would switch it on. */
	may_run = h->for_husky || st.st_mode & 0111;
	if (!S_ISREG(st.st_mode) || st.st_size > (off_t)HOOK_MAX)
		return true;
	if (!file_read(h->path, HOOK_MAX, ret_text, err))
		return false;
	if (may_run && hook_is_shell(text_str(ret_text), ret_text->len))
		*ret = A_SCRIPT;
	return true;
}

static bool is_same(const struct text *a, const struct text *b)
{
	return a->len == b->len && !memcmp(text_str(a), text_str(b), a->len);
}

/* --- install */

/* What it was stays beside it, and is run by ours. */
static bool keep_other(const struct hook *h, struct err *err)
{
	struct stat st;

	if (lstat(h->kept, &st) == 0) {
		fail(err, ERR_TAKEN, "'%s' is there already", h->kept);
		return fail_hint(err, "see what it is, and move it away");
	}
	return rename(h->path, h->kept) == 0 ||
	       fail(err, errno == EACCES ? ERR_NOT_PERMITTED : ERR_IO, "cannot rename '%s': %s",
		    h->path, strerror(errno));
}

static bool write_text(const struct hook *h, const struct text *t, struct err *err)
{
	return (text_ok(t) || fail_memory(err)) && folder_of_make(h->path, 0777, err) &&
	       file_write_atomic(h->path, text_str(t), t->len, HOOK_MODE, err);
}

static bool write_around(const struct hook *h, struct err *err)
{
	CLEANUP(text_release) struct text now = { 0 };

	hook_around_kept(h->of->kind, &now);
	if (!keep_other(h, err))
		return false;
	if (write_text(h, &now, err))
		return true;
	/* As it was: git must not do without it. */
	if (rename(h->kept, h->path) < 0)
		fail_hint(err, "the hook that was there is now '%s'", h->kept);
	return false;
}

/* One around a hook that was kept is ours, and complete. */
static bool is_around_kept(const struct hook *h, const struct text *was)
{
	CLEANUP(text_release) struct text others = { 0 };

	hook_without(text_str(was), was->len, &others);
	return !is_same(&others, was) && access(h->kept, F_OK) == 0;
}

static bool write_into(const struct hook *h, const struct text *was, bool *ret_changed,
		       struct err *err)
{
	CLEANUP(text_release) struct text now = { 0 };

	hook_with(h->of->kind, text_str(was), was->len, &now);
	*ret_changed = !is_same(was, &now) && !is_around_kept(h, was);
	return !*ret_changed || write_text(h, &now, err);
}

static bool write_hook(const struct hook *h, enum found found, const struct text *was,
		       bool *ret_changed, struct err *err)
{
	*ret_changed = true;
	return found == SOMETHING_ELSE ? write_around(h, err)
				       : write_into(h, was, ret_changed, err);
}

/* A folder of hooks in the checkout is there in a new worktree if it is committed. */
static bool note_inside(struct run *r, const struct hook *h, struct err *err)
{
	CLEANUP(text_release) struct text said = { 0 };
	int status;

	if (h->of->kind != HOOK_POST_CHECKOUT)
		return true;
	if (h->for_husky)
		output_note(&r->out, "husky's folder is not in a new worktree before its install, "
				     "and git runs no hook there: make it with portbook worktree "
				     "add");
	if (!h->is_inside || h->for_husky || !*h->top)
		return true;
	if (!git_ask(GIT_WORDS("-C", h->top, "check-ignore", "-q", h->path), &said, &status, err))
		return false;
	if (status == 0)
		output_note(&r->out,
			    "git ignores %s, so a new worktree has no hooks: make it with "
			    "portbook worktree add",
			    h->path);
	else
		output_note(&r->out,
			    "%s is a part of the checkout: commit it, so that new "
			    "worktrees have it",
			    h->path);
	return true;
}

static bool answer(struct run *r, const struct hook *h, bool changed, struct err *err)
{
	CLEANUP(json_cleanup)
	json_t *said = json_pack("{s:b, s:s, s:b}", "success", 1, "path", h->path, "changed",
				 (int)changed);

	return (said || fail_memory(err)) && run_show(r, said, err);
}

/* NULL, without an error: it is no hook of git's. */
static const struct git_kind *git_kind_of(const struct run *r)
{
	for (size_t i = 0; i < ARRAY_LEN(git_kinds); i++)
		if (!strcmp(git_kinds[i].name, r->args[0]))
			return &git_kinds[i];
	return NULL;
}

static bool is_claude(const struct run *r)
{
	return !strcmp(r->args[0], "claude-code");
}

static bool has_settings_option(const struct run *r)
{
	return run_has(r, "user") || run_text(r, "project") || run_has(r, "print");
}

static bool check_kind(const struct run *r, struct hook *h, struct err *err)
{
	h->of = git_kind_of(r);
	if (!h->of && !is_claude(r)) {
		fail(err, ERR_INVALID, "there are no hooks for '%.100s'", r->args[0]);
		return fail_hint(err, "it is one of git, pre-commit, claude-code");
	}
	return !h->of || !has_settings_option(r) ||
	       fail(err, ERR_INVALID, "--user, --project and --print go with claude-code");
}

static bool run_claude(struct run *r, bool (*change)(struct run *r, json_t **ret, struct err *err),
		       struct err *err)
{
	CLEANUP(json_cleanup) json_t *said = NULL;

	return change(r, &said, err) && run_show(r, said, err);
}

static bool install_into_git(struct run *r, struct hook *h, struct err *err)
{
	CLEANUP(text_release) struct text was = { 0 };
	enum found found;
	bool changed;

	if (!find_hook(h, err) || !read_hook(h, &found, &was, err) ||
	    !write_hook(h, found, &was, &changed, err))
		return false;
	if (h->of->kind == HOOK_POST_CHECKOUT && !git_ignore_ports_env(*h->top ? h->top : ".", err))
		return false;
	return note_inside(r, h, err) && answer(r, h, changed, err);
}

static bool install_run(struct run *r, struct err *err)
{
	struct hook h = { 0 };

	if (!check_kind(r, &h, err))
		return false;
	return h.of ? install_into_git(r, &h, err) : run_claude(r, hook_claude_install, err);
}

static bool install_render(struct run *r, const json_t *said, struct err *err)
{
	const struct git_kind *of = git_kind_of(r);

	(void)err;
	if (run_has(r, "print")) {
		output_note(&r->out, "for %s", json_text_of(said, "path"));
		text_add(&r->out.text, json_text_of(said, "content"));
		return true;
	}
	screen_add(&r->out.text, json_text_of(said, "path"), 0);
	if (!json_bool_of(said, "changed"))
		text_add(&r->out.text, " does so already\n");
	else
		text_add(&r->out.text, of ? of->does
					  : " has commands looked at before they run; start the "
					    "program again\n");
	return true;
}

/* --- remove */

static bool fail_others(const struct hook *h, struct err *err)
{
	fail(err, ERR_TAKEN, "'%s' has lines of others, and '%s' is kept beside it", h->path,
	     h->kept);
	return fail_hint(err, "make one of both, then: portbook hook remove %s", h->of->name);
}

static bool take_out(const struct hook *h, const struct text *rest, struct err *err)
{
	bool is_empty = hook_is_empty(text_str(rest), rest->len);

	if (access(h->kept, F_OK) == 0 || errno == EACCES) {
		if (!is_empty)
			return fail_others(h, err);
		return rename(h->kept, h->path) == 0 || fail_look(h->kept, err);
	}
	if (is_empty)
		return unlink(h->path) == 0 || fail_look(h->path, err);
	return file_write_atomic(h->path, text_str(rest), rest->len, HOOK_MODE, err);
}

static bool remove_from_git(struct run *r, struct hook *h, struct err *err)
{
	CLEANUP(text_release) struct text was = { 0 };
	CLEANUP(text_release) struct text rest = { 0 };
	enum found found;
	bool changed;

	if (!find_hook(h, err) || !read_hook(h, &found, &was, err))
		return false;
	hook_without(text_str(&was), was.len, &rest);
	if (!text_ok(&rest))
		return fail_memory(err);
	changed = found != NOTHING && !is_same(&was, &rest);
	return (!changed || take_out(h, &rest, err)) && answer(r, h, changed, err);
}

static bool remove_run(struct run *r, struct err *err)
{
	struct hook h = { 0 };

	if (!check_kind(r, &h, err))
		return false;
	return h.of ? remove_from_git(r, &h, err) : run_claude(r, hook_claude_remove, err);
}

static bool remove_render(struct run *r, const json_t *said, struct err *err)
{
	(void)err;
	screen_add(&r->out.text, json_text_of(said, "path"), 0);
	text_add(&r->out.text, json_bool_of(said, "changed") ? " is as it was without portbook\n"
							     : " has nothing of portbook's\n");
	return true;
}

/* clang-format off */
#define OPTIONS_SETTINGS \
	{ .name = "user", .kind = VALUE_FLAG, \
	  .help = "claude-code: your own settings, for all projects (the default)" }, \
	{ .name = "project", .kind = VALUE_PATH, .arg = "DIR", .completes = COMPLETES_FOLDER, \
	  .help = "claude-code: the settings that the project in DIR shares" }

static const struct option_spec install_options[] = {
	OPTIONS_SETTINGS,
	{ .name = "print", .kind = VALUE_FLAG, .help = "claude-code: only show what would be written" },
	{ 0 },
};
static const struct option_spec remove_options[] = { OPTIONS_SETTINGS, { 0 } };
/* clang-format on */

static const struct example install_examples[] = {
	{ "portbook hook install git", "in this repository, for all its worktrees" },
	{ "portbook hook install pre-commit", "no port of another's is committed here" },
	{ "portbook hook install claude-code", "no command of an agent takes another's port" },
	{ NULL, NULL },
};

const struct command cmd_hook_install = {
	.name = "hook install",
	.group = GROUP_DIRECTORY,
	.summary = "have git or an agent ask the book by itself",
	.text = "git: some lines in the repository's post-checkout hook. After git worktree "
		"add, in the new worktree, they run portbook init, which enters it and writes its "
		".ports.env.\n\n"
		"pre-commit: lines in the pre-commit hook, which hold what is about to be committed "
		"against the book, as portbook lint does, and refuse the commit where it refuses.\n\n"
		"A hook of git's that is there keeps its own lines; one that is no shell script is "
		"kept beside it, and run afterwards. core.hooksPath and husky are heeded. Whatever "
		"becomes of portbook, git's command goes on; PORTBOOK_HOOK=0 leaves it out once.\n\n"
		"claude-code: an entry in the settings of Claude Code, which then asks portbook hook "
		"check-command before it runs a shell command. What else stands there stays as it "
		"is; settings that are no JSON are left alone.",
	.examples = install_examples,
	.args = args,
	.min_args = 1,
	.options = install_options,
	.run = install_run,
	.render = install_render,
};

const struct command cmd_hook_remove = {
	.name = "hook remove",
	.group = GROUP_DIRECTORY,
	.summary = "take portbook out of a hook again",
	.text = "What was there before is as it was.",
	.args = args,
	.min_args = 1,
	.options = remove_options,
	.run = remove_run,
	.render = remove_render,
};
