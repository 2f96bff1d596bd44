/* token: who may ask a server over a network; kept as digests in a file. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "book/config.h"
#include "cli/cmd.h"
#include "cli/rows.h"
#include "cli/screen.h"
#include "cli/token_names.h"
#include "trust/token_file.h"

/* The file, as it was read; nobody else of us changes it meanwhile. */
struct token_book {
	char path[PATH_MAX];
	int lock; /* the folder's, held while the file is changed; -1: none */
	struct text text;
	struct arena arena;
	struct token_list list;
};

static void token_book_release(struct token_book *b)
{
	text_release(&b->text);
	arena_release(&b->arena);
	fd_cleanup(&b->lock);
}

static bool find_path(const struct run *r, struct token_book *b, struct err *err)
{
	const char *told = run_text(r, "tokens");

	if (told)
		return snprintf(b->path, sizeof(b->path), "%s", told) < (int)sizeof(b->path) ||
		       fail(err, ERR_INVALID, "the path of the tokens is too long");
	if (config_user_path("tokens", b->path))
		return true;
	fail(err, ERR_INVALID, "HOME does not say where your tokens are");
	return fail_hint(err, "--tokens FILE");
}

static bool read_tokens(struct token_book *b, struct err *err)
{
	struct err why = { 0 };

	if (file_read(b->path, TOKEN_FILE_MAX, &b->text, &why))
		return token_file_parse(b->path, text_str(&b->text), b->text.len, &b->arena,
					&b->list, err);
	if (why.code == ERR_NOT_FOUND)
		return true;
	*err = why;
	return false;
}

/* The file is replaced, so it is its folder that is locked. */
static bool lock_folder(struct token_book *b, struct err *err)
{
	char folder[PATH_MAX];
	char *slash;

	if (!folder_of_make(b->path, 0700, err))
		return false;
	snprintf(folder, sizeof(folder), "%s", b->path);
	slash = strrchr(folder, '/');
	if (slash)
		slash[slash == folder] = '\0';
	b->lock = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return (b->lock >= 0 && flock(b->lock, LOCK_EX) == 0) ||
	       fail(err, errno == EACCES ? ERR_NOT_PERMITTED : ERR_IO, "cannot lock '%.600s': %s",
		    folder, strerror(errno));
}

static bool open_to_change(const struct run *r, struct token_book *b, struct err *err)
{
	return find_path(r, b, err) && lock_folder(b, err) && read_tokens(b, err);
}

static bool write_tokens(const struct token_book *b, const struct text *text, struct err *err)
{
	return text_ok(text) ? file_write_atomic(b->path, text_str(text), text->len, 0600, err)
			     : fail_memory(err);
}

/* "shop, bank", or all. */
static json_t *projects_json(const struct token *t)
{
	json_t *list = t->projects ? json_array() : json_null();

	for (const char *const *p = t->projects; p && *p; p++)
		if (!json_append(list, json_string(*p))) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static bool put_token(json_t *o, const struct token *t, struct err *err)
{
	return (json_put_text(o, "name", t->name) && json_put_bool(o, "readOnly", t->only_reads) &&
		json_put(o, "projects", projects_json(t)) && json_put_text(o, "added", t->added)) ||
	       fail_memory(err);
}

static json_t *new_answer(const struct token_book *b, struct err *err)
{
	json_t *answer = json_object();

	if (answer && json_put_bool(answer, "success", true) &&
	    json_put_text(answer, "file", b->path))
		return answer;
	json_decref(answer);
	fail_memory(err);
	return NULL;
}

/* --- add */

static bool take_projects(const struct run *r, struct token_book *b, struct token *t,
			  struct err *err)
{
	const json_t *names = json_object_get(r->own, "project"), *name;
	const char **list;
	size_t i;

	if (!names)
		return true;
	if (json_array_size(names) > TOKEN_PROJECTS)
		return fail(err, ERR_INVALID, "a token is bound to at most %d projects",
			    TOKEN_PROJECTS);
	list = arena_alloc(&b->arena, (json_array_size(names) + 1) * sizeof(*list));
	if (!list)
		return fail_memory(err);
	json_array_foreach(names, i, name) {
		char folded[NAME_SIZE];

		if (!name_fold("project", json_string_value(name), folded, err))
			return false;
		list[i] = arena_copy(&b->arena, folded);
		if (!list[i])
			return fail_memory(err);
	}
	t->projects = list;
	return true;
}

static bool describe(const struct run *r, struct token_book *b, struct token *t, struct err *err)
{
	char now[TIME_TEXT_SIZE];

	if (!name_fold("token", r->args[0], t->name, err))
		return false;
	if (token_named(&b->list, t->name)) {
		fail(err, ERR_TAKEN, "there is a token '%s' already", t->name);
		return fail_hint(err,
				 "take another name, or first: portbook token remove %s; what it "
				 "is, nobody can say any more",
				 t->name);
	}
	t->only_reads = run_has(r, "read-only");
	t->added = arena_printf(&b->arena, "%.10s", time_format(clock_now_ms(), now));
	return t->added ? take_projects(r, b, t, err) : fail_memory(err);
}

static bool enter(struct token_book *b, struct token *t, char secret[static TOKEN_SIZE],
		  struct err *err)
{
	CLEANUP(text_release) struct text text = { 0 };

	if (!token_make(secret, err) || !digest_of(secret, strlen(secret), t->digest, err))
		return false;
	token_file_add(text_str(&b->text), b->text.len, t, &text);
	return write_tokens(b, &text, err);
}

static bool add_run(struct run *r, struct err *err)
{
	CLEANUP(token_book_release) struct token_book b = { .lock = -1 };
	CLEANUP(json_cleanup) json_t *answer = NULL;
	struct token t = { 0 };
	char secret[TOKEN_SIZE];

	if (!open_to_change(r, &b, err) || !describe(r, &b, &t, err) || !enter(&b, &t, secret, err))
		return false;
	answer = new_answer(&b, err);
	if (!answer || !put_token(answer, &t, err))
		return false;
	return json_put_text(answer, "token", secret) ? run_show(r, answer, err) : fail_memory(err);
}

static void add_what_it_may(struct text *t, const json_t *token)
{
	const json_t *projects = json_object_get(token, "projects"), *project;
	size_t i;

	if (json_bool_of(token, "readOnly")) {
		text_add(t, "only reads");
		return;
	}
	text_add(t, json_is_array(projects) ? "changes only " : "changes all");
	json_array_foreach(json_walked(projects), i, project)
		text_addf(t, "%s%s", i ? ", " : "", json_string_value(project));
}

/* The token alone is on stdout, so that a pipe has it. */
static bool add_render(struct run *r, const json_t *answer, struct err *err)
{
	CLEANUP(text_release) struct text may = { 0 };

	(void)err;
	add_what_it_may(&may, answer);
	text_addf(&r->out.text, "%s\n", json_text_of(answer, "token"));
	output_note(&r->out,
		    "the token '%s', which %s: it is shown this once, as %s keeps only its "
		    "digest",
		    json_text_of(answer, "name"), text_str(&may), json_text_of(answer, "file"));
	return true;
}

static const struct arg_spec name_args[] = {
	{ "NAME", VALUE_OWN, .completes = COMPLETES_NOTHING },
	{ 0 },
};

#define OPTION_TOKENS                                                                             \
	{                                                                                         \
		.name = "tokens", .kind = VALUE_PATH, .arg = "FILE", .completes = COMPLETES_FILE, \
		.help = "that file, and not ~/.config/portbook/tokens"                            \
	}

/* clang-format off */
static const struct option_spec add_options[] = {
	{ .name = "project", .letter = 'p', .kind = VALUE_LIST, .arg = "PROJECT",
	  .completes = COMPLETES_PROJECT_NAME,
	  .help = "it changes only what is of this project; may be repeated" },
	{ .name = "read-only", .kind = VALUE_FLAG, .help = "it changes nothing" },
	OPTION_TOKENS,
	{ 0 },
};

static const struct option_spec other_options[] = { OPTION_TOKENS, { 0 } };

static const struct option_spec list_options[] = { OPTION_TOKENS, OPTION_FORMAT, { 0 } };
/* clang-format on */

static const struct example add_examples[] = {
	{ "portbook token add ci --project shop", "for the builds of shop" },
	{ "portbook token add grafana --read-only", "for who only looks" },
	{ "portbook token add ci --tokens /etc/portbook/tokens | ssh ci 'cat > token'",
	  "the token alone is on stdout" },
	{ NULL, NULL },
};

const struct command cmd_token_add = {
	.name = "token add",
	.group = GROUP_SERVING,
	.summary = "make a token, for who asks over a network",
	.text = "Prints a new token, once: the file keeps only its digest. Who sends it to `portbook "
		"serve --tokens FILE` as `Authorization: Bearer TOKEN` may do what it may, and the "
		"history says `token NAME`. A server that runs knows it at once.\n\n"
		"With --project it changes only what is of those projects, and asks for nothing else "
		"that changes: no ports are reserved, no policy is changed, nothing is imported or "
		"undone. All tokens may read all.",
	.examples = add_examples,
	.args = name_args,
	.min_args = 1,
	.options = add_options,
	.run = add_run,
	.render = add_render,
};

/* --- names */

static void tell_name(const struct token *t,
		      void (*fn)(void *arg, const char *name, const char *about), void *arg)
{
	CLEANUP(json_cleanup) json_t *row = json_object();
	CLEANUP(text_release) struct text may = { 0 };

	if (!row || !put_token(row, t, NULL))
		return;
	add_what_it_may(&may, row);
	if (text_ok(&may))
		fn(arg, t->name, text_str(&may));
}

void token_names(const struct run *r, void (*fn)(void *arg, const char *name, const char *about),
		 void *arg)
{
	CLEANUP(token_book_release) struct token_book b = { .lock = -1 };
	struct err none = { 0 };

	if (!find_path(r, &b, &none) || !read_tokens(&b, &none))
		return;
	for (unsigned i = 0; i < b.list.count; i++)
		tell_name(&b.list.items[i], fn, arg);
}

/* --- list */

static bool list_answer(const struct token_book *b, json_t **ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = new_answer(b, err);
	json_t *rows = json_array();

	if (!answer || !json_put(answer, "tokens", rows))
		return fail_memory(err);
	for (unsigned i = 0; i < b->list.count; i++) {
		json_t *row = json_object();

		if (!row || !json_append(rows, row))
			return fail_memory(err);
		if (!put_token(row, &b->list.items[i], err))
			return false;
	}
	*ret = json_incref(answer);
	return true;
}

static bool list_run(struct run *r, struct err *err)
{
	CLEANUP(token_book_release) struct token_book b = { .lock = -1 };
	CLEANUP(json_cleanup) json_t *answer = NULL;

	return find_path(r, &b, err) && read_tokens(&b, err) && list_answer(&b, &answer, err) &&
	       rows_answer(r, answer, err);
}

static void show_may(const json_t *row, struct text *t)
{
	add_what_it_may(t, row);
}

/* clang-format off */
static const struct column columns[] = {
	{ .title = "TOKEN", .field = "name" },
	{ .title = "MAY", .field = "projects", .least = 16, .show = show_may },
	{ .title = "READ-ONLY", .field = "readOnly", .for_programs = true },
	{ .title = "ADDED", .field = "added", .importance = 1 },
	{ 0 },
};
/* clang-format on */

static bool list_render(struct run *r, const json_t *answer, struct err *err)
{
	return rows_show(r, json_object_get(answer, "tokens"), columns,
			 "there is no token: portbook token add NAME", err);
}

const struct command cmd_token_list = {
	.name = "token list",
	.group = GROUP_SERVING,
	.summary = "which tokens there are, and what each may",
	.options = list_options,
	.run = list_run,
	.render = list_render,
};

/* --- remove */

static bool fail_unknown(const struct token_book *b, const char *name, struct err *err)
{
	fail(err, ERR_NOT_FOUND, "'%.600s' has no token '%.63s'", b->path, name);
	return fail_hint(err, "which there are: portbook token list");
}

static bool remove_run(struct run *r, struct err *err)
{
	CLEANUP(token_book_release) struct token_book b = { .lock = -1 };
	CLEANUP(text_release) struct text text = { 0 };
	CLEANUP(json_cleanup) json_t *answer = NULL;
	const struct token *t;
	char name[NAME_SIZE];

	if (!open_to_change(r, &b, err) || !name_fold("token", r->args[0], name, err))
		return false;
	t = token_named(&b.list, name);
	if (!t)
		return fail_unknown(&b, name, err);
	token_file_without(text_str(&b.text), b.text.len, t->line, &text);
	if (!write_tokens(&b, &text, err))
		return false;
	answer = new_answer(&b, err);
	return answer && put_token(answer, t, err) && run_show(r, answer, err);
}

static bool remove_render(struct run *r, const json_t *answer, struct err *err)
{
	(void)err;
	text_addf(&r->out.text, "the token '%s' is no longer good\n", json_text_of(answer, "name"));
	return true;
}

static const struct arg_spec known_args[] = {
	{ "NAME", VALUE_OWN, .completes = COMPLETES_TOKEN },
	{ 0 },
};

const struct command cmd_token_remove = {
	.name = "token remove",
	.group = GROUP_SERVING,
	.summary = "take a token away; servers notice at once",
	.args = known_args,
	.min_args = 1,
	.options = other_options,
	.run = remove_run,
	.render = remove_render,
};
