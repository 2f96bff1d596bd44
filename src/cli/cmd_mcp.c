/* mcp: the book for agents, by the Model Context Protocol over a pipe. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"
#include "book/session.h"
#include "cli/cmd.h"
#include "cli/mcp_install.h"
#include "cli/screen.h"
#include "mcp/pipe.h"

static const char *const actions[] = { "install", NULL };

static bool call_book(void *arg, const char *operation, const json_t *input,
		      const struct call_io *io, json_t **ret, struct err *err)
{
	struct run *r = arg;

	return session_call_with(r->session, operation, input, io, ret, err);
}

/* NULL: it is gone, or its name is no text. */
static const char *working_directory(char ret[static PATH_MAX])
{
	return getcwd(ret, PATH_MAX) && text_is_line(ret) ? ret : NULL;
}

static const char *environment(void)
{
	const char *name = getenv("PORTBOOK_ENV");

	return name && *name ? name : NULL;
}

static bool serve(struct run *r, struct err *err)
{
	char directory[PATH_MAX];
	const struct mcp_book book = { .call = call_book, .arg = r };
	const struct mcp_pipe pipe = {
		.in = STDIN_FILENO,
		.out = STDOUT_FILENO,
		.directory = working_directory(directory),
		.environment = environment(),
		.host = run_text(r, "host"),
	};
	struct mcp *m = mcp_new(&mcp_portbook, &book);
	bool ok = m ? mcp_serve_pipe(m, &pipe, err) : fail_memory(err);

	mcp_free(m);
	return ok;
}

static bool serve_client(struct run *r, struct err *err)
{
	if (!run_open(r, err))
		return false;
	if (isatty(STDIN_FILENO))
		output_note(&r->out, "this waits for an agent's messages; to have one start it: "
				     "portbook mcp install CLIENT");
	/* What is to be said of the book is said before the pipe is the client's. */
	output_flush_notes(&r->out);
	return serve(r, err);
}

static bool fail_usage(struct err *err)
{
	fail(err, ERR_INVALID, "--print and --project go with install");
	return fail_hint(err, "portbook mcp install CLIENT");
}

static bool install(struct run *r, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;

	if (strcmp(r->args[0], actions[0]) != 0) {
		fail(err, ERR_INVALID, "there is no 'mcp %.60s'", r->args[0]);
		return fail_hint(err, "portbook mcp, or portbook mcp install CLIENT");
	}
	return mcp_install(r, r->n_args < 2 ? NULL : r->args[1], &answer, err) &&
	       run_show(r, answer, err);
}

static bool run(struct run *r, struct err *err)
{
	if (r->n_args)
		return install(r, err);
	if (run_has(r, "print") || run_has(r, "project"))
		return fail_usage(err);
	return serve_client(r, err);
}

static bool render(struct run *r, const json_t *answer, struct err *err)
{
	struct text *t = &r->out.text;
	const char *path = json_text_of(answer, "path");

	(void)err;
	if (run_has(r, "print")) {
		output_note(&r->out, "for %s", path);
		text_add(t, json_text_of(answer, "content"));
		return true;
	}
	screen_add(t, path, 0);
	text_add(t, json_bool_of(answer, "changed") ? " has portbook now; start the program again\n"
						    : " has portbook already\n");
	return true;
}

static const struct arg_spec args[] = {
	{ "install", VALUE_OWN, .completes = COMPLETES_NOTHING, .choices = actions },
	{ "CLIENT", VALUE_OWN, .completes = COMPLETES_NOTHING, .choices = mcp_clients },
	{ 0 },
};

/* clang-format off */
static const struct option_spec options[] = {
	{ .name = "print", .kind = VALUE_FLAG, .help = "with install: only show what would be written" },
	{ .name = "project", .kind = VALUE_FLAG,
	  .help = "with install: the file of the project in this directory, not your own" },
	{ 0 },
};
/* clang-format on */

static const struct example examples[] = {
	{ "portbook mcp install claude-code", "for you, in all projects" },
	{ "portbook mcp install cursor --project", "for all who work on this project" },
	{ "portbook mcp install vscode --print", "only show it" },
	{ NULL, NULL },
};

const struct command cmd_mcp = {
	.name = "mcp",
	.group = GROUP_SERVING,
	.summary = "the book for agents, by the Model Context Protocol",
	.text = "Answers on stdout what is asked on stdin, one message a line, until stdin is closed. "
		"An agent's program starts it, and has tools then: get-port, list-ports, audit-ports "
		"and others, beside prompts and resources. All revisions of the protocol from "
		"2024-11-05 to 2026-07-28 are spoken. Where a call names neither instance nor path, "
		"the client's folder is meant, or else the directory in which it was started.\n\n"
		"With install, portbook is written into the file of an agent's program: claude-code, "
		"claude-desktop, codex, cursor or vscode. What else stands there stays as it is. A "
		"--book that is given goes with it.",
	.examples = examples,
	.args = args,
	.options = options,
	.run = run,
	.render = render,
};
