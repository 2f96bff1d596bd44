#include "cli/cmd.h"
#include "cli/entry_options.h"
#include "cli/port_answer.h"

static const struct arg_spec args[] = { { "SERVICE", VALUE_SERVICE }, { 0 } };

/* clang-format off */
static const struct option_spec options[] = {
	{ .name = "replace", .kind = VALUE_FLAG, .field = "replace",
	  .help = "move: the old port is released in the same step" },
	OPTIONS_WHICH,
	OPTIONS_CHOICE,
	OPTIONS_ABOUT(VALUE_PAIR),
	OPTION_CREATE,
	OPTION_DRY_RUN,
	{ 0 },
};
/* clang-format on */

static const struct example examples[] = {
	{ "portbook allocate consilio/web", "one more port beside those it has" },
	{ "portbook allocate consilio/web --replace --port 3150", "move it to 3150" },
	{ NULL, NULL },
};

const struct command cmd_allocate = {
	.name = "allocate",
	.group = GROUP_PORTS,
	.summary = "always one more port for a service",
	.text = "Prints the new number. The oldest port of a service is its primary: the one that "
		"get answers. Use get to ask for the port a service has.",
	.examples = examples,
	.args = args,
	.min_args = 1,
	.options = options,
	.operation = "allocate",
	.sends = SENDS_ALL,
	.render = port_answer_show,
};
