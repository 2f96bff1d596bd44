/*
 * The command `import`: a file into the book.  Its bytes are read here and given as a stream, as
 * the book may be another machine's.
 */
#include <limits.h>
#include <string.h>

#include "book/older.h"
#include "cli/cmd.h"
#include "cli/entry_options.h"
#include "cli/entry_text.h"
#include "cli/input_file.h"
#include "cli/piece.h"
#include "cli/screen.h"
#include "cli/table.h"

/* What is true when it was interrupted. */
#define INTERRUPTED "nothing was entered"

static const struct arg_spec args[] = { { "FILE", VALUE_OWN, .completes = COMPLETES_FILE }, { 0 } };

static const char *const formats[] = { "json",	 "csv",	     "ports-md",   "md",
				       "dotenv", "devports", "portkeeper", "port-manager",
				       "lsof",	 "ss",	     "supervisor", "scar",
				       NULL };

/* clang-format off */
static const struct option_spec options[] = {
	{ .name = "format", .letter = 'f', .kind = VALUE_TEXT, .arg = "FORMAT", .field = "format",
	  .choices = formats,
	  .help = "json, csv, ports-md, md, dotenv, devports, portkeeper, port-manager, lsof "
		  "or ss; without it, what the file looks like. supervisor or scar: FILE is the "
		  "postgres:// URL of that system's database" },
	{ .name = "dry-run", .letter = 'n', .kind = VALUE_FLAG, .field = "dryRun",
	  .help = "only say what would be entered, moved and refused" },
	{ .name = "project", .letter = 'p', .kind = VALUE_PROJECT, .arg = "PROJECT",
	  .field = "projectName",
	  .help = "whose ports they are, where the file does not say" },
	{ .name = "env", .letter = 'e', .kind = VALUE_TEXT, .arg = "ENV", .field = "environment",
	  .completes = COMPLETES_ENVIRONMENT,
	  .help = "their environment, where the file does not say" },
	OPTION_CREATE,
	{ 0 },
};

static const struct column columns[] = {
	{ .title = "LINE", .field = "line", .kind = COLUMN_NUMBER },
	{ .title = "ACTION", .field = "action" },
	{ .title = "WHAT", .field = "record", .importance = 2, .usual = "allocation" },
	{ .title = "PROJECT", .field = "projectName", .least = 8 },
	{ .title = "SERVICE", .field = "serviceName", .least = 8 },
	{ .title = "N", .field = "instance", .kind = COLUMN_NUMBER, .importance = 3, .usual = "1" },
	{ .title = "ENV", .field = "environment", .importance = 4, .usual = "dev" },
	{ .title = "HOST", .field = "host", .importance = 5, .usual = "localhost" },
	{ .title = "PORT", .field = "port", .kind = COLUMN_NUMBER },
	{ .title = "PORTS", .field = "ports", .importance = 1, .usual = "" },
	{ .title = "WAS", .field = "previousPort", .kind = COLUMN_NUMBER, .usual = "" },
	{ .title = "REMARK", .field = "message", .least = 20, .usual = "" },
	{ 0 },
};

/* Of a database: what is remarkable stands below. */
static const struct column columns_of_database[] = {
	{ .title = "ROW", .field = "row" },
	{ .title = "ACTION", .field = "action" },
	{ .title = "WHAT", .field = "record", .importance = 2, .usual = "allocation" },
	{ .title = "PROJECT", .field = "projectName", .least = 8 },
	{ .title = "SERVICE", .field = "serviceName", .least = 8 },
	{ .title = "N", .field = "instance", .kind = COLUMN_NUMBER, .importance = 3, .usual = "1" },
	{ .title = "ENV", .field = "environment", .importance = 4, .usual = "dev" },
	{ .title = "PORT", .field = "port", .kind = COLUMN_NUMBER },
	{ .title = "PORTS", .field = "ports", .importance = 1, .usual = "" },
	{ .title = "WAS", .field = "previousPort", .kind = COLUMN_NUMBER, .usual = "" },
	{ 0 },
};
/* clang-format on */

static void add_count(struct text *t, const json_t *answer, const char *field, const char *words)
{
	long long n = json_int_of(answer, field, 0);

	if (n)
		text_addf(t, ", %lld %s", n, words);
}

static void add_records(struct text *t, const json_t *answer, const char *kind)
{
	long long n = json_int_of(json_object_get(answer, "records"), kind, 0);

	if (n)
		text_addf(t, ", %lld %s%s", n, kind, n == 1 ? "" : "s");
}

static void add_summary(struct text *t, const json_t *answer)
{
	long long entered = json_int_of(answer, "entered", 0);

	screen_add(t, text_or(answer, "fileName", ""), 0);
	text_add(t, " (");
	screen_add(t, text_or(answer, "format", ""), 0);
	text_addf(t, "): %lld port%s %sentered", entered, entered == 1 ? "" : "s",
		  json_bool_of(answer, "dryRun") ? "would be " : "");
	add_records(t, answer, "project");
	add_records(t, answer, "instance");
	add_count(t, answer, "moved", "moved");
	add_count(t, answer, "updated", "updated");
	add_count(t, answer, "unchanged", "unchanged");
	add_count(t, answer, "skipped", "left out");
	add_count(t, answer, "refused", "refused");
	text_add(t, json_bool_of(answer, "replaced") ? "; its history and all\n" : "\n");
}

static void add_subject(struct text *t, const json_t *row)
{
	const char *service = json_text_of(row, "serviceName");
	const char *ports = json_text_of(row, "ports");

	if (ports)
		text_addf(t, "%s of ", ports);
	if (json_int_of(row, "port", 0))
		text_addf(t, "%lld of ", (long long)json_int_of(row, "port", 0));
	text_addf(t, "%s%s%s: ", text_or(row, "projectName", "nobody"), service ? "/" : "",
		  service ? service : "");
}

/* "port_allocations 5: 5173 of shop/vite: outside of its block 3100-3199: registered" */
static void add_remark(struct text *t, const json_t *row)
{
	CLEANUP(text_release) struct text said = { 0 }, line = { 0 };
	unsigned width = screen_columns(1);

	text_addf(&said, "%s: ", json_text_of(row, "row"));
	add_subject(&said, row);
	text_add(&said, json_text_of(row, "message"));
	screen_add(&line, text_str(&said), 0);
	if (width)
		screen_wrap(t, text_str(&line), 4, width);
	else
		text_add(t, text_str(&line));
	text_add(t, "\n");
}

/* Of a database nobody has the rows before them: what is odd about one is said in full. */
static void add_remarks(struct text *t, const json_t *rows)
{
	const char *title = "To be looked at:\n";
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
		if (json_text_of(row, "row") && json_text_of(row, "message")) {
			text_addf(t, "%s  ", title);
			add_remark(t, row);
			title = "";
		}
	text_add(t, *title ? "" : "\n");
}

static bool import_render(struct run *r, const json_t *answer, struct err *err)
{
	const json_t *rows = json_object_get(answer, "rows");
	bool is_database = json_text_of(json_array_get(rows, 0), "row") != NULL;
	const struct table table = { .columns = is_database ? columns_of_database : columns,
				     .rows = rows,
				     .width = screen_columns(1),
				     .colour = output_has_colour(&r->out) };

	(void)err;
	if (json_bool_of(answer, "dryRun") && json_array_size(rows)) {
		table_add(&r->out.text, &table);
		text_add(&r->out.text, is_database ? "\n" : "");
	}
	add_remarks(&r->out.text, rows);
	if (json_int_of(answer, "rowsOmitted", 0))
		output_note(&r->out, "%lld more rows are not listed",
			    (long long)json_int_of(answer, "rowsOmitted", 0));
	add_summary(&r->out.text, answer);
	return true;
}

/* "ports.md:7: port 3000 belongs to 'a/web'", and the way out below; of a database its row. */
static void add_refused(struct text *t, const char *file, const json_t *row)
{
	CLEANUP(piece_cleanup) struct piece line = { .of = t };

	if (json_text_of(row, "row"))
		text_addf(&line.text, "%s: %s: %s", file, json_text_of(row, "row"),
			  text_or(row, "message", ""));
	else
		text_addf(&line.text, "%s:%lld: %s", file, (long long)json_int_of(row, "line", 0),
			  text_or(row, "message", ""));
	screen_add(t, text_str(&line.text), 0);
	text_add(t, "\n");
	if (json_text_of(row, "hint")) {
		text_add(t, "  ");
		screen_add(t, json_text_of(row, "hint"), 0);
		text_add(t, "\n");
	}
}

/* Another's port outweighs a row that is wrong. */
static int status_of(const json_t *rows)
{
	int status = 0;
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) {
		const char *code = json_text_of(row, "code");
		int one = code ? err_exit_status(err_from_name(code)) : 0;

		if (one == err_exit_status(ERR_TAKEN))
			return one;
		status = status ? status : one;
	}
	return status;
}

/* Every row that is refused, then how many they are. */
static bool show_refusal(struct run *r, const json_t *refusal, const struct err *why,
			 struct err *err)
{
	const json_t *rows = json_object_get(refusal, "rows"), *row;
	const char *file = text_or(refusal, "fileName", "");
	size_t i, count = json_array_size(rows);

	r->status = err_exit_status(why->code);
	if (r->out.json)
		return output_json(&r->out, refusal, err);
	json_array_foreach(rows, i, row)
		add_refused(&r->out.notes, file, row);
	text_addf(&r->out.notes, "portbook: %zu row%s refused%s; nothing was entered\n", count,
		  count == 1 ? " is" : "s are",
		  count >= 1000 ? ", and the rest was not looked at" : "");
	return true;
}

static bool import_from(struct run *r, struct source *from, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	struct err why = { 0 };

	if (!run_call_with(r, "import", r->input, (struct call_io){ .from = from }, INTERRUPTED,
			   &answer, &why)) {
		if (answer)
			return show_refusal(r, answer, &why, err);
		*err = why;
		return false;
	}
	r->status = status_of(json_object_get(answer, "rows"));
	return run_show(r, answer, err);
}

static bool import_file(struct run *r, struct err *err)
{
	CLEANUP(input_file_cleanup) struct input_file file = { .fd = -1 };

	return input_file_open(&file, r->args[0], &r->watch, err) &&
	       import_from(r, &file.source.source, err);
}

static bool import_database(struct run *r, struct err *err)
{
	CLEANUP(text_release) struct text tables = { 0 };
	const char *url = r->args[0], *format = json_text_of(r->input, "format");
	char name[PATH_MAX];
	struct bytes_source source;

	if (!format) {
		fail(err, ERR_INVALID, "it is not said whose database '%.300s' is",
		     older_shown(url, name, sizeof(name)));
		return fail_hint(err,
				 "--format supervisor, or --format scar; a book of portbook is "
				 "for portbook copy");
	}
	if (!older_read(url, format, &tables, err))
		return false;
	source = bytes_source(text_str(&tables), tables.len, older_shown(url, name, sizeof(name)));
	return import_from(r, &source.source, err);
}

static bool import_run(struct run *r, struct err *err)
{
	(void)run_watch(r, INTERRUPTED);
	return older_is_database(r->args[0]) ? import_database(r, err) : import_file(r, err);
}

static const struct example examples[] = {
	{ "portbook import book.json", "a book that was exported" },
	{ "portbook import PORTS.md --dry-run", "what would become of a table" },
	{ "portbook import .env --project shop", "the ports of one project" },
	{ "ss -ltnp | portbook import - --format ss", "what listens now, as ss shows it" },
	{ "ssh host portbook export | portbook import -", "from a pipe" },
	{ "portbook import --format supervisor postgres:///supervisor --dry-run",
	  "the database of an older system" },
	{ NULL, NULL },
};

const struct command cmd_import = {
	.name = "import",
	.group = GROUP_FILES,
	.summary = "enter what a file says, all of it or nothing",
	.text = "A book that was exported as json or csv becomes the same book again where nobody "
		"has used this one: with its ids, history and released ports. Into a book in use its "
		"projects and ports are merged: the same id is the same row.\n\n"
		"From other files (tables in Markdown, .env files, the registries of other "
		"tools, what lsof -i -P -n and ss -ltnp print) "
		"ports and projects are entered by the rules of this book. A service that the file "
		"has on another port is moved. What breaks a rule is refused: every such row is named "
		"with its line and the way out, and nothing is entered.\n\n"
		"Of the databases of two older systems (--format supervisor, scar) what was agreed "
		"there stands: a port outside of its block is entered all the same, and named; only "
		"what two claim is refused. Nothing is written there.",
	.examples = examples,
	.args = args,
	.min_args = 1,
	.options = options,
	.operation = "import",
	.sends = SENDS_ALL,
	.run = import_run,
	.render = import_render,
};
