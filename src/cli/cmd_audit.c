#include <errno.h>
#include <string.h>
#include <time.h>

#include "cli/audit_text.h"
#include "cli/cmd.h"
#include "cli/entry_options.h"
#include "cli/entry_text.h"
#include "cli/systemctl.h"

/* clang-format off */
static const struct option_spec options[] = {
	{ .name = "project", .letter = 'p', .kind = VALUE_TEXT, .arg = "PROJECT",
	  .field = "projectName", .completes = COMPLETES_PROJECT_NAME,
	  .help = "only this project's ports, and what is in its block" },
	{ .name = "fix-hint", .kind = VALUE_FLAG, .field = "fixHint",
	  .help = "say for each finding what to do about it" },
	{ .name = "restart", .kind = VALUE_FLAG,
	  .help = "restart the systemd unit of what is down, never a squatted port's" },
	{ .name = "watch", .letter = 'w', .kind = VALUE_INT, .arg = "SECONDS", .min = 1,
	  .max = 86400, .help = "look again and again, and say what changes" },
	OPTION_DRY_RUN,
	{ 0 },
};
/* clang-format on */

static bool is_of_verdict(const json_t *row, const char *verdict)
{
	return !strcmp(text_or(row, "verdict", ""), verdict);
}

/* Restarting. */

static bool has_unit(const json_t *rows, const char *verdict, const char *unit)
{
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
		if (is_of_verdict(row, verdict) && !strcmp(text_or(row, "unit", ""), unit))
			return true;
	return false;
}

static json_t *restart(const json_t *row)
{
	const char *unit = text_or(row, "unit", "");
	struct err why = { 0 };
	bool ok = systemctl_run("restart", unit, &why);
	json_t *o = json_object();

	if (json_put_text(o, "unit", unit) &&
	    json_put_int(o, "port", json_int_of(row, "port", 0)) &&
	    json_put_text(o, "expected", text_or(row, "expected", "?")) &&
	    json_put_bool(o, "restarted", ok) && json_put_text(o, "message", ok ? NULL : why.text))
		return o;
	json_decref(o);
	return NULL;
}

/*
 * Each unit once.  Not one that has another port which is squatted: it would
 * come up broken.  `before` NULL: the first look; else only what has gone down since.
 */
static bool restart_down(const json_t *before, json_t *answer, struct err *err)
{
	const json_t *rows = json_object_get(answer, "conflicts"), *row;
	const json_t *known = json_object_get(before, "conflicts");
	json_t *done = json_array();
	size_t i;

	if (!json_put(answer, "restarted", done))
		return fail_memory(err);
	json_array_foreach(rows, i, row) {
		const char *unit = json_text_of(row, "unit");
		bool again = false;

		for (size_t n = 0; unit && n < json_array_size(done); n++)
			again = again ||
				!strcmp(text_or(json_array_get(done, n), "unit", ""), unit);
		if (!unit || again || !is_of_verdict(row, "down") ||
		    has_unit(rows, "squatted", unit) || has_unit(known, "down", unit))
			continue;
		if (!json_append(done, restart(row)))
			return fail_memory(err);
	}
	return true;
}

static void add_restarted(struct run *r, const json_t *answer)
{
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(answer, "restarted"), i, row) {
		const char *unit = text_or(row, "unit", "?"), *of = text_or(row, "expected", "?");
		long long port = json_int_of(row, "port", 0);

		if (json_bool_of(row, "restarted"))
			output_note(&r->out, "restarted %s, for %s (%lld)", unit, of, port);
		else
			output_note(&r->out, "could not restart %s, for %s (%lld): %s", unit, of,
				    port, text_or(row, "message", "?"));
	}
	if (json_is_array(json_object_get(answer, "restarted")) && !i &&
	    json_int_of(json_object_get(answer, "summary"), "notRunning", 0))
		output_note(&r->out, "nothing that is down has a unit to restart");
}

/* Looking. */

/* Exit status 1: something is squatted or down. */
static void judge(struct run *r, const json_t *answer)
{
	r->status = json_array_size(json_object_get(answer, "conflicts")) > 0;
}

static bool look(struct run *r, const json_t *before, json_t **ret, struct err *err)
{
	if (!run_call(r, r->command->operation, r->input, ret, err))
		return false;
	judge(r, *ret);
	return !run_has(r, "restart") || json_bool_of(r->input, "dryRun") ||
	       restart_down(before, *ret, err);
}

/* The first look is told whole, later ones by what has changed. */
static bool say(struct run *r, const json_t *before, const json_t *answer, struct err *err)
{
	if (!before || r->out.json)
		return run_show(r, answer, err) && output_flush(&r->out, err);
	audit_text_add_changes(&r->out.text, before, answer);
	if (json_array_size(json_object_get(answer, "restarted")))
		add_restarted(r, answer);
	return (text_ok(&r->out.text) || fail_memory(err)) && output_flush(&r->out, err);
}

static void wait_until(struct timespec *when, int64_t seconds)
{
	when->tv_sec += seconds;
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, when, NULL) == EINTR)
		;
}

/* Until a signal ends the program: between two looks nothing is open. */
static bool watch(struct run *r, int64_t seconds, struct err *err)
{
	CLEANUP(json_cleanup) json_t *before = NULL;
	struct timespec when;

	clock_gettime(CLOCK_MONOTONIC, &when);
	for (;;) {
		CLEANUP(json_cleanup) json_t *answer = NULL;

		if (!look(r, before, &answer, err) || !say(r, before, answer, err))
			return false;
		json_decref(before);
		before = json_incref(answer);
		wait_until(&when, seconds);
	}
}

static bool audit_run(struct run *r, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	int64_t seconds = json_int_of(r->own, "watch", 0);

	if (seconds)
		return watch(r, seconds, err);
	return look(r, NULL, &answer, err) && run_show(r, answer, err);
}

static bool audit_render(struct run *r, const json_t *answer, struct err *err)
{
	add_restarted(r, answer);
	return audit_text_add(r, answer, err);
}

static const struct example examples[] = {
	{ "portbook audit", "is everything there that should be?" },
	{ "portbook audit --project consilio --fix-hint", "and what to do where it is not" },
	{ "portbook audit --json | jq .summary.healthPercentage", "for a monitor" },
	{ "portbook audit --watch 10 --restart", "units that go down are restarted" },
	{ NULL, NULL },
};

const struct command cmd_audit = {
	.name = "audit",
	.group = GROUP_LOOK,
	.summary = "the book held against what really listens",
	.text = "Shows every entry whose owner does not listen: it is down, or squatted, if there is "
		"evidence that somebody else has its port; and what listens inside the book's "
		"ranges and is entered nowhere. No port is touched. What was seen is noted: "
		"'portbook history --health' shows it.\n\n"
		"Exit status 0 if nothing is squatted or down, else 1.\n\n"
		"With --watch the first report is whole, and later ones say what has changed; with "
		"--json each look is a line. --restart calls systemctl once for a unit that has gone "
		"down.",
	.examples = examples,
	.options = options,
	.operation = "audit",
	.sends = SENDS_NO_OTHER_HOST,
	.run = audit_run,
	.render = audit_render,
};
