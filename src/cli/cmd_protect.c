/*
 * protect: everything that keeps a user's ports, switched on by one command.
 *
 * A step is {what, state, and how it is taken back}; those that were done are kept in a file, the
 * newest last.  What was there before is no step of ours, and stays.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "book/session.h"
#include "cli/cmd.h"
#include "cli/entry_text.h"
#include "cli/helper.h"
#include "cli/program.h"
#include "cli/protect.h"
#include "cli/screen.h"

/* Rationale: a step with the text of its units is 4 KB, and there are two for each repository. */
#define RECORD_MAX ((size_t)64 << 20)

/* clang-format off */
static const struct option_spec options[] = {
	{ .name = "undo", .kind = VALUE_FLAG, .help = "take back what protect did, and nothing else" },
	{ .name = "dry-run", .letter = 'n', .kind = VALUE_FLAG,
	  .help = "only say what would be done" },
	{ 0 },
};
/* clang-format on */

struct protecting {
	struct run *run;
	char path[PATH_MAX]; /* of what was done */
	json_t *done;	     /* an array of steps */
	json_t *told;	     /* what this command did or would do */
	bool tries, failed;
};

static void protecting_release(struct protecting *p)
{
	json_decref(p->done);
	json_decref(p->told);
}

/* What was done. */

static bool find_record(struct protecting *p, struct err *err)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int len;

	if (state && *state == '/')
		len = snprintf(p->path, sizeof(p->path), "%s/portbook/protect.json", state);
	else if (home && *home == '/')
		len = snprintf(p->path, sizeof(p->path), "%s/.local/state/portbook/protect.json",
			       home);
	else
		return fail(err, ERR_INVALID, "HOME does not say where your files are");
	return len < (int)sizeof(p->path) ||
	       fail(err, ERR_INVALID, "the path of your files is too long");
}

static bool read_record(struct protecting *p, struct err *err)
{
	CLEANUP(text_release) struct text text = { 0 };
	struct err why = { 0 };

	if (!file_read(p->path, RECORD_MAX, &text, &why)) {
		*err = why;
		p->done = why.code == ERR_NOT_FOUND ? json_array() : NULL;
		return p->done || (why.code == ERR_NOT_FOUND && fail_memory(err));
	}
	if (!json_parse(text_str(&text), text.len, &p->done, err) || !json_is_array(p->done))
		return fail_while(err, "'%.300s', which says what is to be taken back", p->path);
	return true;
}

/* After each step: what is not noted cannot be taken back. */
static bool write_record(const struct protecting *p, struct err *err)
{
	CLEANUP(json_text_cleanup) char *text = NULL;

	if (!json_array_size(p->done))
		return unlink(p->path) == 0 || access(p->path, F_OK) != 0 ||
		       fail(err, ERR_IO, "cannot remove '%.300s'", p->path);
	return json_format(p->done, &text, err) && folder_of_make(p->path, 0700, err) &&
	       file_write_atomic(p->path, text, strlen(text), 0600, err);
}

static bool tell(struct protecting *p, const char *what, const char *state, const struct err *why,
		 const char *instead, struct err *err)
{
	p->failed = p->failed || why;
	return json_append(p->told,
			   json_pack("{s:s, s:s, s:s*, s:s*}", "what", what, "state", state, "why",
				     why ? why->text : NULL, "instead", why ? instead : NULL)) ||
	       fail_memory(err);
}

static bool note_done(struct protecting *p, json_t *step, struct err *err)
{
	return (json_append(p->done, step) || fail_memory(err)) && write_record(p, err);
}

/* Units. */

static bool enable(struct protecting *p, const struct protect_unit *u, struct err *err)
{
	CLEANUP(json_cleanup) json_t *written = json_array();
	struct err why = { 0 };

	if (!written)
		return fail_memory(err);
	if (protect_unit_is_enabled(u))
		return tell(p, u->what, "unchanged", NULL, NULL, err);
	if (p->tries)
		return tell(p, u->what, "would be done", NULL, NULL, err);
	if (!protect_unit_enable(p->run, u, written, &why))
		return tell(p, u->what, "failed", &why, u->instead, err);
	return note_done(p,
			 json_pack("{s:s, s:s, s:O}", "what", u->what, "unit", u->unit, "written",
				   written),
			 err) &&
	       tell(p, u->what, "done", NULL, NULL, err);
}

/* Hooks, by the command that installs them. */

static bool run_hook(const struct protecting *p, const char *verb, const char *kind,
		     const char *folder, bool *ret_changed, struct err *err)
{
	CLEANUP(text_release) struct text said = { 0 };
	CLEANUP(json_cleanup) json_t *answer = NULL;
	/* Git's hooks find the book by themselves; a path is of this folder. */
	const char *book = folder ? NULL : run_text(p->run, "book");
	char program[PATH_MAX];
	const char *words[] = { helper_program(program) ? program : "portbook",
				"hook",
				verb,
				kind,
				"--json",
				book ? "--book" : NULL,
				book,
				NULL };
	int status;

	if (!program_run(words, folder, &said, &status, err))
		return false;
	if (!json_parse(text_str(&said), said.len, &answer, err))
		return false;
	*ret_changed = json_bool_of(answer, "changed");
	return !status || fail(err, ERR_IO, "%s",
			       text_or(json_object_get(answer, "error"), "message", "it failed"));
}

static bool hook(struct protecting *p, const char *kind, const char *folder, bool is_there,
		 struct err *err)
{
	char what[PATH_MAX + 64];
	struct err why = { 0 };
	bool changed;

	snprintf(what, sizeof(what), "hook %s%s%s", kind, folder ? " in " : "",
		 folder ? folder : "");
	if (is_there)
		return tell(p, what, "unchanged", NULL, NULL, err);
	if (p->tries)
		return tell(p, what, "would be done", NULL, NULL, err);
	if (!run_hook(p, "install", kind, folder, &changed, &why))
		return tell(p, what, "failed", &why, NULL, err);
	if (!changed)
		return tell(p, what, "unchanged", NULL, NULL, err);
	return note_done(
		       p,
		       json_pack("{s:s, s:s, s:s*}", "what", what, "hook", kind, "folder", folder),
		       err) &&
	       tell(p, what, "done", NULL, NULL, err);
}

static bool hooks_of(struct protecting *p, const char *folder, struct err *err)
{
	struct protect_hooks there;

	return !protect_hooks_find(folder, &there) ||
	       (hook(p, "git", folder, there.git, err) &&
		hook(p, "pre-commit", folder, there.pre_commit, err));
}

static bool hooks_of_projects(struct protecting *p, struct err *err)
{
	CLEANUP(json_cleanup) json_t *input = json_object(), *answer = NULL;
	const json_t *projects, *one;
	size_t i;

	if (!input)
		return fail_memory(err);
	if (!run_call(p->run, "project-list", input, &answer, err))
		return false;
	projects = json_object_get(answer, "projects");
	json_array_foreach(json_walked(projects), i, one) {
		const char *folder = json_text_of(one, "path");

		if (folder && !hooks_of(p, folder, err))
			return false;
	}
	return true;
}

/* Where Claude Code was never used there is nothing to ask the book. */
static bool hook_of_agent(struct protecting *p, struct err *err)
{
	bool has_hook;

	return !protect_agent_find(&has_hook) || hook(p, "claude-code", NULL, has_hook, err);
}

/* Taking back. */

static bool undo_one(const struct protecting *p, const json_t *step, struct err *err)
{
	const char *unit = json_text_of(step, "unit"), *folder = json_text_of(step, "folder");
	bool changed;

	if (unit)
		return protect_unit_disable(unit, json_object_get(step, "written"), err);
	/* A repository that is gone has no hooks. */
	if (folder && access(folder, F_OK) < 0)
		return true;
	return run_hook(p, "remove", text_or(step, "hook", "git"), folder, &changed, err);
}

/* What cannot be taken back now stays noted, for the next time. */
static bool undo(struct protecting *p, struct err *err)
{
	for (size_t i = json_array_size(p->done); i-- > 0;) {
		json_t *step = json_array_get(p->done, i);
		CLEANUP(json_cleanup) json_t *kept = json_incref(step);
		const char *what = text_or(step, "what", "?");
		struct err why = { 0 };

		if (p->tries) {
			if (!tell(p, what, "would be taken back", NULL, NULL, err))
				return false;
			continue;
		}
		if (!undo_one(p, step, &why)) {
			if (!tell(p, what, "failed", &why, NULL, err))
				return false;
			continue;
		}
		json_array_remove(p->done, i);
		if (!write_record(p, err) || !tell(p, what, "taken back", NULL, NULL, err))
			return false;
	}
	return true;
}

static bool protect(struct protecting *p, struct err *err)
{
	for (size_t i = 0; i < PROTECT_UNITS; i++)
		if (!enable(p, &protect_units[i], err))
			return false;
	return hooks_of_projects(p, err) && hook_of_agent(p, err);
}

static bool check_user(const struct run *r, struct err *err)
{
	if (!session_behalf(r->session))
		return true;
	fail(err, ERR_INVALID, "under sudo it is not clear whose ports are to be protected");
	return fail_hint(err, "without sudo it is for yourself; in a shell of root's for root");
}

static bool protect_run(struct run *r, struct err *err)
{
	CLEANUP(protecting_release)
	struct protecting p = {
		.run = r,
		.told = json_array(),
		.tries = run_has(r, "dry-run"),
	};
	CLEANUP(json_cleanup) json_t *answer = NULL;

	if (!p.told)
		return fail_memory(err);
	if (!run_open(r, err) || !check_user(r, err) || !find_record(&p, err) ||
	    !read_record(&p, err))
		return false;
	if (!(run_has(r, "undo") ? undo : protect)(&p, err))
		return false;
	answer = json_pack("{s:b, s:b, s:O}", "success", !p.failed, "dryRun", p.tries, "steps",
			   p.told);
	r->status = p.failed;
	return (answer || fail_memory(err)) && run_show(r, answer, err);
}

static bool protect_render(struct run *r, const json_t *answer, struct err *err)
{
	const json_t *steps = json_object_get(answer, "steps"), *one;
	struct text *t = &r->out.text;
	size_t i;

	json_array_foreach(json_walked(steps), i, one) {
		const char *state = text_or(one, "state", "?");

		screen_add(t, text_or(one, "what", "?"), 0);
		text_add(t, ": ");
		text_add(t, !strcmp(state, "unchanged") ? "was there already" : state);
		if (json_text_of(one, "why")) {
			text_add(t, ": ");
			screen_add(t, json_text_of(one, "why"), 0);
		}
		text_add(t, "\n");
		if (json_text_of(one, "instead"))
			text_addf(t, "  instead, %s\n", json_text_of(one, "instead"));
	}
	if (!json_array_size(steps))
		text_add(t, "nothing was done by protect, so nothing is taken back\n");
	return true;
}

static const struct example examples[] = {
	{ "portbook protect --dry-run", "what would be switched on" },
	{ "portbook protect", "and now it is" },
	{ "portbook protect --undo", "as it was before" },
	{ NULL, NULL },
};

const struct command cmd_protect = {
	.name = "protect",
	.group = GROUP_ENFORCING,
	.summary = "switch on all that keeps your ports yours",
	.text = "Writes the units of the guard (with --defaults) and of an hourly audit for systemd "
		"(a user's own, of root the machine's) and enables them; has git ask the book in the "
		"repository of each project (hook install git and pre-commit), and Claude Code where "
		"it is used. What is there already stays as it is. status says of each project what "
		"protects it.\n\n"
		"Where no systemd runs it says so, and what to do instead, and the hooks are installed "
		"all the same. --undo takes back what this command did, and nothing else: a unit or a "
		"hook that was there before stays.\n\n"
		"Exit status 0; 1 if something could not be done.",
	.examples = examples,
	.options = options,
	.sends = SENDS_NO_OTHER_HOST,
	.run = protect_run,
	.render = protect_render,
};
