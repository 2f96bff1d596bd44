/* mcp: the book for agents, by the Model Context Protocol over a pipe. */
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/utf8.h"
#include "book/session.h"
#include "cli/cmd.h"
#include "mcp/pipe.h"

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

static bool run(struct run *r, struct err *err)
{
	if (!run_open(r, err))
		return false;
	/* What is to be said of the book is said before the pipe is the client's. */
	output_flush_notes(&r->out);
	return serve(r, err);
}

static bool render(struct run *r, const json_t *answer, struct err *err)
{
	return true;
}

static const struct example examples[] = {
	{ "claude mcp add --transport stdio portbook -- portbook mcp", "for Claude Code" },
	{ "portbook mcp install cursor", "write it into a client's file" },
	{ NULL, NULL },
};

const struct command cmd_mcp = {
	.name = "mcp",
	.group = GROUP_BOOK,
	.summary = "the book for agents, by the Model Context Protocol",
	.text = "Answers on stdout what is asked on stdin, one message a line, until stdin is closed. "
		"It is started by an agent's program, which has tools then: get-port, allocate-port, "
		"list-ports, audit-ports and others, beside prompts and resources. All revisions of "
		"the protocol from 2024-11-05 to 2026-07-28 are spoken. A service whose instance is "
		"not named is that of the client's folder, or of the directory it is started in.",
	.examples = examples,
	.run = run,
	.render = render,
};
