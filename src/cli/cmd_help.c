#include <string.h>

#include "cli/cmd.h"
#include "cli/help.h"

static const struct arg_spec args[] = { { "COMMAND", VALUE_OWN, .completes = COMPLETES_COMMAND },
					{ 0 } };

/* "help project add" has two words. */
static void join(struct text *t, const struct run *r)
{
	for (unsigned i = 0; i < r->n_args; i++)
		text_addf(t, "%s%s", i ? " " : "", r->args[i]);
}

static bool add_help(struct run *r, struct text *t, struct err *err)
{
	CLEANUP(text_release) struct text name = { 0 };
	const struct command *c;
	const char *nearest;

	join(&name, r);
	if (!text_ok(&name))
		return fail_memory(err);
	c = command_named(text_str(&name));
	if (!name.len) {
		help_add_all(t);
	} else if (c) {
		help_add_command(t, c);
	} else if (command_is_family(text_str(&name))) {
		help_add_family(t, text_str(&name));
	} else {
		nearest = command_nearest(text_str(&name));
		fail(err, ERR_INVALID, "there is no command '%.100s'", text_str(&name));
		return nearest ? fail_hint(err, "did you mean: portbook help %.*s?",
					   (int)strcspn(nearest, " "), nearest)
			       : fail_hint(err, "portbook help lists the commands");
	}
	return true;
}

static bool help_render(struct run *r, const json_t *answer, struct err *err)
{
	text_add(&r->out.text, json_text_of(answer, "help"));
	return true;
}

static bool help_run(struct run *r, struct err *err)
{
	CLEANUP(text_release) struct text t = { 0 };
	CLEANUP(json_cleanup) json_t *answer = NULL;

	if (!add_help(r, &t, err))
		return false;
	if (!text_ok(&t))
		return fail_memory(err);
	answer = json_pack("{s:b, s:s}", "success", 1, "help", text_str(&t));
	return (answer || fail_memory(err)) && run_show(r, answer, err);
}

const struct command cmd_help = {
	.name = "help",
	.group = GROUP_HELP,
	.summary = "the commands, or one of them",
	.args = args,
	.repeats = true,
	.run = help_run,
	.render = help_render,
};
