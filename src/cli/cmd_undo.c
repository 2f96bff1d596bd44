/*
 * What would be undone is looked at first and asked about; then exactly that change is undone, so
 * that one which another has made meanwhile is not.
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
	OPTION_DRY_RUN,
	OPTION_YES("do not ask before"),
	{ 0 },
};
/* clang-format on */

/* Rationale: more than a few are not read before the question is answered. */
#define SHOWN_BEFORE_QUESTION 12

/* What a row is, where its name alone does not say it: by the start of what had made it. */
static const char *kind_of(const char *operation)
{
	static const struct {
		const char *start, *kind;
	} kinds[] = {
		{ "add-block", "a block of " },
		{ "instance-", "the instance " },
		{ "project-", "the project " },
	};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (!strncmp(operation, kinds[i].start, strlen(kinds[i].start)))
			return kinds[i].kind;
	return "";
}

static void add_row(struct text *t, const json_t *row)
{
	long long port = json_int_of(row, "port", 0);

	text_add(t, "  ");
	text_add(t, kind_of(text_or(row, "operation", "")));
	screen_add(t, text_or(row, "subject", ""), 0);
	if (port)
		text_addf(t, " (port %lld)", port);
	text_add(t, " ");
	screen_add(t, text_or(row, "action", ""), 0);
	text_add(t, "\n");
}

/* "release by eva, 2026-11-21 10:30 UTC", and what becomes of each row. */
static void add_change(struct text *t, const json_t *answer, size_t most)
{
	const json_t *rows = json_object_get(answer, "rows"), *row;
	size_t i, count = json_array_size(rows);
	CLEANUP(text_release) struct text at = { 0 };

	screen_add(t, text_or(answer, "operation", "?"), 0);
	text_add(t, " by ");
	screen_add(t, text_or(answer, "actor", "somebody"), 0);
	time_add_short(&at, text_or(answer, "at", ""));
	text_add(t, ", ");
	screen_add(t, text_str(&at), 0);
	text_add(t, " UTC:\n");
	json_array_foreach(rows, i, row)
		if (i < most)
			add_row(t, row);
	if (count > most)
		text_addf(t, "  ... and %zu more\n", count - most);
}

/* `*ret` NULL: the person said no. */
static bool ask_first(struct run *r, json_t **ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *trial = json_pack("{s:b}", "dryRun", 1);
	CLEANUP(json_cleanup) json_t *answer = NULL;
	CLEANUP(piece_cleanup) struct piece question = { .of = &r->out.notes };

	if (!trial)
		return fail_memory(err);
	if (!ask_is_possible(r)) {
		fail(err, ERR_INVALID, "undo asks first, and there is nobody to ask");
		return fail_hint(err, "look at it with: portbook undo --dry-run; then: "
				      "portbook undo --yes");
	}
	if (!run_call(r, "undo", trial, &answer, err))
		return false;
	text_add(&question.text, "The last change is: ");
	add_change(&question.text, answer, SHOWN_BEFORE_QUESTION);
	text_add(&question.text, "Undo it?");
	*ret = ask_yes(r, text_str(&question.text)) ? json_incref(json_object_get(answer, "change"))
						    : NULL;
	return true;
}

static bool undo_run(struct run *r, struct err *err)
{
	json_t *change = NULL;

	if (json_bool_of(r->input, "dryRun") || run_has(r, "yes"))
		return run_plain(r, err);
	if (!ask_first(r, &change, err))
		return false;
	if (!change)
		return fail(err, ERR_NOT_FREE, "nothing is undone");
	return json_put(r->input, "change", change) ? run_plain(r, err) : fail_memory(err);
}

static bool undo_render(struct run *r, const json_t *answer, struct err *err)
{
	(void)err;
	text_add(&r->out.text, json_bool_of(answer, "dryRun") ? "would undo " : "undone: ");
	add_change(&r->out.text, answer, SIZE_MAX);
	return true;
}

static const struct example examples[] = {
	{ "portbook undo --dry-run", "what the last change was" },
	{ "portbook cleanup --yes && portbook undo --yes", "and all is back" },
	{ NULL, NULL },
};

const struct command cmd_undo = {
	.name = "undo",
	.group = GROUP_PORTS,
	.summary = "reverse the last change of the book",
	.text = "Whoever made it, and all of it: what was released is in use again, what was entered "
		"is released, what was changed says what it said before. Asked again, it goes on "
		"with the change before. It asks first.\n\n"
		"What is held by another by now cannot be taken back, and neither can a change of "
		"the policy, the removal of a project, or a restore: that is said, and nothing is "
		"changed.",
	.examples = examples,
	.options = options,
	.operation = "undo",
	.run = undo_run,
	.render = undo_render,
};
