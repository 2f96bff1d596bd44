#include <string.h>

#include "cli/cmd.h"
#include "cli/entry_options.h"
#include "cli/entry_text.h"
#include "cli/piece.h"
#include "cli/screen.h"

static const struct arg_spec args[] = { { "PROJECT", VALUE_PROJECT }, { 0 } };

static const struct option_spec options[] = { OPTION_LIVE, { 0 } };

static void add_field(struct text *t, const char *label, const char *value)
{
	if (!value)
		return;
	text_addf(t, "%-10s ", label);
	screen_add(t, value, 0);
	text_add(t, "\n");
}

static void add_project(struct run *r, const json_t *project)
{
	struct text *t = &r->out.text;
	long long number = json_int_of(project, "projectNumber", -1);

	output_styled(&r->out, STYLE_BOLD, text_or(project, "projectName", "?"));
	if (number >= 0)
		text_addf(t, " (project %lld)", number);
	text_add(t, "\n");
	add_field(t, "status", json_text_of(project, "status"));
	add_field(t, "about", json_text_of(project, "description"));
	add_field(t, "path", json_text_of(project, "path"));
	add_field(t, "owner", json_text_of(project, "owner"));
}

static void add_usage(struct run *r, const json_t *summary)
{
	CLEANUP(piece_cleanup) struct piece usage = { .of = &r->out.text };
	CLEANUP(piece_cleanup) struct piece span = { .of = &r->out.text };

	span_add(&span.text, summary);
	if (!span.text.len)
		return;
	usage_add(&usage.text, summary);
	add_field(&r->out.text, "range", text_str(&span.text));
	text_addf(&r->out.text, "%-10s ", "used");
	output_styled(&r->out, usage_style(summary), text_str(&usage.text));
	text_add(&r->out.text, "\n");
}

/* "instance 2: test, branch fix-login, 3190-3199, /home/eva/shop-fix" */
static void add_instance_title(struct text *t, const json_t *instance)
{
	static const char *const fields[] = { "purpose", "branch", "worktreePath" };
	CLEANUP(piece_cleanup) struct piece span = { .of = t };

	text_addf(t, "\ninstance %lld", (long long)json_int_of(instance, "instance", 1));
	span_add(&span.text, instance);
	if (span.text.len)
		text_addf(t, "  %s", text_str(&span.text));
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (json_text_of(instance, fields[i])) {
			text_add(t, "  ");
			screen_add(t, json_text_of(instance, fields[i]), 0);
		}
	text_add(t, "\n");
}

/* "laptop; also build1 (2 ports)": one machine alone, and the usual one, is no news. */
static void add_hosts(struct text *t, const json_t *answer)
{
	const json_t *others = json_object_get(answer, "otherHosts"), *other;
	const char *host = text_or(answer, "host", "?");
	size_t i;

	if (!json_array_size(others) && !strcmp(host, "localhost"))
		return;
	text_addf(t, "%-10s ", "host");
	screen_add(t, host, 0);
	json_array_foreach(others, i, other) {
		long long ports = json_int_of(other, "allocatedPorts", 0);

		text_add(t, i ? ", " : "; also ");
		screen_add(t, text_or(other, "host", "?"), 0);
		text_addf(t, " (%lld port%s)", ports, ports == 1 ? "" : "s");
	}
	text_add(t, "\n");
}

static bool show_render(struct run *r, const json_t *answer, struct err *err)
{
	const json_t *instance, *entry;
	size_t i, j;

	add_project(r, json_object_get(answer, "project"));
	add_hosts(&r->out.text, answer);
	add_usage(r, json_object_get(answer, "summary"));
	json_array_foreach(json_object_get(answer, "instances"), i, instance) {
		const json_t *ports = json_object_get(instance, "ports");

		add_instance_title(&r->out.text, instance);
		json_array_foreach(ports, j, entry)
			entry_add_line(&r->out.text, entry, 2);
		if (!json_array_size(ports))
			text_add(&r->out.text, "  (no ports)\n");
	}
	return true;
}

static const struct example examples[] = {
	{ "portbook show", "the project of this directory" },
	{ "portbook show consilio", "another one" },
	{ NULL, NULL },
};

const struct command cmd_show = {
	.name = "show",
	.group = GROUP_LOOK,
	.summary = "one project: its range, how full it is, its services",
	.examples = examples,
	.args = args,
	.options = options,
	.operation = "show",
	.sends = SENDS_PATH | SENDS_HOST,
	.render = show_render,
};
