#include "cli/cmd.h"
#include "cli/entry_options.h"
#include "cli/entry_text.h"

static const struct arg_spec args[] = { { "SERVICE|PORT", VALUE_SERVICE_OR_PORT }, { 0 } };

/* clang-format off */
static const struct option_spec options[] = {
	OPTIONS_WHICH,
	{ .name = "port", .kind = VALUE_PORT, .arg = "PORT", .field = "port",
	  .completes = COMPLETES_PORT,
	  .help = "only this one of the service's ports" },
	OPTIONS_ABOUT(VALUE_PAIR_OR_NULL),
	{ 0 },
};
/* clang-format on */

static bool update_render(struct run *r, const json_t *answer, struct err *err)
{
	struct text *t = &r->out.text;
	const json_t *other;
	size_t i;

	entry_add_name(t, answer);
	text_add(t,
		 json_bool_of(answer, "changed") ? " is updated (port " : " is as it was (port ");
	entry_add_port(t, answer);
	text_add(t, ")\n");
	json_array_foreach(json_object_get(answer, "others"), i, other)
		if (json_is_string(other))
			output_note(&r->out, "%s", json_string_value(other));
	return true;
}

static const struct example examples[] = {
	{ "portbook update consilio/web --hostname consilio.example.org",
	  "what a tunnel brings here" },
	{ "portbook update web --notes ''", "an empty text takes it away" },
	{ "portbook update web --meta team=", "takes that fact away, all others stay" },
	{ NULL, NULL },
};

const struct command cmd_update = {
	.name = "update",
	.group = GROUP_PORTS,
	.summary = "change what is said about a service, never its port",
	.text = "The hostname goes to the primary port, the rest to all of the service's ports in "
		"this environment.",
	.examples = examples,
	.args = args,
	.min_args = 1,
	.options = options,
	.operation = "update",
	.sends = SENDS_ALL,
	.render = update_render,
};
