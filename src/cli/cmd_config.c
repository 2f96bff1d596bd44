/*
 * The command `config`: the ports in the form that a program reads, on stdout or in its file.
 *
 * The operation says what a file should hold; it is read and written here.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utf8.h"
#include "book/config.h"
#include "cli/cmd.h"
#include "cli/entry_options.h"
#include "cli/entry_text.h"
#include "cli/file_change.h"
#include "cli/input.h"
#include "cli/screen.h"

static const struct arg_spec args[] = { { "SERVICE", VALUE_SERVICE }, { 0 } };

/* What completion offers; the table is that of formats/render.c, and a test compares them. */
static const char *const formats[] = {
	"json",	    "dotenv",	   "direnv",   "docker-compose", "package-json", "next",
	"vite",	    "supabase",	   "Procfile", "Makefile",	 "systemd",	 "hosts",
	"markdown", "agents",	   "express",  "python",	 "nginx",	 "caddy",
	"haproxy",  "cloudflared", NULL,
};

/* clang-format off */
static const struct option_spec options[] = {
	{ .name = "format", .letter = 'f', .kind = VALUE_TEXT, .arg = "FORMAT", .field = "format",
	  .choices = formats, .may_be_other = true,
	  .help = "which: dotenv, Makefile, nginx ...; see portbook-formats(5)" },
	{ .name = "project", .letter = 'p', .kind = VALUE_PROJECT, .arg = "PROJECT",
	  .field = "projectName", .help = "the ports of this project; else of the directory's" },
	OPTION_INSTANCE,
	OPTION_ENV,
	{ .name = "write", .letter = 'w', .kind = VALUE_FLAG,
	  .help = "bring them into the file, and show what changes" },
	{ .name = "file", .kind = VALUE_TEXT, .arg = "PATH", .completes = COMPLETES_FILE,
	  .help = "this file, not the format's usual one; without --write: what would change" },
	{ .name = "diff", .kind = VALUE_FLAG,
	  .help = "only show what --write would change" },
	{ 0 },
};
/* clang-format on */

/* --- which file */

/* A name of the answer's, in the checkout or absolute. */
static bool place_of(const json_t *answer, const char *name, char ret[static PATH_MAX],
		     struct err *err)
{
	const char *root = json_text_of(answer, "root");

	if (*name != '/' && !root) {
		fail(err, ERR_INVALID, "the file of '%s' is not known from here",
		     text_or(answer, "projectName", "?"));
		return fail_hint(err, "say which: --file PATH");
	}
	return snprintf(ret, PATH_MAX, "%s%s%s", *name == '/' ? "" : root, *name == '/' ? "" : "/",
			name) < PATH_MAX ||
	       fail(err, ERR_INVALID, "the path of '%.60s' is too long", name);
}

/* A name out of a list in the answer that is that of a file in this folder; -1: none is. */
static int first_there(const json_t *names, const char *folder)
{
	char path[PATH_MAX];
	const json_t *one;
	size_t i;

	json_array_foreach(names, i, one)
		if (snprintf(path, sizeof(path), "%s/%s", folder, json_string_value(one)) <
			    PATH_MAX &&
		    access(path, F_OK) == 0)
			return (int)i;
	return -1;
}

/* Of a format without a usual file. */
static bool fail_no_file(const json_t *answer, struct err *err)
{
	if (strcmp(text_or(answer, "format", ""), "systemd") != 0) {
		fail(err, ERR_INVALID, "a template of yours has no usual file");
		return fail_hint(err, "say which: --file PATH");
	}
	fail(err, ERR_INVALID, "these services have no systemd unit in the book, or several");
	return fail_hint(err, "enter one: portbook update SERVICE --unit UNIT; or say which: "
			      "--file PATH");
}

/* The first that is there, else the one beside its base, else the first. */
static bool usual_file(const json_t *answer, char ret[static PATH_MAX], struct err *err)
{
	const json_t *files = json_object_get(answer, "files");
	const char *root = text_or(answer, "root", "");
	int i = first_there(files, root);

	if (!json_array_size(files))
		return fail_no_file(answer, err);
	if (i < 0)
		i = first_there(json_object_get(answer, "bases"), root);
	return place_of(answer, json_string_value(json_array_get(files, i < 0 ? 0 : (size_t)i)),
			ret, err);
}

static bool has_name(const json_t *names, const char *path)
{
	const char *slash = strrchr(path, '/');
	const json_t *one;
	size_t i;

	json_array_foreach(names, i, one)
		if (!strcmp(json_string_value(one), slash ? slash + 1 : path))
			return true;
	return false;
}

static bool find_target(struct run *r, const json_t *answer, struct changed_file *t,
			struct err *err)
{
	const char *named = run_text(r, "file");

	return named ? path_absolute(named, t->path, err) : usual_file(answer, t->path, err);
}

/* --- what it holds */

/* The line of the first byte that is no text: it cannot be sent as such. */
static bool check_text(const struct changed_file *t, struct err *err)
{
	const char *at = text_str(&t->now), *end = at + t->now.len;
	unsigned line = 1;

	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((stop ? stop : end) - at);

		if (!utf8_is_valid(at, len) || memchr(at, '\0', len))
			return fail(err, ERR_INVALID, "%.200s:%u: bytes that are not text", t->path,
				    line);
		at += len + (stop != NULL);
		line++;
	}
	return true;
}

static bool read_target(struct changed_file *t, struct err *err)
{
	return file_change_read(t->path, &t->now, &t->is_there, err) && check_text(t, err);
}

static bool put_file(json_t *input, const char *name, const char *content,
		     const struct changed_file *t, struct err *err)
{
	if (!json_put_text(input, name, t->path))
		return fail_memory(err);
	return !t->is_there ||
	       json_put(input, content, json_stringn(text_str(&t->now), t->now.len)) ||
	       fail_memory(err);
}

/* The file beside it that it adds to; a file that does not is whole by itself. */
static bool put_base(struct run *r, const json_t *answer, const char *folder, struct err *err)
{
	CLEANUP(changed_file_release) struct changed_file base = { .is_there = false };
	const json_t *bases = json_object_get(answer, "bases");
	int i = first_there(bases, folder);

	if (i < 0)
		return true;
	return (snprintf(base.path, sizeof(base.path), "%s/%s", folder,
			 json_string_value(json_array_get(bases, (size_t)i))) < PATH_MAX ||
		fail(err, ERR_INVALID, "the path '%.200s' is too long", folder)) &&
	       read_target(&base, err) && put_file(r->input, "baseName", "baseContent", &base, err);
}

static bool put_base_of(struct run *r, const json_t *answer, const struct changed_file *t,
			struct err *err)
{
	char folder[PATH_MAX];

	if (t->is_there && !has_name(json_object_get(answer, "files"), t->path))
		return true;
	snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(t->path, '/') - t->path), t->path);
	return put_base(r, answer, folder, err);
}

static bool to_file(struct run *r, const json_t *first, struct err *err)
{
	CLEANUP(changed_file_release) struct changed_file target = { .is_there = false };
	CLEANUP(json_cleanup) json_t *answer = NULL;

	if (!find_target(r, first, &target, err) || !read_target(&target, err) ||
	    !put_file(r->input, "fileName", "content", &target, err) ||
	    !put_base_of(r, first, &target, err) ||
	    !run_call(r, r->command->operation, r->input, &answer, err))
		return false;
	run_notices(r, answer);
	if (!r->out.json && !changed_file_show(&r->out, &target, answer, err))
		return false;
	if (run_has(r, "write") && !changed_file_write(&target, answer, err))
		return false;
	if (r->out.json)
		return (json_put_text(answer, "fileName", target.path) || fail_memory(err)) &&
		       output_json(&r->out, answer, err);
	if (run_has(r, "write"))
		changed_file_say(&r->out, &target, answer);
	return true;
}

static bool fail_no_base(const json_t *answer, struct err *err)
{
	const json_t *bases = json_object_get(answer, "bases");

	fail(err, ERR_NOT_FOUND, "there is no '%.200s' or the like, whose ports it would replace",
	     json_string_value(json_array_get(bases, 0)));
	return fail_hint(err, "in the project's directory, or with --file PATH");
}

/* On stdout stands what a new file would have; for that, too, the base is needed. */
static bool to_stdout(struct run *r, const json_t *first, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	const char *root = json_text_of(first, "root");

	if (!json_array_size(json_object_get(first, "bases")))
		return run_show(r, first, err);
	return (!root || put_base(r, first, root, err)) &&
	       run_call(r, r->command->operation, r->input, &answer, err) &&
	       (json_text_of(answer, "content") || fail_no_base(first, err)) &&
	       run_show(r, answer, err);
}

/* --- templates of one's own */

/* Where one with the format's name would be; false: it is no name of a file, or there is no home. */
static bool template_path(const char *format, char ret[static PATH_MAX])
{
	char name[NAME_MAX];

	return !strchr(format, '/') && format[0] != '.' &&
	       snprintf(name, sizeof(name), "templates/%s", format) < NAME_MAX &&
	       config_user_path(name, ret);
}

/* The formats of ours come first: the operation takes a template for a name it does not know. */
static bool put_template(struct run *r, struct err *err)
{
	CLEANUP(changed_file_release) struct changed_file t = { .is_there = false };

	return !template_path(json_text_of(r->input, "format"), t.path) ||
	       (read_target(&t, err) &&
		(!t.is_there || put_file(r->input, "templateName", "template", &t, err)));
}

static bool config_run(struct run *r, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;

	if (!json_text_of(r->input, "format")) {
		fail(err, ERR_INVALID, "which form the ports are wanted in is not said");
		return fail_hint(err, "portbook config --format dotenv, nginx ...; "
				      "portbook help config says more");
	}
	if (!put_template(r, err) || !run_call(r, r->command->operation, r->input, &answer, err))
		return false;
	if (run_has(r, "write") || run_has(r, "file") || run_has(r, "diff") ||
	    (!json_text_of(answer, "content") &&
	     !json_array_size(json_object_get(answer, "bases"))))
		return to_file(r, answer, err);
	return to_stdout(r, answer, err);
}

static bool config_render(struct run *r, const json_t *answer, struct err *err)
{
	(void)err;
	screen_add_file(&r->out.text, text_or(answer, "content", ""), isatty(STDOUT_FILENO));
	return true;
}

static const struct example examples[] = {
	{ "portbook config --format json", "for a program" },
	{ "portbook config --format Makefile --write", "ports.mk, for 'include ports.mk'" },
	{ "portbook config web --format systemd", "PORT=3100 for the unit of one service" },
	{ "portbook config --format dotenv --file .env.local", "what would change there" },
	{ NULL, NULL },
};

#define CONFIG_COMMAND(word, hidden)                                                           \
	{                                                                                      \
		.name = (word), .group = GROUP_DIRECTORY, .is_hidden = (hidden),               \
		.summary = "the ports in the form that a program reads",                       \
		.text = "Without --write they are printed, and nothing is touched. With it "   \
			"they are brought into the format's file, after what changes was "     \
			"shown: only what is about these ports changes, comments, order "      \
			"and line ends stay, and a second time changes nothing. A file that "  \
			"is not understood is left alone.",                                    \
		.examples = examples, .args = args, .options = options, .operation = "config", \
		.sends = SENDS_ALL, .run = config_run, .render = config_render,                \
	}

const struct command cmd_config = CONFIG_COMMAND("config", false);

/* --- agents-md: the same with a format of its own */

/* A second file that agents read, and that is neither the first one nor a mention of it. */
static bool note_other(struct run *r, const char *path, struct err *err)
{
	CLEANUP(changed_file_release) struct changed_file other = { .is_there = false };
	const char *slash = strrchr(path, '/');
	struct stat one, two;

	if (!slash || strcmp(slash, "/AGENTS.md") != 0)
		return true;
	if (snprintf(other.path, sizeof(other.path), "%.*s/CLAUDE.md", (int)(slash - path), path) >=
		    PATH_MAX ||
	    stat(other.path, &two) < 0 || (stat(path, &one) == 0 && one.st_ino == two.st_ino))
		return true;
	if (!read_target(&other, err))
		return false;
	if (!strstr(text_str(&other.now), "AGENTS.md") &&
	    !strstr(text_str(&other.now), ">>> portbook"))
		output_note(&r->out,
			    "%s is a file of its own: portbook agents-md --file CLAUDE.md "
			    "--write",
			    other.path);
	return true;
}

static bool agents_run(struct run *r, struct err *err)
{
	CLEANUP(json_cleanup) json_t *first = NULL;
	CLEANUP(changed_file_release) struct changed_file t = { .is_there = false };

	if (!json_put(r->input, "format", json_string("agents")))
		return fail_memory(err);
	if (!config_run(r, err))
		return false;
	if (!run_has(r, "write") || run_text(r, "file"))
		return true;
	return run_call(r, r->command->operation, r->input, &first, err) &&
	       find_target(r, first, &t, err) && note_other(r, t.path, err);
}

/* clang-format off */
static const struct option_spec agents_options[] = {
	{ .name = "project", .letter = 'p', .kind = VALUE_PROJECT, .arg = "PROJECT",
	  .field = "projectName", .help = "the ports of this project; else of the directory's" },
	OPTION_INSTANCE,
	OPTION_ENV,
	{ .name = "write", .letter = 'w', .kind = VALUE_FLAG,
	  .help = "bring it into AGENTS.md, else into CLAUDE.md, and show what changes" },
	{ .name = "file", .kind = VALUE_TEXT, .arg = "PATH", .completes = COMPLETES_FILE,
	  .help = "this file; without --write: what would change" },
	{ .name = "diff", .kind = VALUE_FLAG,
	  .help = "only show what --write would change" },
	{ 0 },
};
/* clang-format on */

static const struct example agents_examples[] = {
	{ "portbook agents-md", "what agents would be told" },
	{ "portbook agents-md --write", "in AGENTS.md, to be committed" },
	{ NULL, NULL },
};

const struct command cmd_agents_md = {
	.name = "agents-md",
	.group = GROUP_DIRECTORY,
	.summary = "tell agents of this project's ports, in AGENTS.md",
	.text = "A short block on ports for the file that agents read: which services there are, and "
		"how to ask for their ports. It has no numbers, as the file is committed and every "
		"worktree has it. With --write it is put between two marks, or replaced there; the "
		"rest of the file stays as it is, and a second time changes nothing. The file is "
		"AGENTS.md, or CLAUDE.md where there is only that; a link is followed.",
	.examples = agents_examples,
	.options = agents_options,
	.operation = "config",
	.sends = SENDS_ALL,
	.run = agents_run,
	.render = config_render,
};

/* What other tools call it. */
const struct command cmd_port_config = CONFIG_COMMAND("port-config", true);
