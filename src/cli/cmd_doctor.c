/* doctor: is all well with the book?  Every finding with its remedy. */
#include <string.h>

#include "book/doctor.h"
#include "cli/cmd.h"
#include "cli/entry_text.h"
#include "cli/screen.h"

/* Rationale: more of them say no more; --json has all. */
#define DETAILS_SHOWN 10

/* "warning  ephemeral  ", and below it as much room. */
#define SEVERITY_WIDTH 9
#define CHECK_WIDTH    11
#define INDENT	       "                    "

static const struct option_spec options[] = {
	{ .name = "sysctl",
	  .kind = VALUE_FLAG,
	  .help = "print only the line that protects ports from outgoing connections" },
	{ 0 },
};

static const struct severity_style {
	const char *severity;
	enum style style;
} styles[] = {
	{ "ok", STYLE_GOOD },
	{ "note", STYLE_BOLD },
	{ "warning", STYLE_WARN },
	{ "error", STYLE_BAD },
};

static enum style style_of(const char *severity)
{
	for (size_t i = 0; i < ARRAY_LEN(styles); i++)
		if (!strcmp(styles[i].severity, severity))
			return styles[i].style;
	return STYLE_PLAIN;
}

static void add_spaces(struct text *t, size_t shown, size_t wanted)
{
	text_addf(t, "%*s", (int)(shown < wanted ? wanted - shown : 1), "");
}

static void add_head(struct run *r, const char *severity, const char *check)
{
	struct text *t = &r->out.text;

	output_styled(&r->out, style_of(severity), severity);
	add_spaces(t, strlen(severity), SEVERITY_WIDTH);
	add_spaces(t, screen_add(t, check, 0), CHECK_WIDTH);
}

static void add_details(struct text *t, const json_t *details)
{
	size_t n = json_array_size(details);

	for (size_t i = 0; i < n && i < DETAILS_SHOWN; i++) {
		const char *line = json_string_value(json_array_get(details, i));

		text_add(t, INDENT);
		screen_add(t, line ? line : "?", 0);
		text_add(t, "\n");
	}
	if (n > DETAILS_SHOWN)
		text_addf(t, INDENT "... and %zu more: --json has all\n", n - DETAILS_SHOWN);
}

static void add_check(struct run *r, const json_t *check)
{
	const char *remedy = json_text_of(check, "remedy");
	struct text *t = &r->out.text;

	add_head(r, text_or(check, "severity", "?"), text_or(check, "check", "?"));
	screen_add(t, text_or(check, "message", "?"), 0);
	text_add(t, "\n");
	add_details(t, json_object_get(check, "details"));
	if (!remedy)
		return;
	text_add(t, INDENT "do: ");
	screen_add(t, remedy, 0);
	text_add(t, "\n");
}

static void add_count(struct text *t, long long n, const char *what)
{
	if (n)
		text_addf(t, "%lld %s%s", n, what, n == 1 ? "" : "s");
	else
		text_addf(t, "no %s", what);
}

static bool render(struct run *r, const json_t *answer, struct err *err)
{
	long long errors = json_int_of(answer, "errors", 0);
	long long warnings = json_int_of(answer, "warnings", 0);
	const json_t *check;
	size_t i;

	json_array_foreach(json_object_get(answer, "checks"), i, check)
		add_check(r, check);
	text_add(&r->out.text, "\n");
	if (!errors && !warnings) {
		text_add(&r->out.text, "All is well.\n");
		return true;
	}
	add_count(&r->out.text, errors, "error");
	text_add(&r->out.text, ", ");
	add_count(&r->out.text, warnings, "warning");
	text_add(&r->out.text, "\n");
	return true;
}

/* Nothing came so far as to know: why is the last that was found. */
static bool fail_unknown(const json_t *answer, struct err *err)
{
	const json_t *checks = json_object_get(answer, "checks");
	const json_t *last = json_array_get(checks, json_array_size(checks) - 1);

	fail(err, ERR_BOOK, "%.900s", text_or(last, "message", "the book cannot be had"));
	return fail_hint(err, "%.400s", text_or(last, "remedy", "portbook doctor"));
}

static bool show_sysctl(struct run *r, const json_t *answer, struct err *err)
{
	const json_t *line = json_object_get(answer, "sysctl");

	if (!line)
		return fail_unknown(answer, err);
	if (json_is_string(line))
		text_addf(&r->out.text, "%s\n", json_string_value(line));
	else
		output_note(&r->out, "no port that is entered needs it");
	return true;
}

static bool run(struct run *r, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	bool ok;

	r->only_look = true;
	ok = run_open(r, err) && session_doctor(r->session, r->input,
						run_watch(r, "nothing was changed"), &answer, err);
	watch_clear(&r->watch);
	if (!ok)
		return false;
	if (run_has(r, "sysctl") && !r->out.json)
		return show_sysctl(r, answer, err);
	r->status = json_int_of(answer, "errors", 0) ? err_exit_status(ERR_NOT_FREE) : 0;
	return run_show(r, answer, err);
}

static const struct example examples[] = {
	{ "portbook doctor", "is all well, and if not, what to do" },
	{ "portbook doctor --sysctl | sudo tee /etc/sysctl.d/60-portbook.conf",
	  "keep the kernel off the ports that are entered" },
	{ NULL, NULL },
};

const struct command cmd_doctor = {
	.name = "doctor",
	.group = GROUP_FILES,
	.summary = "is all well with the book, and what to do if not",
	.text = "Looks whether the book can be had and its file is sound, at its policy, at ports "
		"that lie in no range or where the kernel puts outgoing connections, at projects "
		"with one path, and at the clock. Exit status 1 if there are errors. Nothing is "
		"changed.",
	.examples = examples,
	.options = options,
	.operation = "doctor",
	.sends = SENDS_HOST,
	.run = run,
	.render = render,
};
