#include "cli/guard_system.h"

#include <string.h>

#include "cli/cmd.h"
#include "cli/entry_text.h"
#include "cli/helper.h"
#include "cli/outage_text.h"
#include "cli/rows.h"
#include "cli/screen.h"
#include "enforce/system_guard.h"

/* Rationale: the program, a book with its name, four options, and the end. */
#define WORDS_MAX 8

static void add(char *words[static WORDS_MAX], unsigned *count, const char *word)
{
	/* execv takes what it does not change as if it did. */
	words[(*count)++] = (char *)(uintptr_t)word;
}

bool guard_system_start(struct run *r, struct err *err)
{
	char *words[WORDS_MAX] = { NULL };
	unsigned n = 0;

	add(words, &n, "portbook-guard");
	if (run_text(r, "book")) {
		add(words, &n, "--book");
		add(words, &n, run_text(r, "book"));
	}
	if (run_has(r, "dry-run"))
		add(words, &n, "--dry-run");
	if (run_has(r, "detach"))
		add(words, &n, "--detach");
	if (r->out.json)
		add(words, &n, "--json");
	if (r->out.quiet)
		add(words, &n, "--quiet");
	helper_become(words[0], words, err);
	if (err->code != ERR_NOT_FOUND)
		return false;
	fail(err, ERR_NOT_PERMITTED,
	     "this portbook has no part for the kernel: the program 'portbook-guard' is missing");
	return fail_hint(err,
			 "it is built where clang and libbpf-dev are installed; portbook guard "
			 "holds your own ports without");
}

/* --- status */

static void show_state(const json_t *row, struct text *t)
{
	text_add(t, !strcmp(text_or(row, "state", "?"), "kept") ? "kept" : "not kept");
}

static void show_by(const json_t *row, struct text *t)
{
	screen_add(t, text_or(row, "allocatedBy", ""), 0);
}

/* clang-format off */
static const struct column columns[] = {
	{ .title = "PORT", .field = "port", .kind = COLUMN_NUMBER },
	{ .title = "PROTO", .field = "protocol", .importance = 3, .usual = "tcp" },
	{ .title = "SERVICE", .field = "name", .least = 12 },
	{ .title = "STATE", .field = "state", .show = show_state },
	{ .title = "ENTERED BY", .field = "allocatedBy", .importance = 2, .show = show_by },
	{ .title = "UNIT", .field = "unit", .importance = 3, .usual = "" },
	{ .title = "WHY", .field = "reason", .importance = 1, .least = 20, .usual = "" },
	{ 0 },
};
/* clang-format on */

static void show_head(struct run *r, const json_t *s)
{
	struct text *t = &r->out.text;

	text_addf(t, "guard of this machine, pid %lld, since ",
		  (long long)json_int_of(s, "guardPid", 0));
	time_add_short(t, text_or(s, "since", "?"));
	text_addf(t, " UTC: %lld kept%s, %lld not kept, %lld refused\n",
		  (long long)json_int_of(s, "kept", 0),
		  json_bool_of(s, "dryRun") ? " (only reported)" : "",
		  (long long)json_int_of(s, "notKept", 0), (long long)json_int_of(s, "refused", 0));
	outage_add_status(t, s);
}

bool guard_system_status(struct run *r, struct err *err)
{
	CLEANUP(json_cleanup) json_t *status = NULL;
	const char *word = run_text(r, "format");

	if (!system_guard_status(&status, err))
		return err->code == ERR_NOT_FOUND
			       ? fail_hint(err,
					   "start one as root: portbook guard --system; what one "
					   "has left in the kernel ends with --detach, too")
			       : false;
	if (r->out.json || (word && !strcmp(word, "json")))
		return output_json(&r->out, status, err);
	if (!word || !strcmp(word, "table"))
		show_head(r, status);
	return rows_show(r, json_object_get(status, "ports"), columns, "nothing is entered here",
			 err);
}
