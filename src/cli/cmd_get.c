#include "cli/cmd.h"
#include "cli/entry_options.h"
#include "cli/port_answer.h"

static const struct arg_spec args[] = { { "SERVICE", VALUE_SERVICE }, { 0 } };

static const struct option_spec options[] = {
	OPTIONS_WHICH, OPTIONS_CHOICE, OPTIONS_ABOUT(VALUE_PAIR),
	OPTION_CREATE, OPTION_DRY_RUN, { 0 },
};

static const struct example examples[] = {
	{ "PORT=$(portbook get consilio/web)", "the port of consilio's web, the same every time" },
	{ "portbook get api --instance 2 --env test", "of this directory's project" },
	{ "portbook get web --dry-run", "which one it would be, and why" },
	{ "portbook get demo --temporary --for 7d", "a port that expires" },
	{ NULL, NULL },
};

const struct command cmd_get = {
	.name = "get",
	.group = GROUP_PORTS,
	.summary = "the port of a service, entered if it has none",
	.text = "Prints the number and nothing else. A service that has a port gets the same one "
		"every time, also while it is down; one that has none gets the port that the "
		"book's policy chooses.\n\n"
		"A project named by hand has to be in the book, or come with --create. Inside a "
		"directory its project is entered on first use, with all that its portbook.yaml "
		"declares; what that says of a service stands in for options not given.",
	.examples = examples,
	.args = args,
	.min_args = 1,
	.options = options,
	.operation = "get",
	.sends = SENDS_ALL,
	.render = port_answer_show,
};
