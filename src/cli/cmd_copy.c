/*
 * copy: all of one book into another, and comparing two.  Both are opened here, so it is no
 * operation (book/two_books.h).
 */
#include "book/two_books.h"

#include <stdio.h>
#include <string.h>

#include "cli/ask.h"
#include "cli/cmd.h"
#include "cli/entry_options.h"
#include "cli/entry_text.h"
#include "cli/piece.h"
#include "cli/screen.h"
#include "ports/name.h"

/* clang-format off */
static const struct arg_spec args[] = {
	{ "SOURCE-BOOK", VALUE_OWN, .completes = COMPLETES_FILE },
	{ "TARGET-BOOK", VALUE_OWN, .completes = COMPLETES_FILE },
	{ 0 },
};

static const struct option_spec options[] = {
	{ .name = "dry-run", .letter = 'n', .kind = VALUE_FLAG,
	  .help = "say what would be copied; where TARGET-BOOK is there, try it and undo it" },
	{ .name = "compare", .kind = VALUE_FLAG,
	  .help = "copy nothing: say whether both are the same" },
	{ .name = "replace", .kind = VALUE_FLAG,
	  .help = "let TARGET-BOOK forget what it has; asks first" },
	{ .name = "localhost-as", .kind = VALUE_TEXT, .arg = "HOST", .completes = COMPLETES_HOST,
	  .help = "what is entered for localhost is HOST's in TARGET-BOOK" },
	OPTION_YES("do not ask"),
	{ 0 },
};
/* clang-format on */

struct books {
	struct session *from, *to;
};

static void books_cleanup(struct books *b)
{
	session_free(b->from);
	session_free(b->to);
}

static bool open_one(const char *book, const char *role, bool only_look, struct session **ret,
		     struct err *err)
{
	const struct session_options o = {
		.book = book, .named_by = role, .only_look = only_look, .follows_sudo = true
	};

	return session_open(&o, ret, err);
}

static bool open_books(struct run *r, struct books *b, struct err *err)
{
	if (run_text(r, "book"))
		return fail(err, ERR_INVALID,
			    "--book and copy do not go together: both books are "
			    "named as SOURCE-BOOK and TARGET-BOOK");
	return open_one(r->args[0], "SOURCE-BOOK", true, &b->from, err) &&
	       open_one(r->args[1], "TARGET-BOOK", run_has(r, "compare"), &b->to, err);
}

static bool check_options(const struct run *r, struct err *err)
{
	if (!run_has(r, "compare") || (!run_has(r, "replace") && !run_has(r, "dry-run")))
		return true;
	return fail(err, ERR_INVALID,
		    "--compare copies nothing: it goes with neither --replace "
		    "nor --dry-run");
}

/* Folded, beside the options. */
static bool take_host(struct run *r, struct err *err)
{
	const char *host = run_text(r, "localhost-as");
	char name[NAME_SIZE];

	return !host || (name_fold("host", host, name, err) &&
			 (json_put_text(r->own, "host-there", name) || fail_memory(err)));
}

/* ---- what was copied ---- */

static long long rows_of(const json_t *records, const char *kind)
{
	return json_int_of(records, kind, 0);
}

static void add_counts(struct text *t, const json_t *records)
{
	/* What a person calls them; the rest is the book's own. */
	static const struct {
		const char *kind, *words;
	} kinds[] = {
		{ "projects", "projects" },	  { "instances", "instances" },
		{ "blocks", "blocks" },		  { "reserved", "reserved ports" },
		{ "allocations", "ports" },	  { "checks", "health checks" },
		{ "events", "lines of history" },
	};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		text_addf(t, "%10lld  %s\n", rows_of(records, kinds[i].kind), kinds[i].words);
}

static void add_books(struct text *t, const json_t *answer)
{
	text_add(t, "from  ");
	screen_add(t, text_or(answer, "from", "?"), 0);
	text_add(t, "\nto    ");
	screen_add(t, text_or(answer, "to", "?"), 0);
	if (json_text_of(answer, "host"))
		text_addf(t, "\nhost  localhost is %s there", json_text_of(answer, "host"));
	text_add(t, "\n\n");
}

static void add_live(struct text *t, const json_t *answer)
{
	long long live = json_int_of(answer, "live", 0);
	long long all = rows_of(json_object_get(answer, "records"), "allocations");

	if (live != all)
		text_addf(t, "%10s  (%lld of the ports are released)\n", "", all - live);
}

static void add_dry_run(struct text *t, const json_t *answer)
{
	if (json_bool_of(answer, "tried")) {
		text_add(t, "\nAll of it was written, read again and compared, and then undone: "
			    "nothing is copied.\n");
		return;
	}
	text_addf(t, "\nNothing is copied. %s would be made.\n",
		  strcmp(text_or(answer, "made", ""), "the book") ? "The tables of that book"
								  : "That book");
}

static void add_replaced(struct text *t, const json_t *answer)
{
	const json_t *old = json_object_get(answer, "replaced");

	if (!json_is_object(old))
		return;
	text_addf(t, "%s: %lld projects, %lld ports, %lld lines of history.\n",
		  json_bool_of(answer, "dryRun") ? "What that book has would be forgotten"
						 : "What that book had is forgotten",
		  rows_of(old, "projects"), rows_of(old, "allocations"), rows_of(old, "events"));
}

static void add_next(struct text *t, const json_t *answer)
{
	text_add(t, "\nBoth books were read and compared, row by row: they are the same.\n"
		    "What is written to the first from now on is not in the second.\n\n"
		    "To use the second, say so in ~/.config/portbook/config.yaml or, for a machine,"
		    "\n/etc/portbook/config.yaml:\n  book: ");
	screen_add(t, text_or(answer, "to", "?"), 0);
	if (json_text_of(answer, "host"))
		text_addf(t, "\n  host: %s", json_text_of(answer, "host"));
	text_add(t, "\n");
}

static bool render_copy(struct run *r, const json_t *answer)
{
	struct text *t = &r->out.text;

	add_books(t, answer);
	add_counts(t, json_object_get(answer, "records"));
	add_live(t, answer);
	if (json_bool_of(answer, "dryRun"))
		add_dry_run(t, answer);
	else
		add_next(t, answer);
	add_replaced(t, answer);
	return true;
}

/* ---- whether they are the same ---- */

static void add_difference(struct text *t, const json_t *difference)
{
	text_addf(t, "only in %s  ",
		  !strcmp(text_or(difference, "in", ""), "from") ? "the first: " : "the second:");
	screen_add(t, text_or(difference, "row", "?"), 0);
	text_add(t, "\n");
}

static bool render_compare(struct run *r, const json_t *answer)
{
	const json_t *differences = json_object_get(answer, "differences"), *difference;
	long long count = json_int_of(answer, "differenceCount", 0);
	struct text *t = &r->out.text;
	size_t i;

	add_books(t, answer);
	if (json_bool_of(answer, "same")) {
		add_counts(t, json_object_get(answer, "records"));
		add_live(t, answer);
		text_add(t, "\nBoth books are the same, row by row.\n");
		return true;
	}
	json_array_foreach(differences, i, difference)
		add_difference(t, difference);
	if (count > (long long)json_array_size(differences))
		text_addf(t, "... and %lld more\n",
			  count - (long long)json_array_size(differences));
	text_addf(t, "\nThe books differ in %lld row%s.\n", count, count == 1 ? "" : "s");
	return true;
}

static bool render(struct run *r, const json_t *answer, struct err *err)
{
	(void)err;
	return run_has(r, "compare") ? render_compare(r, answer) : render_copy(r, answer);
}

/* ---- doing it ---- */

static bool copy(struct run *r, struct books *b, const struct copy_options *o, json_t **ret,
		 struct err *err)
{
	bool ok = session_copy(b->from, b->to, o, run_watch(r, "nothing was copied"), ret, err);

	watch_clear(&r->watch);
	return ok;
}

static bool compare(struct run *r, struct books *b, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	bool ok = session_compare(b->from, b->to, run_text(r, "host-there"),
				  run_watch(r, "they were not compared to the end"), &answer, err);

	watch_clear(&r->watch);
	if (ok && !json_bool_of(answer, "same"))
		r->status = err_exit_status(ERR_NOT_FREE);
	return ok && run_show(r, answer, err);
}

static bool fail_nobody_to_ask(struct err *err)
{
	fail(err, ERR_INVALID, "copy --replace asks first, and there is nobody to ask");
	return fail_hint(err, "portbook copy SOURCE-BOOK TARGET-BOOK --replace --yes; to see what "
			      "it would do: --dry-run");
}

/* `*ret` false: the person said no. */
static bool ask(struct run *r, struct books *b, bool *ret, struct err *err)
{
	const struct copy_options trial = { .dry_run = true,
					    .replace = true,
					    .host = run_text(r, "host-there") };
	CLEANUP(json_cleanup) json_t *answer = NULL;
	CLEANUP(piece_cleanup) struct piece question = { .of = &r->out.notes };

	*ret = true;
	if (!run_has(r, "replace") || run_has(r, "yes"))
		return true;
	if (!ask_is_possible(r))
		return fail_nobody_to_ask(err);
	if (!copy(r, b, &trial, &answer, err))
		return false;
	if (!json_is_object(json_object_get(answer, "replaced")))
		return true;
	/* At the question Ctrl-C ends the program, as ever. */
	watch_end(&r->watch);
	add_books(&question.text, answer);
	add_replaced(&question.text, answer);
	text_add(&question.text, "Let it be the copy?");
	*ret = ask_yes(r, text_str(&question.text));
	return true;
}

static bool copy_and_show(struct run *r, struct books *b, struct err *err)
{
	const struct copy_options o = { .dry_run = run_has(r, "dry-run"),
					.replace = run_has(r, "replace"),
					.host = run_text(r, "host-there") };
	CLEANUP(json_cleanup) json_t *answer = NULL;
	bool yes = true;

	if (!o.dry_run && !ask(r, b, &yes, err))
		return false;
	if (!yes) {
		output_note(&r->out, "nothing was copied");
		r->status = err_exit_status(ERR_NOT_FREE);
		return true;
	}
	return copy(r, b, &o, &answer, err) && run_show(r, answer, err);
}

static bool run(struct run *r, struct err *err)
{
	CLEANUP(books_cleanup) struct books b = { NULL, NULL };

	if (!check_options(r, err) || !take_host(r, err) || !open_books(r, &b, err))
		return false;
	return run_has(r, "compare") ? compare(r, &b, err) : copy_and_show(r, &b, err);
}

static const struct example examples[] = {
	{ "portbook copy book.db postgres://db.example.org/portbook",
	  "a team moves to a shared book" },
	{ "portbook copy postgres://db.example.org/portbook book.db", "and back, or as a backup" },
	{ "portbook copy --compare book.db postgres://db.example.org/portbook",
	  "was anything written to one of them since?" },
	{ NULL, NULL },
};

const struct command cmd_copy = {
	.name = "copy",
	.group = GROUP_FILES,
	.summary = "all of one book into another, of any kind",
	.text = "A book is a path or postgres://...; the copy has the same ids, numbers, ports, "
		"reservations, policy and history, so that undo goes on where it was. TARGET-BOOK "
		"has to be unused, or not there: it is made, its tables in a database, too, where "
		"the role may. Others may go on with SOURCE-BOOK: what is copied is its state at "
		"one moment.\n\n"
		"It is one transaction, and ends when both books were read and compared row by "
		"row. What is interrupted, or refused, leaves TARGET-BOOK as it was.",
	.examples = examples,
	.args = args,
	.min_args = 2,
	.options = options,
	.run = run,
	.render = render,
};
