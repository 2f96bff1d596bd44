/*
 * Source: Claude Code's settings: ~/.claude/settings.json, or settings.json in the folder that
 * CLAUDE_CONFIG_DIR names; of a project .claude/settings.json, which is committed.
 */
#include "cli/hook_claude.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/agent_hooks.h"
#include "cli/file_change.h"
#include "cli/helper.h"

#define SETTINGS "settings.json"

static const char *absolute_in(const char *variable)
{
	const char *value = getenv(variable);

	return value && *value == '/' ? value : NULL;
}

static bool settings_path(const struct run *r, char ret[static PATH_MAX], struct err *err)
{
	const char *project = run_text(r, "project"), *home = absolute_in("HOME");
	const char *folder = project ? project : absolute_in("CLAUDE_CONFIG_DIR");
	const char *below = project || !folder ? "/.claude" : "";

	if (project && run_has(r, "user"))
		return fail(err, ERR_INVALID, "--user and --project name two files");
	if (project && access(project, F_OK) < 0)
		return fail(err, ERR_NOT_FOUND, "there is no directory '%.300s'", project);
	if (!folder && !home)
		return fail(err, ERR_INVALID, "HOME does not say where your files are");
	return snprintf(ret, PATH_MAX, "%s%s/" SETTINGS, folder ? folder : home, below) <
		       PATH_MAX ||
	       fail(err, ERR_INVALID, "the path of the settings is too long");
}

/* In single quotes, as far as the shell needs them. */
static void add_word(struct text *t, const char *word)
{
	bool is_plain = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789_./:@=,+-") == strlen(word);

	text_add(t, is_plain ? "" : "'");
	for (; *word; word++)
		if (*word == '\'')
			text_add(t, "'\\''");
		else
			text_add_bytes(t, word, 1);
	text_add(t, is_plain ? "" : "'");
}

/* Settings that a project shares name the command alone; one's own this very program. */
static bool make_command(const struct run *r, struct text *ret, struct err *err)
{
	char program[PATH_MAX];
	bool is_own = !run_text(r, "project") && helper_program(program);

	add_word(ret, is_own ? program : "portbook");
	if (run_text(r, "book")) {
		text_add(ret, " --book ");
		add_word(ret, run_text(r, "book"));
	}
	text_add(ret, " " AGENT_HOOK_WORDS);
	return text_ok(ret) || fail_memory(err);
}

static bool fail_keep(const char *path, struct err *err)
{
	if (err->code == ERR_INVALID) {
		fail_while(err, "'%.300s' is left as it is", path);
		fail_hint(err, "add it by hand: portbook hook install claude-code --print");
	}
	return false;
}

static bool change(const char *path, const struct text *was, bool is_there, const struct text *now,
		   bool *ret_changed, struct err *err)
{
	*ret_changed = was->len != now->len || memcmp(text_str(was), text_str(now), now->len) != 0;
	return !*ret_changed ||
	       file_change_write(path, is_there, was, text_str(now), now->len, err);
}

static bool answer(const char *path, bool changed, const char *content, json_t **ret,
		   struct err *err)
{
	*ret = json_pack("{s:b, s:s, s:b, s:s*}", "success", 1, "path", path, "changed",
			 (int)changed, "content", content);
	return *ret || fail_memory(err);
}

bool hook_claude_install(struct run *r, json_t **ret, struct err *err)
{
	CLEANUP(text_release) struct text command = { 0 }, was = { 0 }, now = { 0 }, alone = { 0 };
	char path[PATH_MAX];
	bool is_there, changed = false;

	if (!settings_path(r, path, err) || !make_command(r, &command, err) ||
	    !agent_hooks_with("", 0, SETTINGS, text_str(&command), &alone, err))
		return false;
	if (run_has(r, "print"))
		return answer(path, false, text_str(&alone), ret, err);
	if (!file_change_read(path, &was, &is_there, err))
		return false;
	if (!agent_hooks_with(text_str(&was), was.len, SETTINGS, text_str(&command), &now, err))
		return fail_keep(path, err);
	return change(path, &was, is_there, &now, &changed, err) &&
	       answer(path, changed, text_str(&alone), ret, err);
}

bool hook_claude_remove(struct run *r, json_t **ret, struct err *err)
{
	CLEANUP(text_release) struct text was = { 0 }, now = { 0 };
	char path[PATH_MAX];
	bool is_there, changed = false;

	if (!settings_path(r, path, err) || !file_change_read(path, &was, &is_there, err))
		return false;
	if (!agent_hooks_without(text_str(&was), was.len, SETTINGS, &now, err))
		return fail_keep(path, err);
	return change(path, &was, is_there, &now, &changed, err) &&
	       answer(path, changed, NULL, ret, err);
}
