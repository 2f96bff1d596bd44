#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cursor.h"
#include "base/fd.h"
#include "cli/cmd.h"
#include "cli/entry_options.h"
#include "cli/entry_text.h"
#include "cli/held.h"
#include "enforce/guard_client.h"

/* Rationale: what a slow service takes from its start to its listen. */
#define USUAL_MS (30 * MS_PER_SECOND)

static const struct arg_spec args[] = { { "SERVICE", VALUE_SERVICE }, { 0 } };

/* clang-format off */
static const struct option_spec options[] = {
	{ .name = "for", .kind = VALUE_TEXT, .arg = "TIME",
	  .help = "how long its owner has to bind it: 30s, at most 10m" },
	{ .name = "while", .kind = VALUE_TEXT, .arg = "PID", .completes = COMPLETES_NOTHING,
	  .help = "no longer than that process runs: what starts the owner, or becomes it" },
	OPTION_INSTANCE,
	OPTION_ENV,
	{ 0 },
};
/* clang-format on */

/* What all ports of the service have in common. */
struct terms {
	int64_t for_ms;
	int process; /* as of --while */
};

static void terms_release(struct terms *t)
{
	fd_cleanup(&t->process);
}

/* `*ret_guarded` false: there is no guard. */
static bool yield_one(json_t *row, const struct terms *t, bool *ret_guarded, struct err *err)
{
	const struct yielding y = {
		.protocol = held_protocol(row),
		.port = held_port(row),
		.for_ms = t->for_ms,
		.process = t->process,
		.what = "yield",
	};
	struct err why = { 0 };
	bool was_held = false;

	*ret_guarded = guard_yield(&y, &was_held, &why);
	if (!*ret_guarded && why.code != ERR_NOT_FOUND) {
		*err = why;
		return false;
	}
	return json_put_bool(row, "wasHeld", was_held) || fail_memory(err);
}

static bool yield_all(json_t *rows, const struct terms *t, json_t **ret, struct err *err)
{
	json_t *row;
	bool guarded = false;
	size_t i;

	json_array_foreach(rows, i, row)
		if (!yield_one(row, t, &guarded, err))
			return false;
	*ret = json_pack("{s:b, s:b, s:I, s:O}", "success", 1, "guard", guarded, "forMs",
			 (json_int_t)t->for_ms, "ports", rows);
	return *ret || fail_memory(err);
}

static bool find_process(const char *text, int *ret, struct err *err)
{
	const char *at = text;
	uint64_t pid;

	if (!eat_number(&at, INT_MAX, &pid) || !eat_end(&at) || !pid)
		return fail(err, ERR_INVALID, "'%.80s' is no number of a process", text);
	*ret = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
	return *ret >= 0 || fail(err, errno == ESRCH ? ERR_NOT_FOUND : ERR_IO,
				 "process %d cannot be waited for: %s", (int)pid, strerror(errno));
}

static bool read_terms(const struct run *r, struct terms *ret, struct err *err)
{
	const char *time = run_text(r, "for"), *process = run_text(r, "while");

	return (!time || duration_parse(time, &ret->for_ms, err)) &&
	       (!process || find_process(process, &ret->process, err));
}

static bool run(struct run *r, struct err *err)
{
	CLEANUP(json_cleanup) json_t *rows = NULL, *answer = NULL;
	CLEANUP(terms_release) struct terms t = { .for_ms = USUAL_MS, .process = -1 };

	return read_terms(r, &t, err) && held_ports(r, "yield", false, &rows, err) &&
	       yield_all(rows, &t, &answer, err) && run_show(r, answer, err);
}

static bool render(struct run *r, const json_t *answer, struct err *err)
{
	long long seconds = json_int_of(answer, "forMs", 0) / MS_PER_SECOND;
	const json_t *row;
	size_t i;

	if (!json_bool_of(answer, "guard"))
		output_note(&r->out, "no guard of this user runs here, so nothing was held");
	json_array_foreach(json_object_get(answer, "ports"), i, row) {
		entry_add_port(&r->out.text, row);
		if (json_bool_of(row, "wasHeld"))
			text_addf(&r->out.text, " is free for its owner, for %lld s\n", seconds);
		else
			text_add(&r->out.text, " was not held\n");
	}
	return true;
}

static const struct example examples[] = {
	{ "portbook yield shop/web", "and start it right after that" },
	{ "portbook yield shop/web --while $$ && exec ./server",
	  "in a script: held again at once if it fails" },
	{ "ExecStartPre=portbook yield shop/web", "in a unit: portbook config writes this" },
	{ NULL, NULL },
};

const struct command cmd_yield = {
	.name = "yield",
	.group = GROUP_ENFORCING,
	.summary = "have the guard let go of a service's ports",
	.text = "For a service that portbook does not start itself: right before its start, as its "
		"user. The guard lets go of its ports, and takes them back when nobody has bound them "
		"in time, or when who did ends; with --while at once when that process has ended. Between this and its bind another program may take "
		"them: portbook run and exec-held leave no such gap.\n\n"
		"From the first time on a guard holds the ports of this service. Without a guard it "
		"succeeds and changes nothing else.",
	.examples = examples,
	.args = args,
	.min_args = 1,
	.options = options,
	.sends = SENDS_ALL | SENDS_NO_OTHER_HOST,
	.operation = "get",
	.run = run,
	.render = render,
};
