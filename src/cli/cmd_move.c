#include "cli/cmd.h"
#include "cli/entry_options.h"
#include "cli/entry_text.h"
#include "cli/input.h"

static const struct arg_spec args[] = { { "SERVICE", VALUE_SERVICE },
					{ "TO", VALUE_OWN, .completes = COMPLETES_SERVICE },
					{ 0 } };

/* clang-format off */
static const struct option_spec options[] = {
	OPTIONS_WHICH,
	{ .name = "to-env", .kind = VALUE_TEXT, .arg = "ENV", .field = "toEnvironment",
	  .completes = COMPLETES_ENVIRONMENT,
	  .help = "the environment it gets" },
	{ .name = "port", .kind = VALUE_PORT, .arg = "PORT", .field = "port",
	  .completes = COMPLETES_PORT,
	  .help = "only this one of the service's ports" },
	OPTION_CREATE,
	{ 0 },
};
/* clang-format on */

static bool move_run(struct run *r, struct err *err)
{
	static const char *const to[] = { "toProjectName", "toInstance", "toServiceName" };

	return input_add_service(r->input, to, r->args[1], err) && run_plain(r, err);
}

static bool move_render(struct run *r, const json_t *answer, struct err *err)
{
	struct text *t = &r->out.text;

	text_add(t, "port ");
	entry_add_port(t, answer);
	text_add(t, " is now ");
	entry_add_name(t, answer);
	text_add(t, ", was ");
	entry_add_name(t, json_object_get(answer, "from"));
	text_add(t, "\n");
	return true;
}

static const struct example examples[] = {
	{ "portbook move consilio/web frontend", "the service is called frontend from now on" },
	{ "portbook move web@2/api consilio/api", "the port goes to another project" },
	{ "portbook move consilio/web web --to-env production", "to another environment" },
	{ NULL, NULL },
};

const struct command cmd_move = {
	.name = "move",
	.group = GROUP_PORTS,
	.summary = "give a port to another service; the number stays",
	.text = "The entry gets another service, instance, environment or project. What runs there "
		"goes on as it is, and the history says what happened.",
	.examples = examples,
	.args = args,
	.min_args = 2,
	.options = options,
	.operation = "move",
	.sends = SENDS_ALL,
	.run = move_run,
	.render = move_render,
};
