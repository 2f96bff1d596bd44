/*
 * Commands come from shell_read in their order.  What they leave behind (a folder, variables)
 * is kept for those that follow; what only runs another command is taken off; a script of
 * package.json is read as if it stood there.
 */
#include "formats/shell_ports.h"

#include <ctype.h>
#include <string.h>

#include "base/macros.h"
#include "formats/shell_own.h"

/* Rationale: scripts call scripts that call scripts; more is a circle. */
#define NESTED_MAX 6u
/* Rationale: the longest word of a table's command, which a test compares. */
#define WORDS_SIZE 96
/* Rationale: more commands than anybody waits for, in a circle of scripts. */
#define STEPS_MAX 2000u

/* --- programs */

/* "python3.11" is python, "./node_modules/.bin/vite@5" vite. */
static const char *program_of(struct arena *arena, const char *word)
{
	const char *slash = strrchr(word, '/'), *name = slash ? slash + 1 : word, *at;
	size_t len;

	at = strchr(*name ? name + 1 : name, '@');
	len = at ? (size_t)(at - name) : strlen(name);
	if (!strncmp(name, "python", 6) && strspn(name + 6, "0123456789.") == len - 6)
		len = 6;
	return arena_printf(arena, "%.*s", (int)len, name);
}

unsigned shell_next_plain(const struct shell_call *call, unsigned k, const char *valued)
{
	while (k < call->count && call->words[k].text[0] == '-' && call->words[k].text[1]) {
		const struct shell_word *w = &call->words[k];

		if (!strcmp(w->text, "--"))
			return k + 1;
		k += 1 + shell_words_have(valued, w->text, w->len);
	}
	return k;
}

static bool has_word(const struct shell_call *call, const char *word, size_t len)
{
	for (unsigned k = 1; k < call->count; k++)
		if (call->words[k].len == len && !memcmp(call->words[k].text, word, len))
			return true;
	return false;
}

/* Does "rails s|server" fit the words, and up to which? */
static bool call_fits(const struct shell_call *call, const char *pattern, const char *valued,
		      unsigned *ret_last)
{
	size_t len = strcspn(pattern, " ");
	unsigned last = 0;
	char words[WORDS_SIZE];

	for (bool is_first = true; len; is_first = false) {
		unsigned k = is_first ? 0 : shell_next_plain(call, last + 1, valued);
		const char *word = is_first ? call->program : NULL;

		if (len >= sizeof(words))
			return false;
		memcpy(words, pattern, len);
		words[len] = '\0';
		if (*words != '-') {
			if (!is_first)
				word = k < call->count ? call->words[k].text : "";
			if (!shell_words_have(words, word, strlen(word)))
				return false;
			last = k;
		} else if (!has_word(call, words, len)) {
			return false;
		}
		pattern += len + (pattern[len] == ' ');
		len = strcspn(pattern, " ");
	}
	*ret_last = last;
	return true;
}

const struct shell_server *shell_server_of(const struct shell_call *call, unsigned *ret_last)
{
	for (const struct shell_server *s = shell_servers; s->command; s++)
		if (call_fits(call, s->command, s->valued, ret_last))
			return s;
	return NULL;
}

/* --- variables */

static const struct shell_word *known_value(const struct shell_finder *f, const char *name,
					    size_t len)
{
	for (unsigned i = f->scope.known_count; i-- > 0;)
		if (f->known[i].len == len && !memcmp(f->known[i].name, name, len))
			return f->known[i].value;
	return NULL;
}

static void know(struct shell_finder *f, const char *name, size_t len,
		 const struct shell_word *value, bool is_exported)
{
	struct shell_known *grown = arena_grow(f->arena, f->known, f->scope.known_count,
					       &f->known_room, sizeof(*grown));

	if (!grown || !value) {
		f->has_failed = true;
		return;
	}
	f->known = grown;
	f->known[f->scope.known_count++] = (struct shell_known){
		name,
		len,
		value,
		is_exported || f->scope.exports_all,
	};
}

/* NAME=3000 */
static void know_assigned(struct shell_finder *f, const struct shell_word *w, bool is_exported)
{
	size_t len = shell_assigned(w);
	struct shell_word *value = arena_alloc(f->arena, sizeof(*value));

	if (value) {
		*value = *w;
		value->text += len + 1;
		value->spots += len + 1;
		value->len -= len + 1;
	}
	know(f, w->text, len, value, is_exported);
}

/* `export NAME` of what was set before. */
static void export_name(struct shell_finder *f, const struct shell_word *w)
{
	for (unsigned i = 0; i < f->scope.known_count; i++)
		if (f->known[i].len == w->len && !memcmp(f->known[i].name, w->text, w->len))
			f->known[i].is_exported = true;
}

/* --- what the shell does itself */

bool shell_is_from_root(const char *folder)
{
	return *folder == '/' || *folder == '~';
}

static void change_folder(struct shell_finder *f, const struct shell_call *call)
{
	unsigned k = shell_next_plain(call, 1, "");
	const char *folder = k < call->count ? call->words[k].text : "-";

	if (*folder == '-' || strchr(folder, SHELL_UNKNOWN))
		f->scope.folder = NULL;
	else if (shell_is_from_root(folder) || (f->scope.folder && !*f->scope.folder))
		f->scope.folder = folder;
	else if (f->scope.folder)
		f->scope.folder = arena_printf(f->arena, "%s/%s", f->scope.folder, folder);
}

static void export(struct shell_finder *f, const struct shell_call *call)
{
	for (unsigned k = 1; k < call->count; k++)
		if (shell_assigned(&call->words[k]))
			know_assigned(f, &call->words[k], true);
		else
			export_name(f, &call->words[k]);
}

static void set(struct shell_finder *f, const struct shell_call *call)
{
	for (unsigned k = 1; k < call->count; k++)
		if (!strcmp(call->words[k].text, "-a"))
			f->scope.exports_all = true;
}

/* What it sets nobody sees here. */
static void source(struct shell_finder *f, const struct shell_call *call)
{
	(void)call;
	f->scope.env_is_unknown = true;
}

/* Words that are lines of shell themselves. */
static void read_words(struct shell_finder *f, const struct shell_call *call, unsigned from,
		       bool also_single)
{
	for (unsigned k = from; k < call->count; k++) {
		const struct shell_word *w = &call->words[k];

		if (w->text[0] != '-' && (also_single || strpbrk(w->text, " \t\n")))
			shell_read_nested(f, &(struct shell_text){ w->text, w->len, w->spots },
					  f->origin);
	}
}

static void evaluate(struct shell_finder *f, const struct shell_call *call)
{
	f->scope.env_is_unknown = true;
	read_words(f, call, 1, true);
}

static bool is_builtin(struct shell_finder *f, const struct shell_call *call)
{
	static const struct {
		const char *name;
		void (*run)(struct shell_finder *f, const struct shell_call *call);
	} builtins[] = {
		{ "cd", change_folder }, { "pushd", change_folder },
		{ "export", export },	 { "source", source },
		{ ".", source },	 { "eval", evaluate },
		{ "set", set },
	};

	for (size_t i = 0; i < ARRAY_LEN(builtins); i++)
		if (!strcmp(call->words[0].text, builtins[i].name)) {
			builtins[i].run(f, call);
			return true;
		}
	return false;
}

/* --- what only runs another command */

bool shell_go_on(struct shell_finder *f, struct shell_call *call, unsigned k)
{
	if (k >= call->count)
		return false;
	call->words += k;
	call->count -= k;
	call->program = program_of(f->arena, call->words[0].text);
	f->has_failed = f->has_failed || !call->program;
	return !f->has_failed;
}

/* bash -lc 'vite': the text is read; bash run.sh: the file is the program. */
static bool run_shell(struct shell_finder *f, struct shell_call *call)
{
	for (unsigned k = 1; k < call->count; k++) {
		const struct shell_word *w = &call->words[k];

		if (w->text[0] != '-' && w->text[0] != '+')
			return shell_go_on(f, call, k);
		if (w->text[1] != '-' && strchr(w->text, 'c') && k + 1 < call->count) {
			shell_read_nested(f,
					  &(struct shell_text){ w[1].text, w[1].len, w[1].spots },
					  f->origin);
			return false;
		}
	}
	return false;
}

/* python -m flask, python manage.py; python -c has a program of its own. */
static bool run_interpreter(struct shell_finder *f, struct shell_call *call,
			    const struct shell_wrapper *w, unsigned last)
{
	for (unsigned k = last + 1; k < call->count; k++) {
		const struct shell_word *word = &call->words[k];

		if (!strcmp(word->text, "-m"))
			return shell_go_on(f, call, k + 1);
		if (!strcmp(word->text, "-c") || !strcmp(word->text, "-e") ||
		    !strcmp(word->text, "--run"))
			return false;
		if (word->text[0] != '-')
			return shell_go_on(f, call, k);
		k += shell_words_have(w->valued, word->text, word->len);
	}
	return false;
}

static bool unwrap(struct shell_finder *f, struct shell_call *call, const struct shell_wrapper *w,
		   unsigned last)
{
	unsigned k;

	call->env_is_unknown = call->env_is_unknown || w->is_opaque_env;
	if (w->has_shell_text)
		return run_shell(f, call);
	if (w->is_interpreter)
		return run_interpreter(f, call, w, last);
	if (w->has_shell_texts) {
		read_words(f, call, 1, false);
		return false;
	}
	k = shell_next_plain(call, last + 1, w->valued);
	for (; w->takes_assignments && k < call->count && shell_assigned(&call->words[k]); k++)
		know_assigned(f, &call->words[k], true);
	if (w->takes_assignments)
		k = shell_next_plain(call, k, w->valued);
	return shell_go_on(f, call, k + w->arguments);
}

static const struct shell_wrapper *wrapper_of(const struct shell_call *call, unsigned *ret_last)
{
	for (const struct shell_wrapper *w = shell_wrappers; w->command; w++)
		if (call_fits(call, w->command, w->valued, ret_last))
			return w;
	return NULL;
}

/* --- commands */

/* Take off what only runs another command; false: that was all of it. */
static bool unwrap_all(struct shell_finder *f, struct shell_call *call)
{
	const struct shell_wrapper *w;
	unsigned last;

	for (unsigned i = 0; i < NESTED_MAX; i++) {
		w = wrapper_of(call, &last);
		if (!w)
			return true;
		if (!unwrap(f, call, w, last))
			return false;
	}
	return true;
}

static void judge(struct shell_finder *f, struct shell_call *call)
{
	const struct shell_word *words;
	bool is_done = false;

	if (!shell_go_on(f, call, 0) || is_builtin(f, call) || !unwrap_all(f, call))
		return;
	words = call->words;
	shell_run_script(f, call, &is_done);
	if (is_done || f->has_failed)
		return;
	/* yarn node server.js: what the manager runs may run another, too. */
	if (call->words == words || unwrap_all(f, call))
		shell_judge(f, call);
}

static bool take_command(void *arg, struct shell_word *words, unsigned count)
{
	struct shell_finder *f = arg;
	unsigned known_before = f->scope.known_count;
	struct shell_call call = {
		.begin = words[0].begin,
		.end = words[count - 1].end,
		.env_is_unknown = f->scope.env_is_unknown,
	};
	unsigned k = 0;

	if (++f->steps > STEPS_MAX)
		return false;
	while (k < count && shell_assigned(&words[k]))
		k++;
	/* Without a command behind them they are the shell's own. */
	for (unsigned i = 0; i < k; i++)
		know_assigned(f, &words[i], k < count);
	call.words = words + k;
	call.count = count - k;
	if (f->has_failed || !call.count)
		return !f->has_failed;
	judge(f, &call);
	/* X=1 before a command is of that command alone. */
	if (strcmp(words[k].text, "export") != 0)
		f->scope.known_count = known_before;
	return !f->has_failed;
}

static void enter(void *arg)
{
	struct shell_finder *f = arg;

	if (f->depth < SHELL_SCOPES_MAX)
		f->outer[f->depth] = f->scope;
	f->depth++;
}

static void leave(void *arg)
{
	struct shell_finder *f = arg;

	f->depth--;
	if (f->depth < SHELL_SCOPES_MAX)
		f->scope = f->outer[f->depth];
}

static const struct shell_word *variable(void *arg, const char *name, size_t len)
{
	return known_value(arg, name, len);
}

static void set_default(void *arg, const char *name, size_t len, const struct shell_word *value)
{
	struct shell_finder *f = arg;
	struct shell_word *kept = arena_alloc(f->arena, sizeof(*kept));

	if (kept)
		*kept = *value;
	know(f, name, len, kept, false);
}

bool shell_read_nested(struct shell_finder *f, const struct shell_text *text,
		       const struct shell_origin *origin)
{
	const struct shell_events on = { take_command, enter, leave, variable, set_default, f };
	const struct shell_text *outer_text = f->text;
	const struct shell_origin *outer_origin = f->origin;
	bool ok = true;

	if (f->nested == NESTED_MAX)
		return true;
	f->nested++;
	f->text = text;
	f->origin = origin;
	enter(f);
	if (!shell_read(text, &on, f->arena))
		ok = f->steps > STEPS_MAX && !f->has_failed;
	leave(f);
	f->has_failed = f->has_failed || !ok;
	f->text = outer_text;
	f->origin = outer_origin;
	f->nested--;
	return ok;
}

bool shell_ports_find(const char *command, size_t len, const struct shell_scripts *scripts,
		      struct arena *arena, struct shell_ports *ret, struct err *err)
{
	const struct shell_text text = { command, len, NULL };
	struct shell_finder *f = arena_alloc(arena, sizeof(*f));

	ret->count = 0;
	if (!f)
		return fail_memory(err);
	f->scripts = scripts;
	f->arena = arena;
	f->ret = ret;
	f->scope.folder = "";
	return shell_read_nested(f, &text, NULL) || fail_memory(err);
}
