#include <string.h>

#include "cli/cmd.h"
#include "cli/entry_options.h"
#include "cli/protect.h"
#include "cli/entry_text.h"
#include "cli/piece.h"
#include "cli/rows.h"
#include "cli/screen.h"

static const struct option_spec options[] = { OPTION_LIVE, { 0 } };

static const char *plural(long long n)
{
	return n == 1 ? "" : "s";
}

static void add_totals(struct text *t, const json_t *answer)
{
	const json_t *summary = json_object_get(answer, "summary");
	long long services = json_int_of(summary, "services", 0);
	long long projects = json_int_of(summary, "projects", 0);

	size_t hosts = json_array_size(json_object_get(answer, "hosts"));

	text_addf(t, "%lld service%s across %lld project%s", services, plural(services), projects,
		  plural(projects));
	if (hosts > 1)
		text_addf(t, " on %zu hosts", hosts);
	text_add(t, "\n");
}

static void add_surroundings(struct text *t, const json_t *answer)
{
	static const char *const fields[] = { "book", "policy", "host" };

	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		const char *value = json_text_of(answer, fields[i]);

		if (!value)
			continue;
		text_addf(t, "%-7s ", fields[i]);
		screen_add(t, value, 0);
		text_add(t, "\n");
	}
}

static void add_usage(struct run *r, const json_t *object)
{
	CLEANUP(piece_cleanup) struct piece usage = { .of = &r->out.text };

	text_add(&r->out.text, "  ");
	span_add(&r->out.text, object);
	usage_add(&usage.text, object);
	text_add(&r->out.text, "  ");
	output_styled(&r->out, usage_style(object), text_str(&usage.text));
}

/* "  protected by guard, hook git" */
static void add_protection(struct text *t, const json_t *project)
{
	const json_t *by = json_object_get(project, "protectedBy"), *one;
	size_t i;

	json_array_foreach(json_walked(by), i, one)
		text_addf(t, "%s%s", i ? ", " : "  protected by ", json_string_value(one));
	if (json_array_size(by))
		text_add(t, "\n");
}

static void add_project_title(struct run *r, const json_t *project)
{
	struct text *t = &r->out.text;
	const char *status = text_or(project, "status", "active");
	long long instances = json_int_of(project, "instances", 1);

	text_add(t, "\n");
	output_styled(&r->out, STYLE_BOLD, text_or(project, "projectName", "?"));
	if (json_int_of(project, "totalPorts", 0))
		add_usage(r, project);
	if (instances > 1)
		text_addf(t, "  %lld instances", instances);
	if (strcmp(status, "active")) {
		text_add(t, "  ");
		screen_add(t, status, 0);
	}
	text_add(t, "\n");
	add_protection(t, project);
}

/* The services of instance 2 and above say so, and those of other machines than `host`. */
static void add_service(struct text *t, const json_t *service, const char *host)
{
	long long instance = json_int_of(service, "instance", 1);

	entry_add_text(t, service, 2);
	if (instance != 1)
		text_addf(t, "  @%lld", instance);
	entry_add_host(t, service, host);
	text_add(t, "\n");
}

static void show_used(const json_t *row, struct text *t)
{
	usage_add(t, row);
}

/* clang-format off */
static const struct column range_columns[] = {
	{ .title = "RANGE", .field = "rangeName", .least = 10 },
	{ .title = "PORTS", .field = "rangeStart", .show = span_show },
	{ .title = "USED", .field = "utilizationPercent", .kind = COLUMN_PERCENT,
	  .show = show_used },
	{ 0 },
};
/* clang-format on */

static void show_this(const json_t *row, struct text *t)
{
	if (json_bool_of(row, "thisMachine"))
		text_add(t, "this machine");
}

/* clang-format off */
static const struct column host_columns[] = {
	{ .title = "HOST", .field = "host", .least = 10 },
	{ .title = "SERVICES", .field = "services", .kind = COLUMN_NUMBER },
	{ .title = "PORTS", .field = "allocatedPorts", .kind = COLUMN_NUMBER },
	{ .title = "", .field = "thisMachine", .show = show_this },
	{ 0 },
};
/* clang-format on */

/* One alone is no news. */
static bool add_hosts(struct run *r, const json_t *hosts, struct err *err)
{
	if (json_array_size(hosts) < 2)
		return true;
	text_add(&r->out.text, "\n");
	return rows_show(r, hosts, host_columns, "", err);
}

static bool add_ranges(struct run *r, const json_t *ranges, struct err *err)
{
	if (!json_array_size(ranges))
		return true;
	text_add(&r->out.text, "\n");
	return rows_show(r, ranges, range_columns, "", err);
}

static bool status_render(struct run *r, const json_t *answer, struct err *err)
{
	const json_t *project, *service;
	size_t i, j;

	add_totals(&r->out.text, answer);
	add_surroundings(&r->out.text, answer);
	json_array_foreach(json_object_get(answer, "projects"), i, project) {
		add_project_title(r, project);
		json_array_foreach(json_object_get(project, "services"), j, service)
			add_service(&r->out.text, service, text_or(answer, "host", ""));
	}
	return add_hosts(r, json_object_get(answer, "hosts"), err) &&
	       add_ranges(r, json_object_get(answer, "ranges"), err);
}

static bool status_run(struct run *r, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;

	return run_call(r, r->command->operation, r->input, &answer, err) &&
	       protect_add_status(r, answer, err) && run_show(r, answer, err);
}

const struct command cmd_status = {
	.name = "status",
	.group = GROUP_LOOK,
	.summary = "everything at a glance",
	.text = "How many services and projects there are, how full each project and each range "
		"is, and every service with its port. What is more than 80% full is flagged. "
		"The ports of all hosts are listed, those of --host HOST alone if that is given; "
		"how full what is is said of the host that is named above the list.",
	.options = options,
	.operation = "status",
	.sends = SENDS_HOST,
	.run = status_run,
	.render = status_render,
};
