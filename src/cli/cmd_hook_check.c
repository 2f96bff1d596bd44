/*
 * hook check-command: asked by an agent's program before it runs a line of shell.
 *
 * The protocol is that of Claude Code's PreToolUse: an object on stdin, and on stdout nothing,
 * or an object that denies, each with exit status 0.  An agent must never be without its shell
 * for our sake: what cannot be read or judged is allowed, and said on stderr.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"
#include "cli/cmd.h"
#include "cli/input.h"
#include "cli/screen.h"

/* Rationale: a command of 256 KiB, each byte as \u0000, and room for what stands beside it. */
#define MESSAGE_MAX ((size_t)2 << 20)
/* Rationale: what a person sets by hand. */
#define VARIABLES_MAX 64u

/* --- what is asked */

static bool read_stdin(struct text *ret, struct err *err)
{
	char piece[8192];

	for (;;) {
		ssize_t n = read(STDIN_FILENO, piece, sizeof(piece));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(err, ERR_IO, "cannot read stdin: %s", strerror(errno));
		if (n == 0)
			return text_ok(ret) || fail_memory(err);
		if (ret->len + (size_t)n > MESSAGE_MAX)
			return fail(err, ERR_INVALID, "the message is longer than %zu bytes",
				    MESSAGE_MAX);
		text_add_bytes(ret, piece, (size_t)n);
	}
}

/* The names in which a server looks for its port, and HOME, which is what ~ means. */
static bool is_wanted(const char *name, size_t len)
{
	return (len == 4 && (!memcmp(name, "PORT", 4) || !memcmp(name, "HOME", 4))) ||
	       (len > 5 && !memcmp(name + len - 5, "_PORT", 5));
}

static json_t *variables_set(void)
{
	CLEANUP(json_cleanup) json_t *o = json_object();

	for (char **v = environ; *v && json_object_size(o) < VARIABLES_MAX; v++) {
		const char *equals = strchr(*v, '=');
		char name[128];

		if (!equals || equals - *v >= (ptrdiff_t)sizeof(name) ||
		    !is_wanted(*v, (size_t)(equals - *v)) || !text_is_line(equals + 1))
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)(equals - *v), *v);
		if (json_object_set_new(o, name, json_string(equals + 1)) < 0)
			return NULL;
	}
	return json_incref(o);
}

static bool put_surroundings(json_t *input, const char *command, const char *folder,
			     struct err *err)
{
	char here[PATH_MAX];

	if ((!folder || *folder != '/') && getcwd(here, sizeof(here)))
		folder = here;
	if (!json_put(input, "command", json_string(command)) ||
	    !json_put(input, "variables", variables_set()) ||
	    (folder && *folder == '/' && text_is_line(folder) &&
	     !json_put(input, "path", json_string(folder))))
		return fail_memory(err);
	return true;
}

/* --- as a hook */

static bool ask_book(struct run *r, const char *command, const char *folder, json_t **ret,
		     struct err *err)
{
	/* A book that is not there yet forbids nothing, and is not made for that. */
	r->only_look = true;
	return put_surroundings(r->input, command, folder, err) &&
	       run_call(r, r->command->operation, r->input, ret, err);
}

static bool add_denial(struct run *r, const char *reason, struct err *err)
{
	CLEANUP(json_cleanup)
	json_t *said = json_pack("{s:{s:s, s:s, s:s}}", "hookSpecificOutput", "hookEventName",
				 "PreToolUse", "permissionDecision", "deny",
				 "permissionDecisionReason", reason);

	if (!said)
		return fail_memory(err);
	text_add_json(&r->out.text, said, JSON_COMPACT);
	text_add(&r->out.text, "\n");
	return text_ok(&r->out.text) || fail_memory(err);
}

/* NULL: it is no command, and there is nothing to judge. */
static const char *command_of(const json_t *message)
{
	const char *tool = json_text_of(message, "tool_name");
	const json_t *input = json_object_get(message, "tool_input");
	const char *command = json_text_of(input, "command");

	return (!tool || !strcmp(tool, "Bash")) && command && *command ? command : NULL;
}

static bool judge_message(struct run *r, struct err *err)
{
	CLEANUP(json_cleanup) json_t *message = NULL;
	CLEANUP(json_cleanup) json_t *answer = NULL;
	CLEANUP(text_release) struct text bytes = { 0 };
	const char *command, *reason;

	if (!read_stdin(&bytes, err) || !json_parse(text_str(&bytes), bytes.len, &message, err))
		return false;
	if (!json_is_object(message))
		return fail(err, ERR_INVALID, "the message is no object");
	command = command_of(message);
	if (!command)
		return true;
	if (!ask_book(r, command, json_text_of(message, "cwd"), &answer, err))
		return false;
	reason = json_text_of(answer, "reason");
	return !reason || add_denial(r, reason, err);
}

/* There is no book, and so nothing that is another's. */
static bool is_ordinary(const struct err *err)
{
	return err->code == ERR_NOT_FOUND;
}

static bool run_as_hook(struct run *r)
{
	struct err err = { 0 };

	if (isatty(STDIN_FILENO))
		output_note(&r->out, "this waits for an agent's message; to try a command: "
				     "portbook hook check-command 'PORT=3000 npm start'");
	output_flush_notes(&r->out);
	if (!judge_message(r, &err)) {
		text_clear(&r->out.text);
		if (!is_ordinary(&err))
			output_note(&r->out, "the command was not looked at: %s", err.text);
	}
	return true;
}

/* --- by hand */

static bool run_by_hand(struct run *r, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	struct err why = { 0 };
	const char *decision;

	if (!ask_book(r, r->args[0], NULL, &answer, &why) && !is_ordinary(&why)) {
		*err = why;
		return false;
	}
	if (!answer) {
		answer = json_pack("{s:b, s:s, s:n, s:n, s:[]}", "success", 1, "decision", "allow",
				   "reason", "command", "ports");
		output_note(&r->out, "%s", why.text);
	}
	if (!answer)
		return fail_memory(err);
	decision = json_text_of(answer, "decision");
	r->status = decision && !strcmp(decision, "deny");
	return run_show(r, answer, err);
}

static bool render(struct run *r, const json_t *answer, struct err *err)
{
	const char *reason = json_text_of(answer, "reason");

	(void)err;
	screen_add(&r->out.text, reason ? reason : "allowed", 0);
	text_add(&r->out.text, "\n");
	return true;
}

static bool is_disabled(void)
{
	const char *value = getenv("PORTBOOK_DISABLE");

	return value && !strcmp(value, "1");
}

static bool run(struct run *r, struct err *err)
{
	if (r->n_args)
		return run_by_hand(r, err);
	return is_disabled() || run_as_hook(r);
}

static const struct arg_spec args[] = {
	{ "COMMAND", VALUE_OWN, .completes = COMPLETES_NOTHING },
	{ 0 },
};

static const struct example examples[] = {
	{ "portbook hook check-command 'PORT=3000 npm start'",
	  "whether it may, and what to run instead" },
	{ NULL, NULL },
};

const struct command cmd_hook_check_command = {
	.name = "hook check-command",
	.group = GROUP_DIRECTORY,
	.summary = "deny a shell command that takes another's port",
	.text = "Without COMMAND it is a hook of an agent's program: it reads what is about to be run "
		"on stdin, as Claude Code says it, and answers with a denial that names the "
		"project's own port and the command to run instead, or with nothing. Ports are seen "
		"in PORT=3000, --port 3000, -p 8080:80, python -m http.server 8000 and the like, in "
		"scripts of package.json, and where a known server is started without one.\n\n"
		"Nothing is entered. What cannot be read or judged is allowed, with a note on stderr; "
		"PORTBOOK_DISABLE=1 allows everything. With COMMAND the answer is for a person: exit "
		"status 1 if it is denied.",
	.examples = examples,
	.args = args,
	.operation = "check-command",
	.sends = SENDS_HOST | SENDS_ENV,
	.run = run,
	.render = render,
};
