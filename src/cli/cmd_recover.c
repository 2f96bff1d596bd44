/*
 * Steps, each of which says what it did, as the next may fail: who sits on the
 * service's ports is ended, the service's unit is started and waited for, and the
 * squatter's project gets a port of its own.
 */
#include <string.h>

#include "cli/cmd.h"
#include "cli/entry_options.h"
#include "cli/entry_text.h"
#include "cli/freeing.h"
#include "cli/recovery.h"
#include "cli/screen.h"

static const struct arg_spec args[] = { { "SERVICE", VALUE_SERVICE }, { 0 } };

/* clang-format off */
static const struct option_spec options[] = {
	OPTIONS_FREEING,
	{ .name = "wait", .letter = 'w', .kind = VALUE_INT, .arg = "SECONDS", .min = 0, .max = 3600,
	  .help = "how long the service has until it listens; 10" },
	OPTIONS_WHICH,
	{ 0 },
};
/* clang-format on */

static bool is_trial(const struct recovery *v)
{
	return run_has(v->run, "dry-run");
}

static struct text *out(struct recovery *v)
{
	return &v->run->out.text;
}

static bool is_in_state(const json_t *port, const char *state)
{
	return !strcmp(text_or(port, "state", ""), state);
}

static json_t *not_of_owner(const json_t *ports)
{
	json_t *taken = freeing_taken(ports);

	for (size_t i = json_array_size(taken); i-- > 0;)
		if (is_in_state(json_array_get(taken, i), "in_use"))
			json_array_remove(taken, i);
	return taken;
}

static bool is_running(const json_t *ports)
{
	const json_t *port;
	size_t i;

	json_array_foreach(ports, i, port)
		if (!is_in_state(port, "in_use"))
			return false;
	return true;
}

/* Ended. */

static bool end_squatters(struct recovery *v, struct err *err)
{
	json_t *done = json_array();
	const json_t *port;
	size_t i;

	if (!json_put(v->answer, "ports", done))
		return fail_memory(err);
	json_array_foreach(v->taken, i, port)
		if (!freeing_end(v->run, port, 0, done, err))
			return false;
	return true;
}

/* All of it. */

static bool say_plan(struct recovery *v, struct err *err)
{
	const char *unit = recovery_unit(v);

	if (!json_put(v->answer, "wouldEnd", json_deep_copy(v->taken)))
		return fail_memory(err);
	freeing_show(v->run, v->taken);
	if (unit) {
		text_add(out(v), "would start ");
		screen_add(out(v), unit, 0);
		text_add(out(v), "\n");
	}
	return (unit ? json_put_text(v->answer, "unit", unit) || fail_memory(err)
		     : recovery_say_start(v, err)) &&
	       recovery_move(v, err);
}

/* The squatter gets its port also where the owner does not come back: it has none now. */
static bool do_all(struct recovery *v, struct err *err)
{
	struct err second = { 0 };
	bool started;

	if ((json_array_size(v->taken) && !freeing_agree(v->run, v->taken, err)) ||
	    !end_squatters(v, err))
		return false;
	started = recovery_start(v, err);
	return recovery_move(v, started ? err : &second) && started;
}

static bool recover(struct recovery *v, struct err *err)
{
	if (is_running(v->ports)) {
		recovery_add_service(v);
		text_add(out(v), " has its port already: ");
		screen_add(out(v), text_or(recovery_port(v), "actual", "it runs"), 0);
		text_add(out(v), "\n");
		return json_put_bool(v->answer, "listening", true) || fail_memory(err);
	}
	if (!freeing_check(v->run, v->taken, err))
		return false;
	return is_trial(v) ? say_plan(v, err) : do_all(v, err);
}

static bool recover_run(struct run *r, struct err *err)
{
	CLEANUP(json_cleanup) json_t *seen = NULL, *taken = NULL, *answer = json_object();
	struct recovery v = { .run = r, .answer = answer };
	struct err failure = { 0 };

	if (!run_call(r, r->command->operation, r->input, &seen, err))
		return false;
	run_notices(r, seen);
	v.ports = json_object_get(seen, "ports");
	v.taken = taken = not_of_owner(v.ports);
	if (!taken || !answer || !json_put_bool(answer, "success", true) ||
	    !json_put_bool(answer, "dryRun", is_trial(&v)))
		return fail_memory(err);
	(void)recover(&v, &failure);
	return freeing_finish(r, answer, &failure, err);
}

static const struct example examples[] = {
	{ "portbook recover consilio/web", "whoever sits on its port goes, and it comes back" },
	{ "portbook recover consilio/web --dry-run", "only what would be done" },
	{ NULL, NULL },
};

const struct command cmd_recover = {
	.name = "recover",
	.group = GROUP_ENFORCING,
	.summary = "give a service its port back, and who sat there another",
	.text = "Shows who sits on the service's ports, and ends them as free does. Then the systemd "
		"unit that is registered for the service is started, and it is waited until the "
		"service listens; where there is none, it is said how to start it. The project of "
		"who sat there gets a port of its own, and it is said what to type there.\n\n"
		"How a service without a unit is started says portbook update SERVICE --meta "
		"command='npm start'.\n\n"
		"Exit status as with free; 1 if the service was started and does not listen.",
	.examples = examples,
	.args = args,
	.min_args = 1,
	.options = options,
	.operation = "holders",
	.sends = SENDS_ALL,
	.run = recover_run,
	.render = freeing_render,
};
