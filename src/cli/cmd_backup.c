/*
 * backup and restore: the book as a file.  Both work beside the book, on the machine that has it,
 * so they are no operations (book/copy.h).
 */
#include <stdio.h>
#include <string.h>

#include "book/copy.h"
#include "cli/ask.h"
#include "cli/cmd.h"
#include "cli/entry_options.h"
#include "cli/entry_text.h"
#include "cli/input.h"
#include "cli/piece.h"
#include "cli/screen.h"

static const struct arg_spec args[] = { { "FILE", VALUE_OWN, .completes = COMPLETES_FILE }, { 0 } };

static const char *file_of(const struct run *r)
{
	return run_text(r, "file");
}

/* A pipe has no name to give when all of it is there, and half a book is none. */
static bool fail_no_file(const struct run *r, struct err *err)
{
	fail(err, ERR_INVALID, "%s takes a file, not '%s'", r->command->name, r->args[0]);
	return fail_hint(err, "portbook %s FILE", r->command->name);
}

/* Absolute, as the history names it; kept beside the options. */
static bool find_file(struct run *r, struct err *err)
{
	char path[PATH_MAX];

	if (!r->args[0][0] || !strcmp(r->args[0], "-"))
		return fail_no_file(r, err);
	return path_absolute(r->args[0], path, err) &&
	       (json_put_text(r->own, "file", path) || fail_memory(err));
}

static void add_path(struct text *t, const char *path)
{
	screen_add(t, path, 0);
}

static void add_size(struct text *t, long long bytes)
{
	static const char *const units[] = { "bytes", "kB", "MB", "GB" };
	double size = (double)bytes;
	unsigned i = 0;

	for (; size >= 1000 && i + 1 < ARRAY_LEN(units); i++)
		size /= 1000;
	text_addf(t, "%.*f %s", i && size < 10 ? 1 : 0, size, units[i]);
}

static void add_count(struct text *t, long long n, const char *one, const char *many)
{
	text_addf(t, "%lld %s", n, n == 1 ? one : many);
}

/* --- backup */

static const struct option_spec backup_options[] = {
	{ .name = "force", .letter = 'f', .kind = VALUE_FLAG, .help = "replace FILE if it exists" },
	{ 0 },
};

static bool backup_render(struct run *r, const json_t *answer, struct err *err)
{
	struct text *t = &r->out.text;

	add_path(t, text_or(answer, "file", "?"));
	text_add(t, ": ");
	add_count(t, json_int_of(answer, "entries", 0), "entry", "entries");
	text_add(t, ", ");
	add_size(t, json_int_of(answer, "bytes", 0));
	text_add(t, "\n");
	return true;
}

static bool backup_run(struct run *r, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	bool ok = find_file(r, err) && run_open(r, err) &&
		  session_backup(r->session, file_of(r), run_has(r, "force"),
				 run_watch(r, "there is no backup"), &answer, err);

	watch_clear(&r->watch);
	if (ok)
		return run_show(r, answer, err);
	return err->code == ERR_TAKEN ? fail_hint(err, "another name, or --force to replace it")
				      : false;
}

static const struct example backup_examples[] = {
	{ "portbook backup ~/ports.db", "the book as it is now" },
	{ "portbook backup --force /mnt/backup/ports.db", "each night over the last one" },
	{ NULL, NULL },
};

const struct command cmd_backup = {
	.name = "backup",
	.group = GROUP_FILES,
	.summary = "copy the book to a file, while others write",
	.text = "The file is the book as it was at one moment, with its history, for you alone "
		"(mode 0600). It appears under its name when all of it is on the disk. portbook "
		"restore makes it the book again; with --dry-run it only checks it.",
	.examples = backup_examples,
	.args = args,
	.min_args = 1,
	.options = backup_options,
	.run = backup_run,
	.render = backup_render,
};

/* --- restore */

static const struct option_spec restore_options[] = {
	{ .name = "dry-run",
	  .letter = 'n',
	  .kind = VALUE_FLAG,
	  .help = "check the file and say what would change" },
	OPTION_YES("do not ask"),
	{ 0 },
};

static void add_tally(struct text *t, const json_t *tally)
{
	add_count(t, json_int_of(tally, "entries", 0), "entry", "entries");
	text_add(t, ", ");
	add_count(t, json_int_of(tally, "projects", 0), "project", "projects");
	text_add(t, ", ");
	add_count(t, json_int_of(tally, "events", 0), "event", "events");
	text_add(t, "\n");
}

/* The book and the file, one below the other. */
static void add_comparison(struct text *t, const json_t *answer)
{
	const json_t *before = json_object_get(answer, "before");
	long long removed = json_int_of(answer, "removed", 0);
	long long added = json_int_of(answer, "added", 0);

	text_add(t, "book  ");
	add_path(t, text_or(answer, "book", "?"));
	text_add(t, ": ");
	if (json_is_object(before))
		add_tally(t, before);
	else
		text_add(t, json_bool_of(answer, "damaged") ? "damaged\n" : "none yet\n");
	text_add(t, "file  ");
	add_path(t, text_or(answer, "file", "?"));
	text_add(t, ": ");
	add_tally(t, json_object_get(answer, "after"));
	if (!json_is_object(before))
		return;
	if (!removed && !added) {
		text_add(t, "Both have the same ports entered.\n");
		return;
	}
	add_count(t, removed, "entry goes", "entries go");
	text_addf(t, ", %lld come%s back\n", added, added == 1 ? "s" : "");
}

static bool restore(struct run *r, bool dry_run, json_t **ret, struct err *err)
{
	bool ok = run_open(r, err) &&
		  session_restore(r->session, file_of(r), dry_run,
				  run_watch(r, "the book is as it was"), ret, err);

	watch_clear(&r->watch);
	return ok;
}

/* `*ret` false: the person said no. */
static bool ask(struct run *r, bool *ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	CLEANUP(piece_cleanup) struct piece question = { .of = &r->out.notes };

	*ret = true;
	if (run_has(r, "yes"))
		return true;
	if (!ask_is_possible(r)) {
		fail(err, ERR_INVALID, "restore asks first, and there is nobody to ask");
		return fail_hint(err, "portbook restore FILE --yes; to see what it would change: "
				      "--dry-run");
	}
	if (!restore(r, true, &answer, err))
		return false;
	/* At the question Ctrl-C ends the program, as ever. */
	watch_end(&r->watch);
	add_comparison(&question.text, answer);
	text_add(&question.text, "Let the book be what is in the file?");
	*ret = ask_yes(r, text_str(&question.text));
	return true;
}

static bool restore_render(struct run *r, const json_t *answer, struct err *err)
{
	const char *kept = json_text_of(answer, "kept");
	struct text *t = &r->out.text;

	if (json_bool_of(answer, "dryRun")) {
		add_comparison(t, answer);
		return true;
	}
	text_add(t, "the book is restored from ");
	add_path(t, text_or(answer, "file", "?"));
	text_add(t, ": ");
	add_tally(t, json_object_get(answer, "after"));
	if (kept) {
		text_add(t, "what it was is kept in ");
		add_path(t, kept);
		text_add(t, "\n");
	}
	return true;
}

static bool restore_run(struct run *r, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	bool dry_run = run_has(r, "dry-run"), yes = true;

	if (!find_file(r, err) || (!dry_run && !ask(r, &yes, err)))
		return false;
	if (!yes) {
		output_note(&r->out, "nothing was changed");
		r->status = err_exit_status(ERR_NOT_FREE);
		return true;
	}
	return restore(r, dry_run, &answer, err) && run_show(r, answer, err);
}

static const struct example restore_examples[] = {
	{ "portbook restore ~/ports.db --dry-run", "check it, and see what would change" },
	{ "portbook restore ~/ports.db", "asks, then does it" },
	{ NULL, NULL },
};

const struct command cmd_restore = {
	.name = "restore",
	.group = GROUP_FILES,
	.summary = "let the book be what is in a backup",
	.text = "The file is checked first; one that is damaged, no book, or of a newer portbook "
		"is refused, an older one is brought up to date. The book is replaced all at once, "
		"also while others have it open. What it was is kept beside it. portbook history "
		"then says who restored what.",
	.examples = restore_examples,
	.args = args,
	.min_args = 1,
	.options = restore_options,
	.run = restore_run,
	.render = restore_render,
};
