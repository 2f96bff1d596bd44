#include "cli/cmd.h"
#include "cli/entry_options.h"
#include "cli/entry_text.h"
#include "cli/freeing.h"
#include "cli/held.h"
#include "enforce/guard_client.h"

/* Rationale: what starts a server again at once has done so by then; few scripts mind it. */
#define SETTLE_SECONDS 1

static const struct arg_spec args[] = { { "PORT|SERVICE", VALUE_SERVICE_OR_PORT }, { 0 } };

/* clang-format off */
static const struct option_spec options[] = {
	OPTIONS_FREEING,
	{ .name = "settle", .kind = VALUE_INT, .arg = "SECONDS", .min = 0, .max = 3600,
	  .help = "how long to watch whether it is taken again; 1" },
	OPTIONS_WHICH,
	{ 0 },
};
/* clang-format on */

static void say_free(struct run *r, const json_t *port, bool already)
{
	entry_add_port(&r->out.text, port);
	text_add(&r->out.text, already ? " is free already: nobody listens there\n" : " is free\n");
}

/* Nobody listens there, and nobody can. */
static void note_guard(struct run *r, const json_t *port)
{
	CLEANUP(guard_disconnect) struct guard_client guard = { .fd = -1 };
	pid_t pid;

	(void)guard_connect(&guard);
	pid = guard_of(&guard, held_protocol(port), held_port(port));
	if (pid)
		output_note(
			&r->out,
			"portbook guard (pid %d) holds it for its owner: portbook run, exec-held "
			"or yield gets it",
			(int)pid);
}

/* Who frees a port that only a UDP server has may have meant that. */
static void note_udp(struct run *r, const json_t *port)
{
	CLEANUP(json_cleanup) json_t *input = json_deep_copy(r->input), *answer = NULL;
	struct err none = { 0 };

	if (json_text_of(r->input, "protocol") || !json_object_get(r->input, "port") || !input ||
	    !json_put_text(input, "protocol", "udp") ||
	    !run_call(r, r->command->operation, input, &answer, &none))
		return;
	port = json_array_get(json_object_get(answer, "ports"), 0);
	if (json_bool_of(port, "listening"))
		output_note(&r->out, "a UDP server is there: %s; --udp means that one",
			    text_or(port, "actual", "?"));
}

/* Those on which nobody listens. */
static void say_free_already(struct run *r, const json_t *ports)
{
	const json_t *port;
	size_t i;

	json_array_foreach(ports, i, port)
		if (!json_bool_of(port, "listening")) {
			say_free(r, port, true);
			note_guard(r, port);
			note_udp(r, port);
		}
}

static bool end_all(struct run *r, const json_t *taken, json_t *done, struct err *err)
{
	int64_t settle_ms = 1000 * json_int_of(r->own, "settle", SETTLE_SECONDS);
	const json_t *port;
	size_t i;

	json_array_foreach(taken, i, port) {
		if (!freeing_end(r, port, settle_ms, done, err))
			return false;
		say_free(r, port, false);
	}
	return true;
}

static bool free_ports(struct run *r, const json_t *ports, const json_t *taken, json_t *answer,
		       struct err *err)
{
	bool is_trial = run_has(r, "dry-run");
	json_t *done = is_trial ? json_deep_copy(taken) : json_array();

	if (!json_put(answer, is_trial ? "wouldEnd" : "ports", done))
		return fail_memory(err);
	say_free_already(r, ports);
	if (!json_array_size(taken))
		return true;
	if (!freeing_check(r, taken, err))
		return false;
	if (is_trial) {
		freeing_show(r, taken);
		return true;
	}
	return freeing_agree(r, taken, err) && end_all(r, taken, done, err);
}

static bool free_run(struct run *r, struct err *err)
{
	CLEANUP(json_cleanup) json_t *seen = NULL, *taken = NULL, *answer = json_object();
	struct err failure = { 0 };
	const json_t *ports;

	if (!run_call(r, r->command->operation, r->input, &seen, err))
		return false;
	run_notices(r, seen);
	ports = json_object_get(seen, "ports");
	taken = freeing_taken(ports);
	if (!taken || !answer || !json_put_bool(answer, "success", true) ||
	    !json_put_bool(answer, "dryRun", run_has(r, "dry-run")))
		return fail_memory(err);
	(void)free_ports(r, ports, taken, answer, &failure);
	return freeing_finish(r, answer, &failure, err);
}

static const struct example examples[] = {
	{ "portbook free 3000", "who has it is shown, and ended after a yes" },
	{ "portbook free consilio/web --yes", "whoever sits on its port; its own service stays" },
	{ "portbook free 3000 --dry-run", "only who it would be" },
	{ NULL, NULL },
};

const struct command cmd_free = {
	.name = "free",
	.group = GROUP_ENFORCING,
	.summary = "end what listens on a port",
	.text = "Shows who has the port, asks, and ends all of them: told to end first, killed when "
		"they still have the port after the grace time. Right before each signal it is "
		"made sure that it is still the same process with the same socket.\n\n"
		"With --yes strangers are ended without a question. What is, or may be, the owner's own "
		"service takes a yes at the terminal or --force. Never ended are pid 1, this command "
		"and what started it, other users' processes, and what only passes on what is meant "
		"for a container.\n\n"
		"Exit status 0 if the port is free in the end, 3 if it was taken again or its owner has "
		"it, 6 if who has it may not be ended. The entry in the book stays: to give a port "
		"back is release.",
	.examples = examples,
	.args = args,
	.min_args = 1,
	.options = options,
	.operation = "holders",
	.sends = SENDS_ALL,
	.run = free_run,
	.render = freeing_render,
};
