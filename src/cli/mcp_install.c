#include "cli/mcp_install.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/agent_file.h"
#include "cli/helper.h"

/* Rationale: a program's state of years in one file is some megabytes. */
#define AGENT_FILE_MAX ((size_t)64 << 20)

/*
 * Where a program looks, and how it wants to be told.  Sources: the documents of
 * each; on Linux the files are below ~/.config where a program has a window.
 */
struct client {
	const char *name, *title;
	const char *variable;	  /* names the folder of `file`; NULL: none does */
	const char *folder;	  /* below the home; of `below_config`: below ~/.config */
	const char *file;	  /* in that folder */
	const char *project_file; /* in a project's; NULL: there is none */
	const char *list;
	bool below_config, has_type, is_toml;
};

/* clang-format off */
static const struct client clients[] = {
	{ .name = "claude-code", .title = "Claude Code", .variable = "CLAUDE_CONFIG_DIR", .folder = "",
	  .file = ".claude.json", .project_file = ".mcp.json", .list = "mcpServers", .has_type = true },
	{ .name = "claude-desktop", .title = "Claude Desktop", .folder = "Claude",
	  .file = "claude_desktop_config.json", .list = "mcpServers", .below_config = true },
	{ .name = "codex", .title = "Codex", .variable = "CODEX_HOME", .folder = ".codex",
	  .file = "config.toml", .project_file = ".codex/config.toml", .list = "mcp_servers", .is_toml = true },
	{ .name = "cursor", .title = "Cursor", .folder = ".cursor", .file = "mcp.json",
	  .project_file = ".cursor/mcp.json", .list = "mcpServers" },
	{ .name = "vscode", .title = "VS Code", .folder = "Code/User", .file = "mcp.json",
	  .project_file = ".vscode/mcp.json", .list = "servers", .below_config = true, .has_type = true },
};
/* clang-format on */

const char *const mcp_clients[] = { "claude-code", "claude-desktop", "codex",
				    "cursor",	   "vscode",	     NULL };

static bool find_client(const char *name, const struct client **ret, struct err *err)
{
	for (size_t i = 0; name && i < ARRAY_LEN(clients); i++)
		if (!strcmp(clients[i].name, name)) {
			*ret = &clients[i];
			return true;
		}
	if (name)
		fail(err, ERR_INVALID, "portbook knows no agent's program '%.60s'", name);
	else
		fail(err, ERR_INVALID, "it is not said for which agent's program");
	return fail_hint(err,
			 "it is one of claude-code, claude-desktop, codex, cursor, vscode; for "
			 "others: docs/agents.md");
}

/* --- where */

static bool join(char ret[static PATH_MAX], struct err *err, const char *a, const char *b,
		 const char *c)
{
	return snprintf(ret, PATH_MAX, "%s%s%s%s%s", a, *b ? "/" : "", b, *c ? "/" : "", c) <
		       PATH_MAX ||
	       fail(err, ERR_INVALID, "the path of the file is too long");
}

/* An absolute path in a variable; NULL: it names none. */
static const char *folder_in(const char *variable)
{
	const char *value = variable ? getenv(variable) : NULL;

	return value && *value == '/' ? value : NULL;
}

static bool user_path(const struct client *c, char ret[static PATH_MAX], struct err *err)
{
	const char *home = folder_in("HOME"), *config = folder_in("XDG_CONFIG_HOME");
	char below[PATH_MAX];

	if (folder_in(c->variable))
		return join(ret, err, folder_in(c->variable), "", c->file);
	if (c->below_config && config)
		return join(ret, err, config, c->folder, c->file);
	if (!home)
		return fail(err, ERR_INVALID, "HOME does not say where your files are");
	return join(below, err, home, c->below_config ? ".config" : "", "") &&
	       join(ret, err, below, c->folder, c->file);
}

static bool project_path(const struct client *c, char ret[static PATH_MAX], struct err *err)
{
	char here[PATH_MAX];

	if (!c->project_file)
		return fail(err, ERR_INVALID, "%s has no file for a project", c->title);
	if (!getcwd(here, sizeof(here)))
		return fail(err, ERR_IO, "the working directory is gone");
	return join(ret, err, here, "", c->project_file);
}

/* --- what */

/*
 * A file that a project shares names the command alone; one's own names this very
 * program, as what has a window is not started by a shell and has another PATH.
 */
static const char *own_command(bool is_shared, char ret[static PATH_MAX])
{
	return !is_shared && helper_program(ret) ? ret : "portbook";
}

static bool make_file(const struct client *c, const struct agent_entry *entry,
		      const struct text *was, struct text *ret, struct err *err)
{
	bool (*make)(const char *, size_t, const char *, const struct agent_entry *, struct text *,
		     struct err *) = c->is_toml ? agent_file_toml : agent_file_json;

	return make(text_str(was), was->len, c->list, entry, ret, err);
}

static bool read_file(const char *path, struct text *ret, struct err *err)
{
	struct err why = { 0 };

	if (file_read(path, AGENT_FILE_MAX, ret, &why) || why.code == ERR_NOT_FOUND)
		return true;
	*err = why;
	return false;
}

static bool fail_keep(const struct client *c, const char *path, struct err *err)
{
	if (err->code == ERR_INVALID) {
		fail_while(err, "'%.300s' is left as it is", path);
		fail_hint(err, "add it by hand: portbook mcp install %s --print", c->name);
	}
	return false;
}

static bool write_into(const struct client *c, const struct agent_entry *entry, const char *path,
		       bool *ret_changed, struct err *err)
{
	CLEANUP(text_release) struct text was = { 0 };
	CLEANUP(text_release) struct text now = { 0 };

	if (!read_file(path, &was, err))
		return false;
	if (!make_file(c, entry, &was, &now, err))
		return fail_keep(c, path, err);
	*ret_changed = was.len != now.len || memcmp(text_str(&was), now.s, now.len) != 0;
	return !*ret_changed || (folder_of_make(path, 0700, err) &&
				 file_write_atomic(path, now.s, now.len, 0600, err));
}

static bool install(const struct run *r, const struct client *c, const struct agent_entry *entry,
		    const char *path, json_t **ret, struct err *err)
{
	CLEANUP(text_release) struct text snippet = { 0 };
	const struct text nothing = { 0 };
	bool changed = false;

	if (!make_file(c, entry, &nothing, &snippet, err) ||
	    (!run_has(r, "print") && !write_into(c, entry, path, &changed, err)))
		return false;
	*ret = json_pack("{s:b, s:s, s:s, s:b, s:s}", "success", 1, "client", c->name, "path", path,
			 "changed", (int)changed, "content", text_str(&snippet));
	return *ret || fail_memory(err);
}

bool mcp_install(struct run *r, const char *client, json_t **ret, struct err *err)
{
	bool is_shared = run_has(r, "project");
	const char *book = run_text(r, "book");
	const char *const plain[] = { "mcp", NULL };
	const char *const with_book[] = { "--book", book, "mcp", NULL };
	char path[PATH_MAX], program[PATH_MAX];
	struct agent_entry entry = { .args = book ? with_book : plain };
	const struct client *c;

	if (!find_client(client, &c, err) ||
	    !(is_shared ? project_path(c, path, err) : user_path(c, path, err)))
		return false;
	entry.command = own_command(is_shared, program);
	entry.has_type = c->has_type;
	return install(r, c, &entry, path, ret, err);
}
