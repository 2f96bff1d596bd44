#include <string.h>

#include "cli/cmd.h"
#include "cli/entry_options.h"
#include "cli/entry_text.h"
#include "cli/held.h"
#include "cli/piece.h"
#include "cli/screen.h"
#include "cli/table.h"
#include "enforce/guard_client.h"

static const struct arg_spec args[] = { { "PORTS", VALUE_TEXT, "ports" }, { 0 } };

/* clang-format off */
static const struct option_spec options[] = {
	{ .name = "project", .letter = 'p', .kind = VALUE_PROJECT, .arg = "PROJECT",
	  .field = "projectName", .help = "who asks; else the project of the directory" },
	OPTIONS_WHICH,
	{ .name = "to-start", .kind = VALUE_FLAG,
	  .help = "also no, if a stranger has a port of yours now" },
	{ 0 },
};
/* clang-format on */

static bool is_mine_or_free(const json_t *port)
{
	return json_bool_of(port, "free") || json_bool_of(port, "yours");
}

/* A port that is ours and that a stranger listens on is ours still, and no place to start. */
static bool is_yes(const struct run *r, const json_t *port)
{
	const char *state = json_text_of(port, "state");

	return is_mine_or_free(port) &&
	       !(run_has(r, "to-start") && state && !strcmp(state, "squatted"));
}

static void add_holder(struct text *t, const json_t *holder)
{
	const char *path = json_text_of(holder, "worktreePath");
	const char *since = json_text_of(holder, "allocatedAt");

	if (json_text_of(holder, "serviceName"))
		entry_add_name(t, holder);
	else
		screen_add(t, text_or(holder, "projectName", "?"), 0);
	if (path) {
		text_add(t, ", ");
		screen_add(t, path, 0);
	}
	if (since) {
		CLEANUP(piece_cleanup) struct piece when = { .of = t };

		time_add_short(&when.text, since);
		text_add(t, ", since ");
		screen_add(t, text_str(&when.text), 0);
	}
}

/* The sentence; the number it starts with is shown by itself. */
static const char *message_without(const json_t *port, const char *number)
{
	const char *message = text_or(port, "message", text_or(port, "verdict", "?"));
	size_t len = strlen(number);

	return !strncmp(message, number, len) && message[len] == ' ' ? message + len + 1 : message;
}

/* Who shares the port, if it is one; of more, as of a server's workers, how many. */
static void add_sharer(struct text *t, const json_t *listener)
{
	const json_t *all = json_object_get(listener, "processes"), *one;
	size_t i, count = json_array_size(all);

	if (count > 2)
		text_addf(t, " and %zu more", count - 1);
	json_array_foreach(all, i, one)
		if (count == 2 && json_int_of(one, "pid", 0) != json_int_of(listener, "pid", 0)) {
			text_add(t, " and ");
			listener_add(t, one);
		}
}

static void add_port(struct run *r, const json_t *port)
{
	const json_t *holder = json_object_get(port, "holder");
	const json_t *listener = json_object_get(port, "listener");
	long long instead = json_int_of(port, "instead", 0);
	struct text *t = &r->out.text;
	CLEANUP(piece_cleanup) struct piece number = { .of = t };

	text_addf(&number.text, "%lld", (long long)json_int_of(port, "port", 0));
	output_styled(&r->out, is_yes(r, port) ? STYLE_GOOD : STYLE_BAD, text_str(&number.text));
	text_add(t, " ");
	screen_add(t, message_without(port, text_str(&number.text)), 0);
	text_add(t, "\n");
	if (json_is_object(holder) && !json_bool_of(port, "yours")) {
		text_add(t, "      whose: ");
		add_holder(t, holder);
		text_add(t, "\n");
	}
	if (json_is_object(listener)) {
		text_add(t, "      listening: ");
		listener_add(t, listener);
		add_sharer(t, listener);
		text_add(t, "\n");
	}
	if (instead)
		text_addf(t, "      instead: %lld\n", instead);
}

/* It is in use to every bind, and nothing that looks at what listens shows it. */
static void add_guard(struct run *r, struct guard_client *guard, const json_t *port)
{
	const json_t *holder = json_object_get(port, "holder");
	pid_t pid = guard_of(guard, held_protocol(r->input), held_port(port));

	if (!pid)
		return;
	text_addf(&r->out.text, "      held: by portbook guard (pid %d)", (int)pid);
	if (json_is_object(holder))
		text_add(&r->out.text, ", for who starts it by portbook run, exec-held or yield");
	else
		text_add(&r->out.text, ", as programs start there unasked; entering it frees it");
	text_add(&r->out.text, "\n");
}

static bool check_render(struct run *r, const json_t *answer, struct err *err)
{
	CLEANUP(guard_disconnect) struct guard_client guard = { .fd = -1 };
	const json_t *port;
	size_t i;

	(void)guard_connect(&guard);
	json_array_foreach(json_object_get(answer, "ports"), i, port) {
		add_port(r, port);
		if (guard.fd >= 0)
			add_guard(r, &guard, port);
	}
	return true;
}

static bool check_run(struct run *r, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	const json_t *port;
	size_t i;

	if (!run_call(r, r->command->operation, r->input, &answer, err))
		return false;
	json_array_foreach(json_object_get(answer, "ports"), i, port)
		if (!is_yes(r, port))
			r->status = 1;
	return run_show(r, answer, err);
}

static const struct example examples[] = {
	{ "portbook check 3000", "before a server is started on its default port" },
	{ "portbook check --to-start 3100 && npm start", "nobody else has it now" },
	{ "portbook check 3000,8080-8090 && echo mine",
	  "exit status 0: every one is free or yours" },
	{ NULL, NULL },
};

const struct command cmd_check = {
	.name = "check",
	.group = GROUP_LOOK,
	.summary = "whose port it is, and what you would be given instead",
	.text = "Exit status 0 if every port is free or belongs to the project that asks, else 1. "
		"Nothing is entered, and no port is touched: what listens is read from the kernel.",
	.examples = examples,
	.args = args,
	.min_args = 1,
	.options = options,
	.operation = "check",
	.sends = SENDS_ALL,
	.run = check_run,
	.render = check_render,
};
