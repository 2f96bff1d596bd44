#include "cli/cli.h"

#include <string.h>

#include "base/err.h"
#include "book/session.h"
#include "cli/help.h"
#include "cli/options.h"
#include "cli/run.h"

static void run_release(struct run *r)
{
	session_leave(r->session);
	watch_end(&r->watch);
	json_decref(r->input);
	json_decref(r->own);
	output_release(&r->out);
}

static enum colour_when colour_of(const char *word)
{
	if (!word || !strcmp(word, "auto"))
		return COLOUR_AUTO;
	return strcmp(word, "always") ? COLOUR_NEVER : COLOUR_ALWAYS;
}

/* Global options that are no command, but take the place of one. */
static const struct command *command_instead(const struct run *r)
{
	if (run_has(r, "version"))
		return command_named("version");
	if (run_has(r, "help"))
		return command_named("help");
	return command_named("where");
}

static bool help_instead(struct run *r, struct err *err)
{
	CLEANUP(text_release) struct text t = { 0 };
	const struct command *c = r->command;

	help_add_command(&t, c);
	if (!text_ok(&t))
		return fail_memory(err);
	if (!r->out.json) {
		text_add(&r->out.text, text_str(&t));
		return true;
	}
	CLEANUP(json_cleanup)
	json_t *answer = json_pack("{s:b, s:s}", "success", 1, "help", text_str(&t));

	return (answer || fail_memory(err)) && output_json(&r->out, answer, err);
}

static bool run_command(struct run *r, int argc, char **argv, struct err *err)
{
	r->input = json_object();
	r->own = json_object();
	if (!r->input || !r->own)
		return fail_memory(err);
	if (!options_read(r, argc, argv, err))
		return false;
	r->out.json = run_has(r, "json");
	r->out.quiet = run_has(r, "quiet");
	r->out.colour = colour_of(run_text(r, "color"));
	if (!r->command)
		r->command = command_instead(r);
	else if (run_has(r, "help") && strcmp(r->command->name, "help"))
		return help_instead(r, err);
	return arguments_read(r, err) && (r->command->run ? r->command->run : run_plain)(r, err);
}

/* The answer could not be written: say so, where that is still possible. */
static void say_unwritten(struct run *r, const struct err *err)
{
	text_clear(&r->out.text);
	r->out.json = false; /* the object's place is what cannot be written to */
	output_error(&r->out, err);
	output_flush_notes(&r->out);
}

int cli_main(int argc, char **argv)
{
	CLEANUP(run_release) struct run r = { 0 };
	struct err err = { 0 };
	int status;

	if (run_command(&r, argc, argv, &err)) {
		watch_finish(&r.watch);
		status = r.status;
	} else {
		r.out.json = r.out.json || options_have_json(argc, argv);
		status = r.failed_status ? r.failed_status : err_exit_status(err.code);
		output_error(&r.out, &err);
	}
	if (output_flush(&r.out, &err))
		return status;
	say_unwritten(&r, &err);
	return err_exit_status(err.code);
}
