/* guard: holds the ports of services that are down; enforce/guard.h. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/notify.h"
#include "book/session.h"
#include "cli/cmd.h"
#include "cli/entry_text.h"
#include "cli/guard_system.h"
#include "cli/guarding.h"
#include "cli/outage_text.h"
#include "cli/rows.h"
#include "cli/screen.h"
#include "enforce/guard_client.h"

static const char *const verbs[] = { "status", NULL };
static const struct arg_spec args[] = { { "status", VALUE_OWN, .choices = verbs }, { 0 } };

/* clang-format off */
static const struct option_spec options[] = {
	{ .name = "defaults", .kind = VALUE_FLAG,
	  .help = "also hold ports that programs start on unasked, while nobody owns them" },
	{ .name = "log", .kind = VALUE_FLAG,
	  .help = "say what becomes of each port, and who asked for one that is another's" },
	{ .name = "system", .kind = VALUE_FLAG,
	  .help = "as root: keep all entered ports for their owners, whoever asks for them" },
	{ .name = "dry-run", .kind = VALUE_FLAG,
	  .help = "with --system: refuse nobody, say who would be" },
	{ .name = "detach", .kind = VALUE_FLAG,
	  .help = "with --system: have the kernel forget what such a guard has left there" },
	OPTION_FORMAT,
	{ 0 },
};
/* clang-format on */

/* While it runs: each line at once. Nobody may read them, which is no reason to end. */

struct guarding {
	struct run *run;
};

static void flush(struct run *r)
{
	struct err none = { 0 };

	(void)!output_flush(&r->out, &none);
	text_clear(&r->out.text);
}

static void ready_json(struct run *r, const struct guard_counts *c)
{
	CLEANUP(json_cleanup)
	json_t *said = json_pack("{s:b, s:i, s:i, s:i, s:i, s:i, s:I}", "success", 1, "held",
				 (int)c->held, "inUse", (int)c->in_use, "notHeld", (int)c->left,
				 "limited", (int)c->limited, "limit", (int)c->limit, "lookUs",
				 (json_int_t)c->look_us);

	if (said)
		text_add_json(&r->out.text, said, JSON_COMPACT);
	text_add(&r->out.text, "\n");
}

static void ready_text(struct run *r, const struct guard_counts *c)
{
	text_addf(&r->out.text, "%u held, %u in use, %u not held", c->held, c->in_use, c->left);
	text_add(&r->out.text, c->left ? ": portbook guard status says why\n" : "\n");
	if (c->limited)
		output_note(
			&r->out,
			"%u of them for want of open files: with RLIMIT_NOFILE as it is at most "
			"%u ports can be held (ulimit -n; LimitNOFILE= of a unit)",
			c->limited, c->limit);
}

static void ready(void *arg, const struct guard_counts *counts)
{
	struct guarding *g = arg;

	if (g->run->out.json)
		ready_json(g->run, counts);
	else if (!g->run->out.quiet)
		ready_text(g->run, counts);
	flush(g->run);
	notify_ready();
}

static void news_json(struct run *r, const struct guard_news *n, const char *at)
{
	CLEANUP(json_cleanup)
	json_t *said = json_pack("{s:s, s:s, s:i, s:s, s:s, s:s?, s:i, s:s?}", "at", at, "event",
				 guard_event_name(n->event), "port", (int)n->port, "protocol",
				 n->protocol == PROTO_UDP ? "udp" : "tcp", "name", n->name, "who",
				 n->who, "pid", (int)n->pid, "why", n->why);

	if (said)
		text_add_json(&r->out.text, said, JSON_COMPACT);
}

/* "3100 (shop/web)", "5353/udp" */
static void add_port(struct text *t, const struct guard_news *n)
{
	text_addf(t, "%u%s", n->port, n->protocol == PROTO_UDP ? "/udp" : "");
	if (*n->name) {
		text_add(t, " (");
		screen_add(t, n->name, 0);
		text_add(t, ")");
	}
}

static void add_who(struct text *t, const struct guard_news *n)
{
	screen_add(t, n->who && *n->who ? n->who : "somebody", 0);
	if (n->pid)
		text_addf(t, " (pid %d)", (int)n->pid);
}

static void news_text(struct text *t, const struct guard_news *n)
{
	switch (n->event) {
	case GUARD_HOLDS:
		text_add(t, "holds ");
		add_port(t, n);
		return;
	case GUARD_GAVE:
	case GUARD_YIELDED:
		text_add(t, n->event == GUARD_GAVE ? "gave " : "left ");
		add_port(t, n);
		text_add(t, n->event == GUARD_GAVE ? " to " : " to its owner, as told by ");
		add_who(t, n);
		return;
	case GUARD_SEES:
		text_add(t, "sees that somebody has ");
		add_port(t, n);
		return;
	case GUARD_LEFT:
		text_add(t, "does not hold ");
		add_port(t, n);
		text_add(t, ": ");
		text_add(t, n->why ? n->why : "it is not entered any more, or for somebody else");
		return;
	case GUARD_TRIED:
		add_who(t, n);
		text_add(t, " asked for ");
		add_port(t, n);
		return;
	}
}

static void tell(void *arg, const struct guard_news *news)
{
	struct guarding *g = arg;
	char at[TIME_TEXT_SIZE];

	time_format(clock_now_ms(), at);
	if (g->run->out.json) {
		news_json(g->run, news, at);
	} else {
		text_addf(&g->run->out.text, "%.10s %.8s ", at, at + 11);
		news_text(&g->run->out.text, news);
	}
	text_add(&g->run->out.text, "\n");
	flush(g->run);
}

static void outage(void *arg, const struct outage *o)
{
	struct guarding *g = arg;

	outage_add_line(&g->run->out.text, o, clock_now_ms(), g->run->out.json);
	flush(g->run);
}

static bool guard_start(struct run *r, struct err *err)
{
	struct guarding guarding = { .run = r };
	struct guard_options o = {
		.unasked = run_has(r, "defaults"),
		.partner = -1,
		.ready = ready,
		.tell = run_has(r, "log") ? tell : NULL,
		.outage = outage,
		.arg = &guarding,
	};
	const struct guarded_book book = { run_book(r), r->out.quiet || r->out.json };

	return run_open(r, err) && guarding_run(r->session, &book, &o, err);
}

/* --- status */

static void show_name(const json_t *row, struct text *t)
{
	screen_add(t, text_or(row, "name", "(nobody's)"), 0);
}

static void show_state(const json_t *row, struct text *t)
{
	const char *state = text_or(row, "state", "?");

	text_add(t, !strcmp(state, "not_held")				  ? "not held"
		    : !strcmp(state, "in_use") || !strcmp(state, "given") ? "in use"
									  : state);
}

static void show_who(const json_t *row, struct text *t)
{
	long long pid = json_int_of(row, "pid", 0);

	screen_add(t, text_or(row, "to", text_or(row, "reason", "")), 0);
	if (pid)
		text_addf(t, " (pid %lld)", pid);
}

/* clang-format off */
static const struct column columns[] = {
	{ .title = "PORT", .field = "port", .kind = COLUMN_NUMBER },
	{ .title = "PROTO", .field = "protocol", .importance = 3, .usual = "tcp" },
	{ .title = "SERVICE", .field = "name", .least = 12, .show = show_name },
	{ .title = "STATE", .field = "state", .show = show_state },
	{ .title = "SINCE (UTC)", .field = "since", .kind = COLUMN_TIME, .importance = 2 },
	{ .title = "STARTED BY", .field = "startedBy", .importance = 4, .usual = "" },
	{ .title = "BY", .field = "reason", .importance = 1, .least = 20, .usual = "",
	  .show = show_who },
	{ .title = "TO", .field = "to", .for_programs = true },
	{ .title = "PID", .field = "pid", .for_programs = true },
	{ .title = "ENTERED BY", .field = "allocatedBy", .for_programs = true },
	{ 0 },
};
/* clang-format on */

static bool render(struct run *r, const json_t *s, struct err *err)
{
	struct text *t = &r->out.text;

	if (!run_text(r, "format") || !strcmp(run_text(r, "format"), "table")) {
		text_addf(t, "guard of ");
		screen_add(t, text_or(s, "user", "?"), 0);
		text_addf(t, ", pid %lld, since ", (long long)json_int_of(s, "guardPid", 0));
		time_add_short(t, text_or(s, "since", "?"));
		text_addf(t, " UTC: %lld held, %lld in use, %lld not held\n",
			  (long long)json_int_of(s, "held", 0),
			  (long long)json_int_of(s, "inUse", 0),
			  (long long)json_int_of(s, "notHeld", 0));
		outage_add_status(t, s);
	}
	if (json_int_of(s, "limited", 0))
		output_note(&r->out,
			    "%lld ports are not held for want of open files: at most %lld can be",
			    (long long)json_int_of(s, "limited", 0),
			    (long long)json_int_of(s, "limit", 0));
	return rows_show(r, json_object_get(s, "ports"), columns, "nothing is entered here", err);
}

static bool show_status(struct run *r, struct err *err)
{
	CLEANUP(json_cleanup) json_t *status = NULL;
	const char *word = run_text(r, "format");

	r->out.json = r->out.json || (word && !strcmp(word, "json"));
	if (!guard_status(&status, err))
		return err->code == ERR_NOT_FOUND ? fail_hint(err, "start one: portbook guard")
						  : false;
	return run_show(r, status, err);
}

/* What belongs to the one guard and not to the other. */
static bool check_options(const struct run *r, struct err *err)
{
	bool of_system = run_has(r, "dry-run") || run_has(r, "detach");

	if (of_system && (!run_has(r, "system") || r->n_args))
		return fail(err, ERR_INVALID, "--dry-run and --detach are for guard --system");
	if (run_has(r, "defaults") && run_has(r, "system"))
		return fail(
			err, ERR_INVALID,
			"--system keeps what is entered: a port that is nobody's has no owner to "
			"keep it for");
	return true;
}

static bool run(struct run *r, struct err *err)
{
	if (!check_options(r, err))
		return false;
	if (run_has(r, "system"))
		return r->n_args ? guard_system_status(r, err) : guard_system_start(r, err);
	if (!r->n_args)
		return guard_start(r, err);
	if (!strcmp(r->args[0], verbs[0]))
		return show_status(r, err);
	fail(err, ERR_INVALID, "'guard' does not know what to do with '%.100s'", r->args[0]);
	return fail_hint(err, "portbook guard, or portbook guard status");
}

static const struct example examples[] = {
	{ "portbook guard", "until it is told to end; contrib/systemd has a unit" },
	{ "portbook guard --defaults --log", "also 3000, 5173, 8000 ..., and say what happens" },
	{ "portbook guard status", "what is held, what is not, and why" },
	{ "portbook guard --system --dry-run", "as root: who would be refused, before anybody is" },
	{ NULL, NULL },
};

const struct command cmd_guard = {
	.name = "guard",
	.group = GROUP_ENFORCING,
	.summary = "hold the ports of services that are down",
	.text = "A port that is held cannot be bound by anybody: a stranger's start fails with "
		"EADDRINUSE, while who connects is refused as before. It goes without a gap to "
		"portbook run and exec-held, is let go of by portbook yield, and is taken back when "
		"its owner ends. Held are the entered ports of this machine that their owner could "
		"get back: whose service was started in one of these ways before; all others are "
		"listed by status, with the reason.\n\n"
		"There is one guard for each user. It follows the book, and needs no rights beyond "
		"its user's. When it ends, the ports are free; when it comes back, they are held "
		"again. --log tells what becomes of each port; of those who are refused it knows "
		"only whom portbook run has stopped, as the kernel tells nobody else.\n\n"
		"With --system root has the kernel itself keep the ports of a book, for all users and "
		"containers of this network namespace: a bind by anyone but the entry's user, its unit "
		"or a run of its service fails with EADDRINUSE, and is reported. Told to end by SIGTERM "
		"or killed, it leaves the rules in the kernel and goes on with them when it is back; ^C "
		"and --detach take them away. Ports below 1024, and what sshd and systemd bind, are let "
		"be.",
	.examples = examples,
	.args = args,
	.options = options,
	.sends = SENDS_NO_OTHER_HOST,
	.run = run,
	.render = render,
};
