#include "cli/protect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "cli/agent_hooks.h"
#include "cli/entry_text.h"
#include "cli/hook_text.h"
#include "enforce/guard_client.h"
#include "enforce/system_guard.h"

/* Rationale: a hook is a page, and settings are a few. */
#define FILE_MAX ((size_t)1 << 20)

/* Hooks. */

static bool has_our_lines(const char *folder, const char *hook)
{
	CLEANUP(text_release) struct text now = { 0 }, others = { 0 };
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/.git/hooks/%s", folder, hook) >= (int)sizeof(path) ||
	    !file_read(path, FILE_MAX, &now, NULL))
		return false;
	hook_without(text_str(&now), now.len, &others);
	return text_ok(&others) && others.len != now.len;
}

bool protect_hooks_find(const char *folder, struct protect_hooks *ret)
{
	char path[PATH_MAX];
	struct stat st;

	if (snprintf(path, sizeof(path), "%s/.git", folder) >= (int)sizeof(path) ||
	    lstat(path, &st) < 0)
		return false;
	*ret = (struct protect_hooks){
		.git = has_our_lines(folder, hook_name(HOOK_POST_CHECKOUT)),
		.pre_commit = has_our_lines(folder, hook_name(HOOK_PRE_COMMIT)),
	};
	return true;
}

bool protect_agent_find(bool *ret_has_hook)
{
	CLEANUP(text_release) struct text now = { 0 };
	const char *folder = getenv("CLAUDE_CONFIG_DIR"), *home = getenv("HOME");
	bool is_set = folder && *folder == '/';
	char path[PATH_MAX], settings[PATH_MAX];
	struct stat st;

	if (!is_set && (!home || *home != '/'))
		return false;
	if (snprintf(path, sizeof(path), "%s%s", is_set ? folder : home,
		     is_set ? "" : "/.claude") >= (int)sizeof(path) ||
	    snprintf(settings, sizeof(settings), "%s/settings.json", path) >=
		    (int)sizeof(settings) ||
	    stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return false;
	*ret_has_hook = file_read(settings, FILE_MAX, &now, NULL) &&
			strstr(text_str(&now), AGENT_HOOK_WORDS);
	return true;
}

/* Guards. */

/* Of "shop/web" and "shop@2/web". */
static bool is_of(const char *name, const char *project)
{
	size_t len = strlen(project);

	return name && !strncmp(name, project, len) && (name[len] == '/' || name[len] == '@');
}

/* Does it keep a port of that project? */
static bool keeps(const json_t *guard, const char *project, const char *not_kept)
{
	const json_t *ports = json_object_get(guard, "ports"), *one;
	size_t i;

	json_array_foreach(json_walked(ports), i, one)
		if (is_of(json_text_of(one, "name"), project) &&
		    strcmp(text_or(one, "state", not_kept), not_kept) != 0)
			return true;
	return false;
}

/* What is the same for all projects, asked once. */
struct surroundings {
	json_t *guard, *system;
	bool agent, audit;
};

static void surroundings_release(struct surroundings *s)
{
	json_decref(s->guard);
	json_decref(s->system);
}

static bool add(json_t *list, bool is_so, const char *name)
{
	return !is_so || json_append(list, json_string(name));
}

static bool add_project(const struct surroundings *s, json_t *project, struct err *err)
{
	const char *name = text_or(project, "projectName", ""),
		   *path = json_text_of(project, "path");
	struct protect_hooks hooks = { 0 };
	json_t *list = json_array();
	bool dry = json_bool_of(s->system, "dryRun");

	if (path)
		(void)protect_hooks_find(path, &hooks);
	return (json_put(project, "protectedBy", list) &&
		add(list, keeps(s->guard, name, "not_held"), "guard") &&
		add(list, !dry && keeps(s->system, name, "not_kept"), "guard --system") &&
		add(list, hooks.git, "hook git") &&
		add(list, hooks.pre_commit, "hook pre-commit") &&
		add(list, s->agent, "hook claude-code") && add(list, s->audit, "audit timer")) ||
	       fail_memory(err);
}

bool protect_add_status(struct run *r, json_t *answer, struct err *err)
{
	CLEANUP(surroundings_release) struct surroundings s = { 0 };
	json_t *projects = json_object_get(answer, "projects"), *one;
	size_t i;

	(void)!guard_status(&s.guard, NULL);
	(void)!system_guard_status(&s.system, NULL);
	(void)protect_agent_find(&s.agent);
	for (size_t u = 0; u < PROTECT_UNITS; u++)
		s.audit = s.audit || (strstr(protect_units[u].unit, ".timer") &&
				      protect_unit_is_enabled(&protect_units[u]));
	json_array_foreach(projects, i, one)
		if (!add_project(&s, one, err))
			return false;
	return true;
}
