#include "cli/audit_text.h"

#include <string.h>

#include "cli/entry_text.h"
#include "cli/rows.h"
#include "cli/screen.h"

/* One row. */

/* "consilio/web", "consilio/web (test)" */
static void show_expected(const json_t *row, struct text *t)
{
	screen_add(t, text_or(row, "expected", "?"), 0);
	entry_add_environment(t, row);
}

static void show_actual(const json_t *row, struct text *t)
{
	const char *whose = json_text_of(row, "belongsTo");

	screen_add(t, text_or(row, "actual", "?"), 0);
	if (whose) {
		text_add(t, ", of ");
		screen_add(t, whose, 0);
	}
}

static void show_port(const json_t *row, struct text *t)
{
	entry_add_port(t, row);
}

static void show_owner(const json_t *row, struct text *t)
{
	screen_add(t, text_or(row, "belongsTo", ""), 0);
}

/* clang-format off */
static const struct column conflict_columns[] = {
	{ .title = "PORT", .field = "port", .kind = COLUMN_NUMBER, .show = show_port },
	{ .title = "BELONGS TO", .field = "expected", .least = 12, .show = show_expected },
	{ .title = "VERDICT", .field = "verdict" },
	{ .title = "ACTUAL", .field = "actual", .least = 20, .wraps = true,
	  .show = show_actual },
	{ .title = "SINCE (UTC)", .field = "since", .kind = COLUMN_TIME, .importance = 2,
	  .usual = "" },
	{ .title = "LAST SEEN (UTC)", .field = "lastVerifiedAt", .kind = COLUMN_TIME,
	  .importance = 1, .usual = "" },
	{ .title = "UNIT", .field = "unit", .importance = 3, .least = 10, .usual = "" },
	{ 0 },
};

static const struct column unverified_columns[] = {
	{ .title = "PORT", .field = "port", .kind = COLUMN_NUMBER, .show = show_port },
	{ .title = "BELONGS TO", .field = "expected", .least = 12, .show = show_expected },
	{ .title = "ACTUAL", .field = "actual", .least = 20, .wraps = true,
	  .show = show_actual },
	{ .title = "WHY", .field = "reason", .importance = 1, .least = 20 },
	{ 0 },
};

static const struct column unregistered_columns[] = {
	{ .title = "PORT", .field = "port", .kind = COLUMN_NUMBER, .show = show_port },
	{ .title = "ACTUAL", .field = "actual", .least = 20, .wraps = true },
	{ .title = "OF", .field = "belongsTo", .least = 8, .usual = "", .show = show_owner },
	{ .title = "SINCE (UTC)", .field = "startedAt", .kind = COLUMN_TIME, .importance = 1 },
	{ .title = "COMMAND", .field = "command", .importance = 2, .least = 12, .usual = "" },
	{ 0 },
};
/* clang-format on */

/* The tables. */

static const struct section {
	const char *field, *heading; /* heading NULL: the first needs none */
	const struct column *columns;
	const char *named; /* by what member a row is called in hints and changes */
} sections[] = {
	{ "conflicts", NULL, conflict_columns, "expected" },
	{ "unverified", "Somebody listens, and it cannot be told whether it is the owner:",
	  unverified_columns, "expected" },
	{ "unregistered", "Listening, and entered nowhere:", unregistered_columns, "actual" },
};

/* The lines of a hint, below whose it is. */
static void add_fix(struct text *t, const struct section *s, const json_t *row)
{
	const char *line = text_or(row, "fix", "");

	if (!*line)
		return;
	text_add(t, "  ");
	entry_add_port(t, row);
	text_add(t, "  ");
	screen_add(t, text_or(row, s->named, "?"), 0);
	text_add(t, "\n");
	while (*line) {
		size_t len = strcspn(line, "\n");
		CLEANUP(text_release) struct text one = { 0 };

		text_addf(&one, "%.*s", (int)len, line);
		text_add(t, "    ");
		screen_add(t, text_str(&one), 0);
		text_add(t, "\n");
		line += len + (line[len] == '\n');
	}
}

static bool add_section(struct run *r, const struct section *s, const json_t *rows, struct err *err)
{
	struct text *t = &r->out.text;
	const json_t *row;
	size_t i;

	if (!json_array_size(rows))
		return true;
	if (s->heading) {
		output_styled(&r->out, STYLE_BOLD, s->heading);
		text_add(t, "\n");
	}
	if (!rows_show(r, rows, s->columns, "", err))
		return false;
	json_array_foreach(rows, i, row)
		add_fix(t, s, row);
	text_add(t, "\n");
	return true;
}

/* ": consilio/websocket (3102), shop/web (3100)" */
static void add_names(struct text *t, const json_t *conflicts, const char *verdict)
{
	const char *comma = ": ";
	const json_t *row;
	size_t i;

	json_array_foreach(conflicts, i, row) {
		if (strcmp(text_or(row, "verdict", ""), verdict) != 0)
			continue;
		text_add(t, comma);
		screen_add(t, text_or(row, "expected", "?"), 0);
		text_add(t, " (");
		entry_add_port(t, row);
		text_add(t, ")");
		comma = ", ";
	}
}

/* "12 allocated, 9 in use, 2 down: a/b (3102), a/c (3103), 1 squatted: a/d (3104)" */
static void add_sum(struct text *t, const json_t *answer)
{
	const json_t *summary = json_object_get(answer, "summary");
	const json_t *conflicts = json_object_get(answer, "conflicts");
	long long squatted = json_int_of(summary, "squatted", 0);
	long long unverified = json_int_of(summary, "unverified", 0);

	text_addf(t, "%lld allocated, %lld in use", (long long)json_int_of(summary, "allocated", 0),
		  (long long)json_int_of(summary, "inUse", 0));
	if (unverified)
		text_addf(t, " (%lld of them unverified)", unverified);
	text_addf(t, ", %lld down", (long long)json_int_of(summary, "notRunning", 0));
	add_names(t, conflicts, "down");
	if (squatted) {
		text_addf(t, ", %lld squatted", squatted);
		add_names(t, conflicts, "squatted");
	}
	text_add(t, "\n");
}

bool audit_text_add(struct run *r, const json_t *answer, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(sections); i++)
		if (!add_section(r, &sections[i], json_object_get(answer, sections[i].field), err))
			return false;
	add_sum(&r->out.text, answer);
	return text_ok(&r->out.text) || fail_memory(err);
}

/* What has changed. */

static bool is_same(const json_t *a, const json_t *b)
{
	return json_int_of(a, "port", 0) == json_int_of(b, "port", 0) &&
	       !strcmp(text_or(a, "protocol", ""), text_or(b, "protocol", ""));
}

/* The row of the same port; NULL: there is none. */
static const json_t *row_of(const json_t *answer, const char *field, const json_t *port)
{
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(answer, field), i, row)
		if (is_same(row, port))
			return row;
	return NULL;
}

static void add_change(struct text *t, const json_t *now, const json_t *row, const char *named,
		       const char *what)
{
	time_add_short(t, text_or(now, "at", ""));
	text_add(t, "  ");
	entry_add_port(t, row);
	text_add(t, "  ");
	screen_add(t, text_or(row, named, "?"), 0);
	text_add(t, ": ");
	screen_add(t, what, 0);
}

/* "squatted: node (pid 1234, ...), of openhorizon" */
static void add_new(struct text *t, const struct section *s, const json_t *before,
		    const json_t *now)
{
	bool of_entry = !strcmp(s->named, "expected");
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(now, s->field), i, row) {
		const json_t *was = row_of(before, s->field, row);

		if (was && !strcmp(text_or(was, "verdict", ""), text_or(row, "verdict", "")) &&
		    !strcmp(text_or(was, "actual", ""), text_or(row, "actual", "")))
			continue;
		add_change(t, now, row, s->named,
			   of_entry ? text_or(row, "verdict", "?") : "listens, entered nowhere");
		if (of_entry && strcmp(text_or(row, "verdict", ""), "down") != 0) {
			text_add(t, ": ");
			show_actual(row, t);
		}
		text_add(t, "\n");
	}
}

static bool is_found(const json_t *answer, const json_t *row)
{
	return row_of(answer, "conflicts", row) || row_of(answer, "unverified", row);
}

static void add_gone(struct text *t, const struct section *s, const json_t *before,
		     const json_t *now)
{
	bool of_entry = !strcmp(s->named, "expected");
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(before, s->field), i, row) {
		if (of_entry ? is_found(now, row) : row_of(now, s->field, row) != NULL)
			continue;
		add_change(t, now, row, s->named, of_entry ? "in use, or released" : "has ended");
		text_add(t, "\n");
	}
}

void audit_text_add_changes(struct text *t, const json_t *before, const json_t *now)
{
	for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
		add_new(t, &sections[i], before, now);
		add_gone(t, &sections[i], before, now);
	}
}
