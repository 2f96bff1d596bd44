/*
 * What `npm run dev` and its like run: a script of package.json, read as if it stood there,
 * with the arguments that it is given.
 */
#include <string.h>

#include "base/macros.h"
#include "formats/shell_own.h"

struct manager {
	const char *program;
	const char *runs;   /* "run": the script's name follows */
	const char *direct; /* are scripts themselves; NULL: all but `own` */
	const char *own;
	bool needs_dashes; /* "--" before the script's arguments */
};

/* clang-format off */
static const struct manager managers[] = {
	{ "npm", "run run-script", "start test restart stop", "", true },
	{ "pnpm", "run run-script", NULL,
	  "install i add remove rm update up exec dlx create init test t build publish pack list ls why audit outdated "
	  "store config setup link unlink import rebuild prune patch deploy root bin env server -r", false },
	{ "yarn", "run", NULL,
	  "install add remove upgrade up exec dlx create init test build publish pack list why audit outdated cache "
	  "config set link unlink import global info plugin workspaces workspace version check", false },
	{ "bun", "run", NULL,
	  "install i add remove rm update test x create init build publish pm link unlink upgrade repl", false },
	{ "deno", "task", "", "", false },
};
/* clang-format on */

static const struct manager *manager_of(const char *program)
{
	for (size_t i = 0; i < ARRAY_LEN(managers); i++)
		if (!strcmp(managers[i].program, program))
			return &managers[i];
	return NULL;
}

/* What stands before the script's name: `folder` is where it runs; false: nobody knows where. */
static bool read_options(struct shell_finder *f, const struct shell_call *call, unsigned *k,
			 const char **folder)
{
	static const char in_folder[] = "--prefix -C --cwd --dir";
	static const char elsewhere[] = "-w --workspace --filter -F workspace --workspaces -r -ws";
	bool is_known = true;

	for (; *k < call->count; (*k)++) {
		const struct shell_word *w = &call->words[*k];
		bool has_value = *k + 1 < call->count;

		if (shell_words_have(elsewhere, w->text, w->len)) {
			is_known = false;
			*k += strcmp(w->text, "-r") && strcmp(w->text, "-ws") &&
			      strcmp(w->text, "--workspaces");
		} else if (has_value && shell_words_have(in_folder, w->text, w->len)) {
			(*k)++;
			*folder = !*folder || !**folder || shell_is_from_root(w[1].text)
					  ? w[1].text
					  : arena_printf(f->arena, "%s/%s", *folder, w[1].text);
		} else if (w->text[0] != '-') {
			break;
		} else if (!strncmp(w->text, "--workspace=", 12) ||
			   !strncmp(w->text, "--filter=", 9)) {
			is_known = false;
		}
	}
	return is_known && *folder && !strchr(*folder, SHELL_UNKNOWN);
}

/* Which word is the script's name; 0: none is. */
static unsigned script_word(struct shell_finder *f, const struct shell_call *call,
			    const struct manager *m, const char **folder, bool *is_known)
{
	unsigned k = 1;
	const struct shell_word *w;

	*is_known = read_options(f, call, &k, folder);
	if (k >= call->count)
		return 0;
	w = &call->words[k];
	if (shell_words_have(m->runs, w->text, w->len)) {
		k++;
		*is_known = read_options(f, call, &k, folder) && *is_known;
		return k < call->count ? k : 0;
	}
	if (m->direct)
		return shell_words_have(m->direct, w->text, w->len) ? k : 0;
	return shell_words_have(m->own, w->text, w->len) ? 0 : k;
}

/* The first word that the script gets; call->count: none. */
static unsigned first_argument(const struct shell_call *call, const struct manager *m, unsigned k)
{
	for (unsigned i = k + 1; i < call->count; i++)
		if (!strcmp(call->words[i].text, "--"))
			return i + 1;
	return m->needs_dashes ? call->count : k + 1;
}

/* The script's command, with what is added to it; its own letters are nowhere. */
static bool with_arguments(struct shell_finder *f, const char *script,
			   const struct shell_call *call, unsigned from, struct shell_text *ret)
{
	size_t own = strlen(script), at = from < call->count ? call->words[from].begin : call->end;
	size_t added = call->end > at ? call->end - at : 0, len = own + (added ? added + 1 : 0);
	char *s = arena_alloc(f->arena, len + 1);
	struct shell_spot *spots = arena_alloc(f->arena, (len + 1) * sizeof(*spots));

	if (!s || !spots)
		return false;
	for (size_t i = 0; i < own; i++)
		s[i] = script[i];
	for (size_t i = 0; i <= own && i < len; i++)
		spots[i] = (struct shell_spot){ SHELL_NOWHERE, false };
	if (added)
		s[own] = ' ';
	for (size_t i = 0; i < added; i++) {
		s[own + 1 + i] = f->text->s[at + i];
		spots[own + 1 + i] = shell_spot(f->text, at + i);
	}
	*ret = (struct shell_text){ s, len, spots };
	return true;
}

static void origin_of(const struct shell_finder *f, const struct shell_call *call,
		      const struct manager *m, unsigned name, struct shell_origin *ret)
{
	bool has_dashes = first_argument(call, m, name) != name + 1 && call->count > name + 1;

	*ret = (struct shell_origin){
		.name = call->words[name].text,
		.env_at = shell_place(f->text, call->begin),
		.args_at = shell_place_behind(f->text, call->end),
		.args_before = m->needs_dashes && !has_dashes ? " -- " : " ",
	};
	if (f->origin) {
		ret->env_at = f->origin->env_at;
		ret->args_at = SHELL_NOWHERE;
	}
}

/* The command that package.json has under that name; NULL: there is none, or nobody knows where. */
static const char *script_of(const struct shell_finder *f, const char *folder, const char *name)
{
	return f->scripts ? f->scripts->find(f->scripts->arg, folder, name) : NULL;
}

static void read_script(struct shell_finder *f, const struct shell_call *call,
			const struct manager *m, unsigned name, const char *script,
			const char *folder)
{
	const char *was = f->scope.folder;
	struct shell_origin origin;
	struct shell_text text;

	origin_of(f, call, m, name, &origin);
	f->scope.folder = folder;
	if (!with_arguments(f, script, call, first_argument(call, m, name), &text))
		f->has_failed = true;
	else
		shell_read_nested(f, &text, &origin);
	f->scope.folder = was;
}

/* A program of node_modules/.bin, perhaps: yarn vite. */
static bool may_be_program(const struct manager *m)
{
	return !m->direct;
}

void shell_run_script(struct shell_finder *f, struct shell_call *call, bool *ret_is_done)
{
	const struct manager *m = manager_of(call->program);
	const char *folder = f->scope.folder, *script;
	bool is_known = false;
	unsigned name;

	*ret_is_done = false;
	if (!m)
		return;
	name = script_word(f, call, m, &folder, &is_known);
	if (!name) {
		/* bun server.ts has a program; npm install none. */
		*ret_is_done = !(call->count > 1 && strchr(call->words[1].text, '.'));
		return;
	}
	script = is_known ? script_of(f, folder, call->words[name].text) : NULL;
	*ret_is_done = script != NULL;
	if (script)
		read_script(f, call, m, name, script, folder);
	else if (may_be_program(m))
		shell_go_on(f, call, name);
}
