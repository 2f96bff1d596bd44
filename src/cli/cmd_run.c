/*
 * run: everything that needs the book is asked before the command begins, and the session
 * is closed; what the supervisor asks later it asks with sessions of its own.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "book/session.h"
#include "cli/cmd.h"
#include "cli/entry_options.h"
#include "cli/running.h"
#include "enforce/landlock.h"
#include "enforce/launch.h"
#include "enforce/system_guard.h"

static const struct arg_spec args[] = { { "SERVICE", VALUE_SERVICE }, { 0 } };

/* clang-format off */
static const struct option_spec options[] = {
	OPTION_INSTANCE,
	OPTION_ENV,
	OPTION_CREATE,
	{ .name = "remap", .kind = VALUE_FLAG,
	  .help = "a port that is not its own: its own instead (the default)" },
	{ .name = "strict", .kind = VALUE_FLAG,
	  .help = "a port that is not its own: refused, with EACCES" },
	{ .name = "plain", .kind = VALUE_FLAG,
	  .help = "only the environment: any port is let be" },
	{ .name = "best-effort", .kind = VALUE_FLAG,
	  .help = "go on with less, where the system cannot do what is asked" },
	{ .name = "map", .letter = 'm', .kind = VALUE_PAIR, .arg = "PORT=NAME",
	  .completes = COMPLETES_NOTHING,
	  .help = "a port that it asks for is that of the service NAME; may be repeated" },
	{ .name = "hold", .kind = VALUE_FLAG,
	  .help = "hold the port until the command listens on it" },
	{ 0 },
};
/* clang-format on */

/* --- the ways to start it, from the one with most promises down */

enum mode {
	MODE_REMAP,
	MODE_STRICT,
	MODE_PLAIN,
};

typedef bool launch_fn(struct run *r, struct launching *l, struct err *err);

static bool start_remapped(struct run *r, struct launching *l, struct err *err)
{
	if (running_is_without("supervisor"))
		return fail(err, ERR_NOT_PERMITTED, "PORTBOOK_RUN_WITHOUT says so");
	l->not_in_place = running_is_without("in-place");
	return launch_supervised(l, err);
}

static bool start_strict(struct run *r, struct launching *l, struct err *err)
{
	l->assignment->refuses = true;
	running_say_strict(r, l->assignment);
	if (landlock_has_ports() && !running_is_without("landlock"))
		return launch_with_rules(l, err);
	return start_remapped(r, l, err);
}

static bool start_plain(struct run *r, struct launching *l, struct err *err)
{
	return launch_plain(l, err);
}

static const struct way {
	launch_fn *start;
	const char *promise; /* what is missing without it */
} ways[] = {
	[MODE_REMAP] = { start_remapped,
			 "a port that is not the command's own is not kept from it" },
	[MODE_STRICT] = { start_strict, "a port that is not the command's own is not refused" },
	[MODE_PLAIN] = { start_plain, NULL },
};

static enum mode mode_of(const struct run *r)
{
	if (run_has(r, "plain"))
		return MODE_PLAIN;
	return run_has(r, "strict") ? MODE_STRICT : MODE_REMAP;
}

static bool check_modes(const struct run *r, struct err *err)
{
	if (run_has(r, "plain") + run_has(r, "strict") + run_has(r, "remap") > 1)
		return fail(err, ERR_INVALID, "--remap, --strict and --plain: give one of them");
	if (r->n_behind)
		return true;
	fail(err, ERR_INVALID, "what is to be run stands behind '--'");
	return fail_hint(err, "portbook run %s-- COMMAND...", r->n_args ? "SERVICE " : "");
}

static void fail_promise(const struct way *way, struct err *err)
{
	char why[ERR_TEXT_SIZE];

	snprintf(why, sizeof(why), "%s", err->text);
	fail(err, ERR_NOT_PERMITTED, "%s here: %s", way->promise, why);
	fail_hint(err, "--plain starts it with the environment alone, --best-effort with "
		       "what there can be");
}

/* Where the system cannot, and that is allowed, the next way has fewer promises. */
static void start(struct run *r, struct launching *l, struct err *err)
{
	for (size_t i = mode_of(r);; i++) {
		if (ways[i].start(r, l, err) || err->code != ERR_NOT_PERMITTED || !ways[i].promise)
			return;
		if (!run_has(r, "best-effort")) {
			fail_promise(&ways[i], err);
			return;
		}
		output_note(&r->out, "%s here: %s", ways[i].promise, err->text);
		output_flush_notes(&r->out);
	}
}

/* --- what cannot work, said before */

/*
 * Who may not change users in a filter (no_new_privs) cannot, however the program is
 * called; a program that becomes another user by itself is known by its mode.
 */
static bool check_user_change(const struct run *r, const char *path, struct err *err)
{
	if (mode_of(r) == MODE_PLAIN || geteuid() == 0 || !running_changes_user(path))
		return true;
	fail(err, ERR_NOT_PERMITTED,
	     "'%s' becomes another user, which nothing below run can: its rules could be shaken off",
	     r->behind[0]);
	return fail_hint(err, "the other way round: sudo portbook run ... -- COMMAND");
}

static bool check_command(struct run *r, char path[static PATH_MAX], struct err *err)
{
	if (!running_find(r->behind[0], path)) {
		fail(err, ERR_NOT_FOUND, "there is no command '%s'", r->behind[0]);
		r->failed_status = 127;
		return false;
	}
	return check_user_change(r, path, err);
}

/* The book is waited for no longer than that; killing a transaction leaves nothing of it. */
static void give_up(int signal)
{
	static const char text[] = "portbook: the book has not answered within 2 s\n"
				   "portbook: hint: portbook doctor says who has it; "
				   "the command was not started\n";

	(void)signal;
	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(5);
}

/* 0: it is not set. */
static int64_t left_us(const struct itimerval *t)
{
	return t->it_value.tv_sec * INT64_C(1000000) + t->it_value.tv_usec;
}

/* Both outlive an exec: a run that has begun anew (app/small.c) has no more time than it had. */
static void limit_waiting(int64_t ms)
{
	const struct itimerval timer = { .it_value = { ms / 1000, ms % 1000 * 1000 } };
	struct itimerval before = { 0 };
	sigset_t alarm;

	signal(SIGALRM, ms ? give_up : SIG_DFL);
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	(void)setitimer(ITIMER_REAL, &timer, &before);
	if (left_us(&before) && left_us(&before) < left_us(&timer))
		(void)setitimer(ITIMER_REAL, &before, NULL);
	(void)sigprocmask(SIG_UNBLOCK, &alarm, NULL);
}

static bool hold(struct run *r, struct launching *l, struct err *err)
{
	if (!run_has(r, "hold"))
		return true;
	if (mode_of(r) != MODE_REMAP)
		return fail(err, ERR_INVALID, "--hold needs the supervisor that --remap has");
	/* It is us who bind now, and the supervisor only afterwards. */
	system_guard_admit_all(l->assignment);
	return holding_begin(&l->holding, l->assignment->port, err) ||
	       fail_hint(err, "portbook check %u says who has it", l->assignment->port);
}

/* All that is asked of the book before the command begins. */
static bool gather(struct run *r, struct assignment *ret, struct err *err)
{
	CLEANUP(running_before_cleanup) struct running_before before;

	running_remember(&before);
	limit_waiting(ASKING_MS);
	if (!running_gather(r, ret, err))
		return false;
	limit_waiting(0);
	running_leave_book(r, &before);
	output_flush_notes(&r->out);
	return true;
}

/* While the book is read; what fails now is tried again, and said, when it is needed. */
static void prepare(const struct run *r, struct launching *l)
{
	if (mode_of(r) != MODE_REMAP || run_has(r, "hold") || running_is_without("supervisor"))
		return;
	l->not_in_place = running_is_without("in-place");
	(void)!launch_prepare(l, NULL);
}

static bool run_run(struct run *r, struct err *err)
{
	CLEANUP(assignment_free) struct assignment *assignment = assignment_new();
	char path[PATH_MAX];
	struct launching l = {
		.book = { .ask = running_ask, .arg = r },
		.command = r->behind,
		.hide = r->behind,
		.quiet = r->out.quiet || r->out.json,
		.holding = HOLDING_NOTHING,
		.assignment = assignment,
		.supervisor = -1,
	};

	if (!assignment)
		return fail_memory(err);
	if (!check_modes(r, err) || !check_command(r, path, err))
		return false;
	l.program = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	prepare(r, &l);
	if (!gather(r, assignment, err))
		return false;
	if (!hold(r, &l, err))
		return false;
	start(r, &l, err);
	r->failed_status = launch_exit_status(err);
	return false;
}

static const struct example examples[] = {
	{ "portbook run -- npm run dev",
	  "on the port of this directory's service, wherever it asks" },
	{ "portbook run api --strict -- ./server", "a port that is not its own is refused" },
	{ "portbook run --map 5173=hmr -- vite", "its second port is that of the service hmr" },
	{ NULL, NULL },
};

const struct command cmd_run = {
	.name = "run",
	.group = GROUP_ENFORCING,
	.summary = "start a command that gets its service's port",
	.text = "Puts PORT and each of the instance's ports (WEB_PORT ...) into the environment and "
		"becomes the command. The service is the only one of the instance, else web.\n\n"
		"A TCP port that is not the instance's does not get taken: the first one that the "
		"command, or anything it starts, asks for is carried out on the service's own, and "
		"that is said. A second one becomes an entry of its own (web-5173), unless --map names "
		"the service or another project owns it: then it fails with EADDRINUSE. Port 0 and the "
		"instance's other ports are let be, and so is UDP.\n\n"
		"The entry is in use from the moment it listens, and down when its last process has "
		"ended. Below run no program becomes another user, unless root started it. What "
		"another daemon starts (docker, systemd-run, at) is not held to it.\n\n"
		"Exit status: the command's; 127 if there is no such command, 126 if it cannot be "
		"started.",
	.examples = examples,
	.args = args,
	.behind = "COMMAND...",
	.options = options,
	.sends = SENDS_ALL | SENDS_NO_OTHER_HOST,
	.run = run_run,
};
