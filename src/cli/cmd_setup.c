/* setup: what a book needs before it can be used, where that is more than nothing. */
#include <string.h>

#include "book/machine.h"
#include "book/shared.h"
#include "cli/cmd.h"
#include "cli/entry_text.h"
#include "cli/screen.h"

/* clang-format off */
static const struct option_spec options[] = {
	{ .name = "machine", .kind = VALUE_FLAG, .help = "one book for all users of this machine" },
	{ .name = "dry-run", .letter = 'n', .kind = VALUE_FLAG,
	  .help = "say what would be done; any user may ask" },
	{ 0 },
};
/* clang-format on */

static bool fail_own_book(struct err *err)
{
	fail(err, ERR_INVALID, "a book of your own needs no setup: the first get makes it");
	return fail_hint(err, "for one of all users of this machine: sudo portbook setup "
			      "--machine");
}

static bool check_machine(const struct run *r, struct err *err)
{
	return !run_text(r, "book") ||
	       fail(err, ERR_INVALID,
		    "--machine and --book do not go together: the machine's book "
		    "is " MACHINE_BOOK);
}

static void add_steps(struct text *t, const json_t *answer)
{
	bool would = json_bool_of(answer, "dryRun");
	const json_t *steps = json_object_get(answer, "steps"), *step;
	size_t i;

	json_array_foreach(steps, i, step) {
		const char *state = text_or(step, "state", "?");
		bool done = strcmp(state, "unchanged") != 0;

		screen_add(t, text_or(step, "what", "?"), 0);
		text_add(t, ": ");
		text_add(t, done && would ? "would be " : "");
		screen_add(t, done ? state : "is as it should be", 0);
		text_add(t, "\n");
	}
}

static void add_next(struct text *t, const json_t *answer)
{
	const char *user = json_text_of(answer, "user");
	const char *book = json_text_of(answer, "userBook");

	text_add(t, "\nAll users of this machine read it; members of the group " MACHINE_GROUP
		    " write in it:\n  sudo usermod -aG " MACHINE_GROUP " ");
	screen_add(t, user ? user : "NAME", 0);
	text_add(t, "\nA member has to log in again before that counts.\n");
	if (!book)
		return;
	text_add(t,
		 "\nYour own book stays as it is, and is no longer the one that is used. To move "
		 "it here,\nwhile this one is empty:\n  sudo portbook restore ");
	screen_add(t, book, 0);
	text_add(t, "\n");
}

/* Of a book in a database. */
static bool render_shared(struct run *r, const json_t *answer)
{
	struct text *t = &r->out.text;
	const char *state = text_or(answer, "state", "?");
	bool changed = strcmp(state, "unchanged") != 0;

	text_add(t, "the book ");
	screen_add(t, text_or(answer, "book", "?"), 0);
	text_add(t, ": ");
	if (changed && json_bool_of(answer, "dryRun"))
		text_add(t, "would be ");
	screen_add(t, changed ? state : "is as it should be", 0);
	text_add(t, "\n");
	return true;
}

static bool render(struct run *r, const json_t *answer, struct err *err)
{
	if (!run_has(r, "machine"))
		return render_shared(r, answer);
	add_steps(&r->out.text, answer);
	if (!json_bool_of(answer, "dryRun"))
		add_next(&r->out.text, answer);
	return true;
}

static bool set_up(struct run *r, json_t **ret, struct err *err)
{
	bool dry_run = run_has(r, "dry-run");

	if (run_has(r, "machine"))
		return check_machine(r, err) && machine_setup(dry_run, ret, err);
	if (!run_open(r, err))
		return false;
	return session_needs_setup(r->session) ? session_setup(r->session, dry_run, ret, err)
					       : fail_own_book(err);
}

static bool run(struct run *r, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;

	return set_up(r, &answer, err) && run_show(r, answer, err);
}

static const struct example examples[] = {
	{ "portbook setup --machine --dry-run", "what it would do" },
	{ "sudo portbook setup --machine", "do it; twice does no harm" },
	{ "portbook setup --book postgres://db.example.org/portbook",
	  "the book of several machines, in an empty database" },
	{ NULL, NULL },
};

const struct command cmd_setup = {
	.name = "setup",
	.group = GROUP_FILES,
	.summary = "one book for all users of a machine, or of several",
	.text = "With --machine, makes the group " MACHINE_GROUP ", the book " MACHINE_BOOK
		" and a line in /etc/portbook/config.yaml that names it. Everyone reads the book, "
		"members of the group write in it, and only root can replace the file. Users' own "
		"books are not touched.\n\n"
		"With a postgres:// book, instead, makes that book in the database, or brings it to "
		"what this portbook knows. That is for the owner of the database; any number may do "
		"it at once.",
	.examples = examples,
	.options = options,
	.run = run,
	.render = render,
};
