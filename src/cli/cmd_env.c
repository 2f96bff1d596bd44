#include <string.h>

#include "cli/cmd.h"
#include "cli/entry_options.h"
#include "cli/env_file.h"
#include "cli/screen.h"

static const struct arg_spec args[] = { { "PROJECT", VALUE_PROJECT }, { 0 } };

static const char *const formats[] = { "dotenv", "export", "fish", "json", NULL };

/* clang-format off */
static const struct option_spec options[] = {
	OPTION_INSTANCE,
	OPTION_ENV,
	{ .name = "format", .letter = 'f', .kind = VALUE_TEXT, .arg = "FORMAT",
	  .choices = formats, .help = "dotenv (the default), export, fish or json" },
	{ .name = "write", .letter = 'w', .kind = VALUE_FLAG,
	  .help = "write them to .ports.env in the instance's directory" },
	{ 0 },
};
/* clang-format on */

static void add_dotenv(struct text *t, const char *name, long long port)
{
	text_addf(t, "%s=%lld\n", name, port);
}

static void add_export(struct text *t, const char *name, long long port)
{
	text_addf(t, "export %s=%lld\n", name, port);
}

static void add_fish(struct text *t, const char *name, long long port)
{
	text_addf(t, "set -gx %s %lld\n", name, port);
}

static const struct format {
	const char *name;
	void (*add)(struct text *t, const char *name, long long port);
} writers[] = { { "dotenv", add_dotenv }, { "export", add_export }, { "fish", add_fish } };

/* {"WEB_PORT":3100} */
static bool add_json(struct run *r, const json_t *variables, struct err *err)
{
	CLEANUP(json_cleanup) json_t *object = json_object();
	const json_t *one;
	size_t i;

	if (!object)
		return fail_memory(err);
	json_array_foreach(variables, i, one)
		if (!json_put_int(object, json_text_of(one, "name"), json_int_of(one, "port", 0)))
			return fail_memory(err);
	return output_json(&r->out, object, err);
}

/* What comes from elsewhere is evaluated by a shell: only names that are one. */
static bool is_variable(const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";

	return name && *name && strchr(letters, *name) &&
	       !name[strspn(name,
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789")];
}

static bool check_names(const json_t *variables, struct err *err)
{
	const json_t *one;
	size_t i;

	json_array_foreach(variables, i, one)
		if (!is_variable(json_text_of(one, "name")))
			return fail(err, ERR_BOOK,
				    "the book answered with a variable that is none");
	return true;
}

/* A worktree is asked for by its folder, and has the services of the main checkout to take. */
static void note_none(struct run *r, int64_t instance)
{
	bool is_worktree = instance > 1 && !json_object_get(r->input, "instance");

	output_note(&r->out, "no ports are entered here; %s",
		    is_worktree ? "portbook init enters those of the main checkout"
				: "portbook get SERVICE enters one");
}

static bool env_render(struct run *r, const json_t *answer, struct err *err)
{
	const json_t *variables = json_object_get(answer, "variables"), *one;
	const char *format = run_text(r, "format");
	size_t i, f = 0;

	if (!check_names(variables, err))
		return false;
	if (format && !strcmp(format, "json"))
		return add_json(r, variables, err);
	while (format && f < ARRAY_LEN(writers) - 1 && strcmp(writers[f].name, format))
		f++;
	json_array_foreach(variables, i, one)
		writers[f].add(&r->out.text, json_text_of(one, "name"),
			       json_int_of(one, "port", 0));
	if (!json_array_size(variables))
		note_none(r, json_int_of(answer, "instance", 1));
	return true;
}

static bool write_file(struct run *r, json_t *answer, struct err *err)
{
	json_t *file = json_object_get(answer, "file");
	bool written;

	if (!json_is_object(file)) {
		fail(err, ERR_NOT_FOUND, "the instance has no directory to write .ports.env into");
		return fail_hint(err, "portbook env > .ports.env writes it here");
	}
	if (!proposed_file_write(file, &written, err))
		return false;
	if (r->out.json)
		return json_put_bool(answer, "written", written) || fail_memory(err);
	run_notices(r, answer);
	screen_add(&r->out.text, json_text_of(file, "path"), 0);
	text_add(&r->out.text, written ? " is written\n" : " is up to date\n");
	return true;
}

static bool env_run(struct run *r, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	bool to_file = run_has(r, "write");

	if (!run_call(r, r->command->operation, r->input, &answer, err) ||
	    (to_file && !write_file(r, answer, err)))
		return false;
	return (to_file && !r->out.json) || run_show(r, answer, err);
}

static const struct example examples[] = {
	{ "eval \"$(portbook env --format export)\"", "the variables in this shell" },
	{ "portbook env --write", "bring .ports.env up to date" },
	{ NULL, NULL },
};

const struct command cmd_env = {
	.name = "env",
	.group = GROUP_DIRECTORY,
	.summary = "the ports as WEB_PORT=3100 lines",
	.text = "Of the directory's project, or of one that is named. A service's second port is "
		"WEB_PORT_2. What portbook.yaml declares and has no port yet is entered.",
	.examples = examples,
	.args = args,
	.options = options,
	.operation = "env",
	.sends = SENDS_ALL,
	.run = env_run,
	.render = env_render,
};
