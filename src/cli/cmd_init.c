/*
 * The operation enters the project and says what the files should hold; they are written here:
 * .ports.env at once, as it is this command's purpose, the two that get committed after a yes.
 */
#include <string.h>
#include <unistd.h>

#include "cli/ask.h"
#include "cli/cmd.h"
#include "cli/entry_options.h"
#include "cli/entry_text.h"
#include "cli/env_file.h"
#include "cli/input.h"
#include "cli/piece.h"
#include "cli/screen.h"

static const struct arg_spec args[] = { { "PATH", VALUE_OWN, .completes = COMPLETES_FOLDER },
					{ 0 } };

/* clang-format off */
static const struct option_spec options[] = {
	{ .name = "project", .letter = 'p', .kind = VALUE_TEXT, .arg = "NAME",
	  .field = "projectName", .completes = COMPLETES_PROJECT_NAME,
	  .help = "its name; else that of the git repository or the folder" },
	{ .name = "services", .letter = 's', .kind = VALUE_LIST, .arg = "A,B",
	  .field = "services", .help = "its services; else those the files speak of, else web" },
	OPTION_INSTANCE,
	OPTION_ENV,
	OPTION_DRY_RUN,
	OPTION_YES("also write .ports.env.example and the .gitignore line"),
	{ 0 },
};
/* clang-format on */

/* What is offered, not just done. */
struct offer {
	const char *member; /* of the answer */
	const char *flag;   /* its member that says whether ... */
	bool is_done;	    /* ... with this value, there is nothing to do */
	const char *question;
	const char *otherwise; /* where nobody can be asked */
	bool (*write)(json_t *proposed, struct err *err);
};

static bool write_example(json_t *proposed, struct err *err)
{
	CLEANUP(json_cleanup) json_t *file = json_copy(proposed);
	bool written;

	return ((file && json_put_bool(file, "changed", true)) || fail_memory(err)) &&
	       proposed_file_write(file, &written, err);
}

static bool write_ignore(json_t *proposed, struct err *err)
{
	const char *path = json_text_of(proposed, "path"), *line = json_text_of(proposed, "line");

	return (path && line) ? file_add_line(path, line, err)
			      : fail(err, ERR_INVALID, "the answer names no line for .gitignore");
}

static const struct offer offers[] = {
	{ "example", "exists", true, "Write .ports.env.example, with the names only, to commit it?",
	  ".ports.env.example is missing: portbook init --yes writes it", write_example },
	{ "gitignore", "missing", false, "Add .ports.env to .gitignore?",
	  ".ports.env is not in .gitignore: portbook init --yes adds it", write_ignore },
};

/* --- writing */

/* Remember what was written, for --json; and say it. */
static bool note_written(struct run *r, json_t *answer, const json_t *file, struct err *err)
{
	const char *path = text_or(file, "path", "?");

	if (!r->out.json) {
		text_add(&r->out.text, "wrote ");
		screen_add(&r->out.text, path, 0);
		text_add(&r->out.text, "\n");
	}
	return json_append(json_object_get(answer, "written"), json_string(path)) ||
	       fail_memory(err);
}

static bool make_offer(struct run *r, json_t *answer, const struct offer *o, struct err *err)
{
	json_t *proposed = json_object_get(answer, o->member);
	bool possible = ask_is_possible(r), yes = run_has(r, "yes");

	if (!json_is_object(proposed) || json_bool_of(proposed, o->flag) == o->is_done)
		return true;
	if (!yes && !possible) {
		output_note(&r->out, "%s", o->otherwise);
		return true;
	}
	if (!yes && !ask_yes(r, o->question))
		return true;
	return o->write(proposed, err) && note_written(r, answer, proposed, err);
}

static bool write_files(struct run *r, json_t *answer, struct err *err)
{
	const json_t *file = json_object_get(answer, "file");
	bool written;

	if (!json_put(answer, "written", json_array()))
		return fail_memory(err);
	if (json_bool_of(r->input, "dryRun"))
		return true;
	if (json_is_object(file)) {
		if (!proposed_file_write(file, &written, err))
			return fail_while(err, "the ports are entered, but");
		if (written && !note_written(r, answer, file, err))
			return false;
	}
	for (size_t i = 0; i < ARRAY_LEN(offers); i++)
		if (!make_offer(r, answer, &offers[i], err))
			return false;
	return true;
}

/* --- saying it */

static void add_project(struct run *r, const json_t *answer)
{
	const json_t *project = json_object_get(answer, "project");
	long long number = json_int_of(project, "projectNumber", -1);
	bool dry = json_bool_of(r->input, "dryRun");
	struct text *t = &r->out.text;
	CLEANUP(piece_cleanup) struct piece span = { .of = t };

	text_add(t, "project ");
	output_styled(&r->out, STYLE_BOLD, text_or(project, "projectName", "?"));
	if (json_bool_of(answer, "created"))
		text_add(t, dry ? " would be entered" : " is entered");
	else
		text_add(t, " is known");
	if (number >= 0)
		text_addf(t, ", number %lld", number);
	span_add(&span.text, project);
	if (span.text.len)
		text_addf(t, ", ports %s", text_str(&span.text));
	text_add(t, "\n");
}

/* "  web: 3100    from compose.yaml" */
static void add_port(struct text *t, const json_t *entry)
{
	const char *source = json_text_of(entry, "source");
	CLEANUP(piece_cleanup) struct piece line = { .of = t };

	entry_add_line(&line.text, entry, 2);
	text_addf(t, "%.*s", line.text.len ? (int)line.text.len - 1 : 0, text_str(&line.text));
	if (source) {
		text_add(t, "  from ");
		screen_add(t, source, 0);
	}
	text_add(t, "\n");
}

static void add_proposed(struct text *t, const json_t *file)
{
	if (!json_is_object(file))
		return;
	text_add(t, "would write ");
	screen_add(t, text_or(file, "path", "?"), 0);
	text_add(t, "\n");
}

static bool init_render(struct run *r, const json_t *answer, struct err *err)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(answer, "warnings"), i, one)
		if (json_is_string(one))
			output_note(&r->out, "%s", json_string_value(one));
	add_project(r, answer);
	json_array_foreach(json_object_get(answer, "ports"), i, one)
		add_port(&r->out.text, one);
	if (json_bool_of(r->input, "dryRun") &&
	    json_bool_of(json_object_get(answer, "file"), "changed"))
		add_proposed(&r->out.text, json_object_get(answer, "file"));
	return true;
}

/* Its own argument, as the working directory would take the place of "path". */
static bool set_path(struct run *r, struct err *err)
{
	const struct arg_spec arg = { "PATH", VALUE_PATH, "path" };

	if (!input_add_arg(r->input, &arg, r->n_args ? r->args[0] : ".", err))
		return false;
	return json_text_of(r->input, "path") ||
	       fail(err, ERR_INVALID, "the path of the directory is empty");
}

static bool init_run(struct run *r, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;

	if (!set_path(r, err) || !run_call(r, r->command->operation, r->input, &answer, err))
		return false;
	if (r->out.json)
		return write_files(r, answer, err) && run_show(r, answer, err);
	return run_show(r, answer, err) && write_files(r, answer, err);
}

static const struct example examples[] = {
	{ "portbook init", "enter the project of this directory" },
	{ "portbook init --services web,api,db --yes", "with these services, and ask nothing" },
	{ "portbook init ~/src/shop --dry-run", "what it would do" },
	{ NULL, NULL },
};

const struct command cmd_init = {
	.name = "init",
	.group = GROUP_DIRECTORY,
	.summary = "enter a directory's project and write .ports.env",
	.text = "The services are those that portbook.yaml declares; else they are found in "
		"compose files, Procfile, package.json, supabase/config.toml and .env.example "
		"(*_PORT). Numbers of an existing .ports.env "
		"that are free are kept. It may be run again at any time.\n\n"
		"On a terminal it offers .ports.env.example, to be committed, and a line for "
		".gitignore.",
	.examples = examples,
	.args = args,
	.options = options,
	.operation = "init",
	.sends = SENDS_HOST | SENDS_ENV,
	.run = init_run,
	.render = init_render,
};
