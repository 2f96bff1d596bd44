/*
 * The command `adopt`: without --yes it is a trial run first, and then a question.
 */
#include <string.h>

#include "cli/ask.h"
#include "cli/cmd.h"
#include "cli/entry_options.h"
#include "cli/entry_text.h"
#include "cli/piece.h"
#include "cli/screen.h"
#include "cli/table.h"

/* clang-format off */
static const struct option_spec options[] = {
	{ .name = "project", .letter = 'p', .kind = VALUE_TEXT, .arg = "PROJECT",
	  .field = "projectName", .completes = COMPLETES_PROJECT_NAME,
	  .help = "only what is this project's" },
	OPTION_ENV,
	{ .name = "root", .kind = VALUE_PATH, .arg = "DIR", .field = "root",
	  .completes = COMPLETES_FOLDER,
	  .help = "the machine's own files are below DIR and not below /" },
	OPTION_DRY_RUN,
	OPTION_YES("do not ask before it is entered"),
	{ 0 },
};
/* clang-format on */

static const json_t *first_source(const json_t *row)
{
	return json_array_get(json_object_get(row, "sources"), 0);
}

/* "/srv/shop/.env:3 (and 2 more)" */
static void show_source(const json_t *row, struct text *t)
{
	size_t count = json_array_size(json_object_get(row, "sources"));

	screen_add(t, text_or(first_source(row), "source", ""), 0);
	if (count > 1)
		text_addf(t, " (and %zu more)", count - 1);
}

/* clang-format off */
static const struct column columns[] = {
	{ .title = "PORT", .field = "port", .kind = COLUMN_NUMBER },
	{ .title = "PROTO", .field = "protocol", .importance = 1, .usual = "tcp" },
	{ .title = "ACTION", .field = "action" },
	{ .title = "PROJECT", .field = "projectName", .least = 8, .usual = "" },
	{ .title = "N", .field = "instance", .kind = COLUMN_NUMBER, .importance = 2, .usual = "1" },
	{ .title = "SERVICE", .field = "serviceName", .least = 8, .usual = "" },
	{ .title = "SAID BY", .field = "sources", .least = 16, .show = show_source },
	{ 0 },
};
/* clang-format on */

/* A heading, apart from what is above it. */
static void add_title(struct text *t, const char *title)
{
	text_addf(t, "%s%s\n", t->len ? "\n" : "", title);
}

/* --- what was not entered, and why */

static void add_line(struct text *t, const char *before, const char *text)
{
	text_add(t, before);
	screen_add(t, text, 0);
	text_add(t, "\n");
}

/* "shop/web: /srv/shop/.env:3" */
static void add_claim(struct text *t, const json_t *source)
{
	CLEANUP(piece_cleanup) struct piece line = { .of = t };
	const char *project = json_text_of(source, "projectName");

	if (project)
		text_addf(&line.text, "%s/%s: ", project, text_or(source, "serviceName", "?"));
	text_add(&line.text, text_or(source, "source", ""));
	add_line(t, "    ", text_str(&line.text));
}

static void add_reason(struct text *t, const json_t *row)
{
	const json_t *source;
	size_t i;

	text_addf(t, "  %lld: ", (long long)json_int_of(row, "port", 0));
	screen_add(t, text_or(row, "message", ""), 0);
	text_add(t, "\n");
	json_array_foreach(json_object_get(row, "sources"), i, source)
		add_claim(t, source);
	if (json_text_of(row, "hint"))
		add_line(t, "    ", json_text_of(row, "hint"));
}

static void add_reasons(struct text *t, const json_t *rows, const char *action, const char *title)
{
	const json_t *row;
	bool any = false;
	size_t i;

	json_array_foreach(rows, i, row) {
		if (strcmp(text_or(row, "action", ""), action) != 0)
			continue;
		if (!any)
			add_title(t, title);
		any = true;
		add_reason(t, row);
	}
}

/* --- what is to be moved */

static void add_move(struct text *t, const json_t *row)
{
	CLEANUP(piece_cleanup) struct piece line = { .of = t };
	const json_t *file;
	size_t i;

	text_addf(t, "  %lld  ", (long long)json_int_of(row, "port", 0));
	entry_add_name(t, row);
	text_addf(t, " would have %lld\n", (long long)json_int_of(row, "wouldBe", 0));
	add_line(t, "    ", text_or(row, "command", ""));
	text_addf(&line.text, "portbook env: %s", text_or(row, "envLine", ""));
	add_line(t, "    ", text_str(&line.text));
	json_array_foreach(json_object_get(row, "writtenIn"), i, file)
		add_line(t, "    the old one stands in ", json_string_value(file));
}

static void add_moves(struct text *t, const json_t *rows)
{
	const json_t *row;
	size_t i;

	if (json_array_size(rows))
		add_title(t, "Outside of the project's block:");
	json_array_foreach(rows, i, row)
		add_move(t, row);
}

static void add_count(struct text *t, const json_t *answer, const char *field, const char *words)
{
	long long n = json_int_of(answer, field, 0);

	if (n)
		text_addf(t, ", %lld %s", n, words);
}

static void add_summary(struct text *t, const json_t *answer)
{
	long long n = json_int_of(answer, "entered", 0);

	text_addf(t, "%lld port%s %sentered", n, n == 1 ? "" : "s",
		  json_bool_of(answer, "dryRun") ? "would be " : "");
	add_count(t, answer, "unchanged", "in the book already");
	add_count(t, answer, "conflicts", "claimed by more than one");
	add_count(t, answer, "refused", "refused");
	add_count(t, answer, "left", "left out");
	text_add(t, "\n");
}

static bool adopt_render(struct run *r, const json_t *answer, struct err *err)
{
	const json_t *rows = json_object_get(answer, "ports");
	struct text *t = &r->out.text;
	const struct table table = { .columns = columns,
				     .rows = rows,
				     .width = screen_columns(1),
				     .colour = output_has_colour(&r->out) };

	(void)err;
	if (json_array_size(rows))
		table_add(t, &table);
	add_reasons(t, rows, "conflict", "Claimed by more than one, and not entered:");
	add_reasons(t, rows, "refused", "Refused:");
	add_reasons(t, rows, "left", "Left out:");
	add_moves(t, json_object_get(answer, "outside"));
	if (t->len)
		text_add(t, "\n");
	add_summary(t, answer);
	return true;
}

/* --- the question */

/* `*ret` false: there is nothing to enter, or the person said no. */
static bool ask(struct run *r, bool *ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *input = json_copy(r->input);
	CLEANUP(json_cleanup) json_t *answer = NULL;

	*ret = false;
	if (!json_put_bool(input, "dryRun", true))
		return fail_memory(err);
	if (!run_call(r, "adopt", input, &answer, err) || !run_show(r, answer, err))
		return false;
	*ret = json_int_of(answer, "entered", 0) && ask_yes(r, "Enter them?");
	return true;
}

static bool adopt_run(struct run *r, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	bool is_sure = run_has(r, "yes") || json_bool_of(r->input, "dryRun");

	if (!is_sure && !ask_is_possible(r)) {
		fail(err, ERR_INVALID, "adopt asks first, and there is nobody to ask");
		return fail_hint(err, "portbook adopt --dry-run shows what it would do, "
				      "portbook adopt --yes does it");
	}
	if (!is_sure && !ask(r, &is_sure, err))
		return false;
	return !is_sure ||
	       (run_call(r, "adopt", r->input, &answer, err) && run_show(r, answer, err));
}

static const struct example examples[] = {
	{ "portbook adopt --dry-run",
	  "what would be entered, and what stands where it should not" },
	{ "sudo portbook adopt --yes", "of all users' programs" },
	{ "portbook adopt --project consilio", "one project after the other" },
	{ NULL, NULL },
};

const struct command cmd_adopt = {
	.name = "adopt",
	.group = GROUP_FILES,
	.summary = "enter what this machine has already, where it stands",
	.text = "Enters what listens now: the project is that of the folder and checkout in which a "
		"program works, the service is called by its file, container, unit or program; "
		"what everybody expects on a port (5432 PostgreSQL) belongs to shared-services. "
		"Enters as well what nothing listens on, but files name: compose files, .env, "
		"Procfile and package.json of projects, units of systemd, and what cloudflared, "
		"nginx and Caddy pass on to. A port that two projects claim is shown with both, and "
		"entered for neither. What listens outside of its project's block is listed with "
		"the port it would have and the way there. Doing it again changes nothing.",
	.examples = examples,
	.options = options,
	.operation = "adopt",
	.sends = SENDS_HOST | SENDS_ENV,
	.run = adopt_run,
	.render = adopt_render,
};
