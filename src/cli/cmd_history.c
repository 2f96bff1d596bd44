/*
 * One word may be a port, a service or a project.  A word without a slash is taken for a project
 * first, and for a service of the directory's project where there is none of that name.
 */
#include <string.h>

#include "cli/cmd.h"
#include "cli/entry_options.h"
#include "cli/entry_text.h"
#include "cli/input.h"
#include "cli/piece.h"
#include "cli/rows.h"
#include "cli/screen.h"

static const struct arg_spec args[] = {
	{ "SERVICE|PROJECT|PORT", VALUE_OWN, .completes = COMPLETES_ANYTHING }, { 0 }
};

/* clang-format off */
static const struct option_spec options[] = {
	OPTIONS_WHICH,
	{ .name = "limit", .letter = 'l', .kind = VALUE_INT, .arg = "N", .field = "limit",
	  .min = 1, .max = 100000, .help = "the newest so many; 50 if not given" },
	{ .name = "after", .kind = VALUE_INT, .arg = "SEQ", .field = "after", .max = INT64_MAX,
	  .help = "what came after the event of this number, the oldest first" },
	{ .name = "health", .kind = VALUE_FLAG,
	  .help = "how often it was up, by what audits have seen" },
	OPTION_FORMAT,
	{ 0 },
};
/* clang-format on */

/* Members that change with every entry and say nothing. */
static bool is_noise(const char *field)
{
	static const char *const fields[] = { "lastUsedAt", "lastVerifiedAt", "releasedAt" };

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (!strcmp(fields[i], field))
			return true;
	return false;
}

static void add_value(struct text *t, const json_t *value)
{
	if (!value || json_is_null(value)) {
		text_add(t, "none");
	} else if (json_is_string(value)) {
		text_add(t, json_string_value(value));
	} else {
		text_add_json(t, value, JSON_COMPACT);
	}
}

/* "serviceName: web -> frontend": what an event changed. */
static void show_change(const json_t *event, struct text *t)
{
	json_t *before = json_object_get(event, "before"), *after = json_object_get(event, "after");
	const char *field, *comma = "";
	json_t *value;

	if (!json_is_object(before) || !json_is_object(after))
		return;
	json_object_foreach(after, field, value) {
		const json_t *was = json_object_get(before, field);

		if (is_noise(field) || json_equal(was, value) || (!was && json_is_null(value)))
			continue;
		text_addf(t, "%s%s: ", comma, field);
		add_value(t, was);
		text_add(t, " -> ");
		add_value(t, value);
		comma = ", ";
	}
}

/* The row that the event is about: as it became, or as it was where it is gone. */
static const json_t *row_of(const json_t *event)
{
	const json_t *after = json_object_get(event, "after");

	return json_is_object(after) ? after : json_object_get(event, "before");
}

/* "shop@2/web (test)": the name it had then, and what is not usual. */
static void show_subject(const json_t *event, struct text *t)
{
	text_add(t, text_or(event, "subject", ""));
	entry_add_environment(t, row_of(event));
}

static void show_port(const json_t *event, struct text *t)
{
	const json_t *row = row_of(event);

	if (json_int_of(event, "port", 0))
		entry_add_port(t, json_object_get(row, "port") ? row : event);
}

/* clang-format off */
static const struct column columns[] = {
	{ .title = "SEQ", .field = "seq", .for_programs = true },
	{ .title = "WHEN (UTC)", .field = "at", .kind = COLUMN_TIME },
	{ .title = "WHO", .field = "actor", .importance = 2, .least = 6 },
	{ .title = "WHAT", .field = "operation" },
	{ .title = "TO WHAT", .field = "subject", .least = 16, .keeps_ends = true,
	  .show = show_subject },
	{ .title = "PROJECT", .field = "projectName", .for_programs = true },
	{ .title = "SERVICE", .field = "serviceName", .for_programs = true },
	{ .title = "PORT", .field = "port", .kind = COLUMN_NUMBER, .importance = 1, .usual = "",
	  .show = show_port },
	{ .title = "CHANGE", .field = "after", .importance = 3, .least = 12, .usual = "",
	  .show = show_change },
	{ .title = "BEFORE", .field = "before", .for_programs = true },
	{ 0 },
};
/* clang-format on */

static bool ask_as(struct run *r, enum value_kind kind, json_t **ret, struct err *err)
{
	const struct arg_spec arg = { .name = args[0].name, .kind = kind };
	CLEANUP(json_cleanup) json_t *input = json_copy(r->input);

	if (!input)
		return fail_memory(err);
	return (!r->n_args || input_add_arg(input, &arg, r->args[0], err)) &&
	       run_call(r, run_has(r, "health") ? "uptime" : "history", input, ret, err);
}

static bool ask(struct run *r, json_t **ret, struct err *err)
{
	const char *word = r->n_args ? r->args[0] : "";
	bool is_port = *word && !word[strspn(word, "0123456789")];
	struct err other = { 0 };

	if (is_port || strchr(word, '/'))
		return ask_as(r, VALUE_SERVICE_OR_PORT, ret, err);
	if (ask_as(r, VALUE_PROJECT, ret, err))
		return true;
	if (!err || err->code != ERR_NOT_FOUND)
		return false;
	/* What is wrong with the project is the better message: it names the nearest ones. */
	return ask_as(r, VALUE_SERVICE, ret, &other);
}

static bool history_run(struct run *r, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	const char *format = run_text(r, "format");

	r->out.json = r->out.json || (format && !strcmp(format, "json"));
	return ask(r, &answer, err) && run_show(r, answer, err);
}

/* Health. */

static void show_name(const json_t *service, struct text *t)
{
	entry_add_name(t, service);
}

static void show_entry_port(const json_t *service, struct text *t)
{
	entry_add_port(t, service);
}

static void add_percent(const json_t *service, const char *window, struct text *t)
{
	const json_t *percent = json_object_get(json_object_get(service, "uptime"), window);

	if (json_is_number(percent))
		text_addf(t, "%.4g%%", json_number_value(percent));
	else
		text_add(t, "-");
}

static void show_day(const json_t *service, struct text *t)
{
	add_percent(service, "day", t);
}

static void show_week(const json_t *service, struct text *t)
{
	add_percent(service, "week", t);
}

static void show_month(const json_t *service, struct text *t)
{
	add_percent(service, "month", t);
}

static void show_all(const json_t *service, struct text *t)
{
	add_percent(service, "all", t);
}

static void show_state(const json_t *service, struct text *t)
{
	text_add(t, text_or(service, "state", "not looked at"));
}

/* clang-format off */
static const struct column health_columns[] = {
	{ .title = "PORT", .field = "port", .kind = COLUMN_NUMBER, .show = show_entry_port },
	{ .title = "SERVICE", .field = "serviceName", .least = 12, .show = show_name },
	{ .title = "STATE", .field = "state", .show = show_state },
	{ .title = "SINCE (UTC)", .field = "since", .kind = COLUMN_TIME, .importance = 1 },
	{ .title = "24 H", .field = "uptime", .show = show_day },
	{ .title = "7 D", .field = "uptime", .importance = 2, .show = show_week },
	{ .title = "30 D", .field = "uptime", .importance = 3, .show = show_month },
	{ .title = "ALL", .field = "uptime", .importance = 4, .show = show_all },
	{ .title = "LOOKS", .field = "looks", .kind = COLUMN_NUMBER, .importance = 5 },
	{ .title = "PROJECT", .field = "projectName", .for_programs = true },
	{ .title = "ENV", .field = "environment", .for_programs = true },
	{ .title = "INSTANCE", .field = "instance", .for_programs = true },
	{ .title = "PROTO", .field = "protocol", .for_programs = true },
	{ .title = "HOST", .field = "host", .for_programs = true },
	{ .title = "FIRST LOOK", .field = "firstLookAt", .for_programs = true },
	{ .title = "LAST LOOK", .field = "lastLookAt", .for_programs = true },
	{ 0 },
};

static const struct column turn_columns[] = {
	{ .title = "WHEN (UTC)", .field = "at", .kind = COLUMN_TIME },
	{ .title = "BECAME", .field = "state" },
	{ .title = "WHO", .field = "actual", .importance = 1, .least = 20, .usual = "" },
	{ 0 },
};
/* clang-format on */

/* Of one service, and to people, also when it went down and came back. */
static bool health_render(struct run *r, const json_t *services, struct err *err)
{
	const json_t *turns = json_object_get(json_array_get(services, 0), "changes");
	const char *format = run_text(r, "format");

	if (!rows_show(r, services, health_columns, "nothing is entered that fits", err))
		return false;
	if (json_array_size(services) != 1 || json_array_size(turns) < 2 ||
	    (format && strcmp(format, "table") != 0))
		return true;
	text_add(&r->out.text, "\n");
	return rows_show(r, turns, turn_columns, "", err);
}

static bool history_render(struct run *r, const json_t *answer, struct err *err)
{
	if (run_has(r, "health"))
		return health_render(r, json_object_get(answer, "services"), err);
	return rows_show(r, json_object_get(answer, "events"), columns, "nothing has happened yet",
			 err);
}

static const struct example examples[] = {
	{ "portbook history 3100", "who had this port" },
	{ "portbook history consilio", "everything about a project" },
	{ "portbook history consilio/web --limit 5", "the last five changes of a service" },
	{ "portbook history consilio/web --health", "how often it was up, and when it was not" },
	{ NULL, NULL },
};

const struct command cmd_history = {
	.name = "history",
	.group = GROUP_LOOK,
	.summary = "who did what when",
	.text = "The newest changes, the latest at the end. Every change of the book leaves a line.\n\n"
		"With --health it is what 'portbook audit' has seen: at how many of its looks "
		"somebody listened who was no stranger. Looks of one stretch of time become one as "
		"they grow older; after 400 days they are forgotten.",
	.examples = examples,
	.args = args,
	.options = options,
	.operation = "history",
	.sends = SENDS_PATH | SENDS_HOST,
	.run = history_run,
	.render = history_render,
};
