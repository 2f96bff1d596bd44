/*
 * The command `lint`: the ports that a project's files name, held against the book.
 *
 * Files are read and written here; whose the ports are, the operation says.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "cli/entry_options.h"
#include "cli/entry_text.h"
#include "cli/file_change.h"
#include "cli/git.h"
#include "cli/lint_report.h"
#include "cli/screen.h"
#include "project/directory.h"
#include "project/lint.h"

/* Rationale: a change can bring another one to light once; more often it goes round in circles. */
#define ROUNDS_MAX 5

static const char *const formats[] = { "text", "json", "sarif", "github", NULL };

static const struct arg_spec args[] = {
	{ .name = "PATH", .kind = VALUE_PATH, .field = "path", .completes = COMPLETES_FILE }, { 0 }
};

/* clang-format off */
static const struct option_spec options[] = {
	{ .name = "fix", .kind = VALUE_FLAG,
	  .help = "put the port to use in the place of those that are sure, and show it" },
	{ .name = "diff", .kind = VALUE_FLAG,
	  .help = "only show what --fix would change" },
	{ .name = "format", .letter = 'f', .kind = VALUE_TEXT, .arg = "FORMAT", .choices = formats,
	  .help = "text (the default), json, sarif or github" },
	{ .name = "strict", .kind = VALUE_FLAG,
	  .help = "warnings are refused, too" },
	{ .name = "all", .letter = 'a', .kind = VALUE_FLAG,
	  .help = "also what is only information, such as EXPOSE" },
	{ .name = "project", .letter = 'p', .kind = VALUE_PROJECT, .arg = "PROJECT",
	  .field = "projectName", .help = "the files are this project's; else the directory's" },
	OPTION_INSTANCE,
	OPTION_ENV,
	{ 0 },
};
/* clang-format on */

struct linting {
	struct run *run;
	struct arena arena;
	char folder[PATH_MAX];	  /* without links */
	const char *file;	  /* in it: only this one; NULL: all */
	char shown[PATH_MAX + 2]; /* what stands before names where they are shown: "", "web/" */
	struct directory directory;
	const struct declaration *declaration;
	char prefix[PATH_MAX + 2]; /* of names, seen from the declaration's folder */
	struct lint_names names;
	struct lint_gathering g;
	json_t *answer;
	json_t *fixed; /* names of files that were changed */
};

static void linting_release(struct linting *x)
{
	json_decref(x->g.mentions);
	json_decref(x->g.skipped);
	json_decref(x->answer);
	json_decref(x->fixed);
	arena_release(&x->arena);
}

/* --- where */

static bool split_file(struct linting *x, struct err *err)
{
	char *slash = strrchr(x->folder, '/');

	x->file = arena_copy(&x->arena, slash + 1);
	slash[slash == x->folder] = '\0';
	if (!x->file)
		return fail_memory(err);
	if (lint_reads(x->file))
		return true;
	fail(err, ERR_INVALID, "'%.200s' is no file whose ports are known", x->file);
	return fail_hint(err, "portbook help lint names those that are read");
}

/* "" in the working directory, "web/" below it, else the whole path. */
static void find_shown(struct linting *x)
{
	char here[PATH_MAX];
	size_t len = getcwd(here, sizeof(here)) ? strlen(here) : 0;
	const char *rest = x->folder + len;

	if (!len || strncmp(x->folder, here, len) != 0 || (*rest && *rest != '/' && len > 1))
		rest = NULL;
	if (rest && !*rest)
		x->shown[0] = '\0';
	else
		snprintf(x->shown, sizeof(x->shown), "%s%s",
			 rest ? rest + (*rest == '/') : x->folder,
			 !strcmp(x->folder, "/") ? "" : "/");
}

static bool find_folder(struct linting *x, struct err *err)
{
	const char *path = json_text_of(x->run->input, "path");
	struct stat st;

	if (!realpath(path, x->folder) || stat(x->folder, &st) < 0)
		return fail(err, errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND : ERR_IO,
			    "cannot look at '%.200s': %s", path, strerror(errno));
	if (!S_ISDIR(st.st_mode) && !split_file(x, err))
		return false;
	find_shown(x);
	return directory_read(x->folder, &x->directory, err) &&
	       (json_put_text(x->run->input, "path", x->folder) || fail_memory(err));
}

/* The portbook.yaml of the folder, else that of its checkout. */
static bool read_rules(struct linting *x, struct err *err)
{
	const char *root = x->directory.root;
	size_t len = strlen(root);

	if (!declaration_read(x->folder, &x->arena, &x->declaration, err))
		return false;
	if (!x->declaration && strcmp(root, x->folder) != 0 && !strncmp(x->folder, root, len)) {
		if (!declaration_read(root, &x->arena, &x->declaration, err))
			return false;
		snprintf(x->prefix, sizeof(x->prefix), "%.*s/", PATH_MAX,
			 x->folder + len + (x->folder[len] == '/'));
	}
	return true;
}

/* --- which files */

static bool add_listed(struct linting *x, const struct text *listed, struct err *err)
{
	const char *at = text_str(listed), *end = at + listed->len;

	while (at < end) {
		if (!lint_add_name(&x->names, at, err))
			return false;
		at += strlen(at) + 1;
	}
	return lint_add_env_files(&x->names, err);
}

/* False: git cannot tell, and the folder has to be walked. */
static bool ask_git(struct linting *x, struct text *ret)
{
	struct err why = { 0 };
	int status = -1;

	/* A repository may not have a program run by being looked at. */
	return x->directory.is_git &&
	       git_ask(GIT_WORDS("-c", "core.fsmonitor=false", "-C", x->folder, "ls-files", "-z",
				 "--cached", "--others", "--exclude-standard"),
		       ret, &status, &why) &&
	       !status;
}

static bool list_files(struct linting *x, struct err *err)
{
	CLEANUP(text_release) struct text listed = { 0 };

	x->names = (struct lint_names){ .folder = x->folder, .arena = &x->arena };
	if (x->file)
		return lint_add_name(&x->names, x->file, err);
	if (ask_git(x, &listed))
		return add_listed(x, &listed, err);
	if (x->directory.is_git)
		output_note(&x->run->out,
			    "git does not list the files of '%s': what it ignores "
			    "is read, too",
			    x->folder);
	return lint_walk(&x->names, err) && lint_add_env_files(&x->names, err);
}

/* --- asking */

static void forget(json_t **json)
{
	json_decref(*json);
	*json = NULL;
}

static bool ask(struct linting *x, struct err *err)
{
	forget(&x->g.mentions);
	forget(&x->g.skipped);
	forget(&x->answer);
	x->g.mentions = json_array();
	x->g.skipped = json_array();
	if (!x->g.mentions || !x->g.skipped)
		return fail_memory(err);
	return lint_gather(&x->names, &x->g, err) &&
	       (json_put(x->run->input, "mentions", json_incref(x->g.mentions)) ||
		fail_memory(err)) &&
	       run_call(x->run, x->run->command->operation, x->run->input, &x->answer, err);
}

/* --- putting things right */

static bool is_for_people(const struct run *r)
{
	const char *format = run_text(r, "format");

	return !r->out.json && (!format || !strcmp(format, "text"));
}

static bool fix_file(struct linting *x, const char *name, bool *ret_changed, struct err *err)
{
	CLEANUP(text_release) struct text was = { 0 }, now = { 0 };
	struct output *o = &x->run->out;
	const char *shown = arena_printf(&x->arena, "%s%s", x->shown, name),
		   *path = arena_printf(&x->arena, "%s/%s", x->folder, name);
	bool there;
	unsigned count;

	if (!shown || !path)
		return fail_memory(err);
	if (!file_change_read(path, &was, &there, err) ||
	    !lint_fix(name, &was, json_object_get(x->answer, "findings"), &now, &count, err))
		return false;
	*ret_changed = there && count;
	if (!*ret_changed)
		return true;
	if (is_for_people(x->run) &&
	    !file_change_show(o, shown, true, &was, text_str(&now), now.len, err))
		return false;
	if (run_has(x->run, "diff"))
		return true;
	return file_change_write(path, true, &was, text_str(&now), now.len, err) &&
	       (json_append(x->fixed, json_string(shown)) || fail_memory(err));
}

/* Each file with a finding that is sure, once: findings of a file follow each other. */
static bool fix_files(struct linting *x, bool *ret_changed, struct err *err)
{
	const char *last = NULL;
	const json_t *row;
	size_t i;

	*ret_changed = false;
	json_array_foreach(json_object_get(x->answer, "findings"), i, row) {
		const char *name = json_text_of(row, "file");
		bool changed = false;

		if (!json_bool_of(row, "fixable") || (last && !strcmp(last, name)))
			continue;
		last = name;
		if (!fix_file(x, name, &changed, err))
			return false;
		*ret_changed |= changed;
	}
	return true;
}

static bool fix_all(struct linting *x, struct err *err)
{
	bool changed = true;

	for (unsigned round = 0; changed && round < ROUNDS_MAX; round++) {
		if (!fix_files(x, &changed, err))
			return false;
		if (run_has(x->run, "diff"))
			return true;
		if (changed && !ask(x, err))
			return false;
	}
	return true;
}

/* --- what is shown */

static bool is_note(const json_t *row)
{
	return !strcmp(text_or(row, "severity", ""), "note");
}

/* Names as they are from here, notes only where they are wanted, and files that were skipped. */
static bool finish_findings(struct linting *x, struct err *err)
{
	json_t *all = json_object_get(x->answer, "findings"), *kept = json_array(), *row;
	json_t *lists[] = { all, x->g.skipped };
	bool wants_notes = run_has(x->run, "all");
	size_t i;

	for (size_t n = 0; n < ARRAY_LEN(lists); n++)
		json_array_foreach(lists[n], i, row) {
			const char *shown = arena_printf(&x->arena, "%s%s", x->shown,
							 text_or(row, "file", ""));

			if (is_note(row) && !wants_notes)
				continue;
			if (!shown || !json_put_text(row, "file", shown) ||
			    !json_append(kept, json_incref(row))) {
				json_decref(kept);
				return fail_memory(err);
			}
		}
	return (json_put_int(x->answer, "warnings",
			     json_int_of(x->answer, "warnings", 0) +
				     (int64_t)json_array_size(x->g.skipped)) &&
		json_put_int(x->answer, "files", x->g.n_files) &&
		json_put(x->answer, "fixed", json_incref(x->fixed)) &&
		json_put(x->answer, "findings", kept)) ||
	       fail_memory(err);
}

static bool lint_render(struct run *r, const json_t *answer, struct err *err)
{
	const json_t *findings = json_object_get(answer, "findings"), *one;
	const char *format = run_text(r, "format");
	size_t i;

	if (format && !strcmp(format, "sarif"))
		return lint_report_sarif(&r->out.text, findings, err);
	if (format && !strcmp(format, "github")) {
		lint_report_github(&r->out.text, findings);
		return true;
	}
	json_array_foreach(json_object_get(answer, "fixed"), i, one) {
		screen_add(&r->out.text, json_string_value(one), 0);
		text_add(&r->out.text, " is written\n");
	}
	/* A difference is for programs, too. */
	if (run_has(r, "diff"))
		return true;
	lint_report_text(&r->out, findings);
	if (!r->out.quiet)
		lint_report_summary(&r->out.text, answer);
	return true;
}

static bool is_refused(const struct run *r, const json_t *answer)
{
	return json_int_of(answer, "errors", 0) > 0 ||
	       (run_has(r, "strict") && json_int_of(answer, "warnings", 0) > 0);
}

static bool lint(struct linting *x, struct err *err)
{
	struct run *r = x->run;

	x->g = (struct lint_gathering){ .prefix = x->prefix };
	x->fixed = json_array();
	if (!x->fixed)
		return fail_memory(err);
	if (!find_folder(x, err) || !read_rules(x, err) || !list_files(x, err))
		return false;
	x->g.rules = x->declaration ? &x->declaration->lint : NULL;
	if (x->names.too_many)
		output_note(&r->out, "more than %d files: the others were not looked at",
			    LINT_NAMES_MAX);
	if (!ask(x, err) || ((run_has(r, "fix") || run_has(r, "diff")) && !fix_all(x, err)) ||
	    !finish_findings(x, err))
		return false;
	r->status = is_refused(r, x->answer);
	return run_show(r, x->answer, err);
}

static bool lint_run(struct run *r, struct err *err)
{
	struct linting *x = calloc(1, sizeof(*x));
	const char *format = run_text(r, "format");
	bool ok;

	if (!x)
		return fail_memory(err);
	x->run = r;
	r->out.json |= format && !strcmp(format, "json");
	ok = lint(x, err);
	linting_release(x);
	free(x);
	return ok;
}

static const struct example examples[] = {
	{ "portbook lint", "the files of this project" },
	{ "portbook lint --fix", "put right what is sure, and show what changed" },
	{ "portbook lint --format github", "in a workflow: shown beside the source" },
	{ "portbook lint deploy/compose.yaml", "one file" },
	{ NULL, NULL },
};

const struct command cmd_lint = {
	.name = "lint",
	.group = GROUP_DIRECTORY,
	.summary = "hold what the project's files say against the book",
	.text = "A port that belongs to another project or instance, that is reserved, or that is "
		"entered nowhere, is an error: exit status 1, so that a hook or a deploy stops. "
		"Read are .env files, compose files, package.json, Procfile, Makefile, the "
		"configurations of vite, next, astro, nuxt and supabase, units of systemd, nginx, "
		"Caddy and cloudflared, and as warnings examples (.env.example), scripts, and "
		"sources in JavaScript, TypeScript, Python and Go. What git ignores is not read, "
		"but for .env files.\n\n"
		"A comment 'portbook: ignore' in the line, 'portbook: ignore-next-line' above it, or "
		"'portbook: ignore-file' leaves it alone; in portbook.yaml 'lint: ignore' names "
		"files and 'lint: allow' ports.",
	.examples = examples,
	.args = args,
	.options = options,
	.operation = "lint",
	.sends = SENDS_ALL,
	.run = lint_run,
	.render = lint_render,
};
