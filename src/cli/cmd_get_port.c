/*
 * With a service it is `get`; without one, --type says what is wanted, and the operation
 * "get-port" names the service.
 */
#include <string.h>

#include "cli/cmd.h"
#include "cli/entry_options.h"
#include "cli/port_answer.h"

static const struct arg_spec args[] = { { "SERVICE", VALUE_SERVICE }, { 0 } };

/* clang-format off */
static const struct option_spec options[] = {
	{ .name = "new", .kind = VALUE_FLAG, .field = "new",
	  .help = "always another port of that type" },
	OPTIONS_WHICH,
	OPTIONS_CHOICE,
	OPTIONS_ABOUT(VALUE_PAIR),
	OPTION_CREATE,
	OPTION_DRY_RUN,
	{ 0 },
};
/* clang-format on */

/* What can be said without naming a service. */
static bool is_about_type(const char *field)
{
	static const char *const fields[] = { "serviceType", "new",	 "instance",
					      "environment", "protocol", "create",
					      "dryRun",	     "path",	 "host" };

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (!strcmp(fields[i], field))
			return true;
	return false;
}

static const char *option_of(const char *field)
{
	const struct option_spec *o = options;

	while (o->name && strcmp(o->field, field))
		o++;
	return o->name;
}

static bool check_type(const struct run *r, struct err *err)
{
	const char *field;
	json_t *value;

	if (!json_text_of(r->input, "serviceType")) {
		fail(err, ERR_INVALID, "get-port needs --type TYPE, or a service");
		return fail_hint(err, "portbook get-port --type web");
	}
	json_object_foreach(r->input, field, value) {
		if (is_about_type(field))
			continue;
		fail(err, ERR_INVALID, "--%s needs a service", option_of(field));
		return fail_hint(err, "portbook get SERVICE --%s ...", option_of(field));
	}
	return true;
}

static bool get_port_run(struct run *r, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	bool named = r->n_args > 0;

	if (!named && !check_type(r, err))
		return false;
	if (named && json_bool_of(r->input, "new"))
		return fail(err, ERR_INVALID,
			    "--new is for --type; another port of a service is: "
			    "portbook allocate SERVICE");
	return run_call(r, named ? "get" : "get-port", r->input, &answer, err) &&
	       run_show(r, answer, err);
}

static const struct example examples[] = {
	{ "DB_PORT=$(portbook get-port --type db)",
	  "the database port of this directory's project" },
	{ "portbook get-port --type web --new", "one more web port" },
	{ NULL, NULL },
};

const struct command cmd_get_port = {
	.name = "get-port",
	.group = GROUP_PORTS,
	.summary = "a port of a type for this directory's project",
	.text = "With --type and no service: the port of the service that is called like the type. "
		"With a service it is the same as get.",
	.examples = examples,
	.args = args,
	.options = options,
	.operation = "get-port",
	.sends = SENDS_ALL,
	.run = get_port_run,
	.render = port_answer_show,
};
