#include "cli/cmd.h"
#include "cli/entry_options.h"
#include "cli/entry_text.h"

static const struct arg_spec args[] = { { "SERVICE", VALUE_SERVICE },
					{ "PORT", VALUE_PORT, "port" },
					{ 0 } };

/* clang-format off */
static const struct option_spec options[] = {
	OPTIONS_WHICH,
	{ .name = "legacy", .kind = VALUE_FLAG, .field = "legacy",
	  .help = "mark it as kept although it breaks the rules" },
	{ .name = "force", .kind = VALUE_FLAG, .field = "force",
	  .help = "also inside another project's block" },
	OPTIONS_ABOUT(VALUE_PAIR),
	OPTION_CREATE,
	{ 0 },
};
/* clang-format on */

static bool register_render(struct run *r, const json_t *answer, struct err *err)
{
	struct text *t = &r->out.text;

	text_add(t, "port ");
	entry_add_port(t, answer);
	text_add(t, json_bool_of(answer, "created") ? " is entered for "
						    : " was entered already for ");
	entry_add_name(t, answer);
	text_add(t, "\n");
	return true;
}

static const struct example examples[] = {
	{ "portbook register shared-services/postgres 5432", "a port that is used by convention" },
	{ "portbook register shop/old 8080 --legacy --notes 'until the move'",
	  "one that breaks the rules" },
	{ NULL, NULL },
};

const struct command cmd_register = {
	.name = "register",
	.group = GROUP_PORTS,
	.summary = "enter a port that is used by convention",
	.text = "Enters exactly this port, also outside of the policy's ranges. A program that "
		"listens there is named, but does not refuse it; another's entry does.",
	.examples = examples,
	.args = args,
	.min_args = 2,
	.options = options,
	.operation = "register",
	.sends = SENDS_ALL,
	.render = register_render,
};
