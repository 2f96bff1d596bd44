/* The fixtures of the protocol's conformance tests over a pipe, for tests/mcp. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/mcp_fixtures.h"
#include "mcp/pipe.h"

int main(void)
{
	const struct mcp_pipe pipe = { .in = STDIN_FILENO, .out = STDOUT_FILENO };
	struct mcp *m = mcp_new(&mcp_fixtures, &(struct mcp_book){ .call = mcp_fixtures_no_book });
	struct err err = { 0 };
	bool ok;

	signal(SIGPIPE, SIG_IGN);
	ok = m && mcp_serve_pipe(m, &pipe, &err);
	if (!ok)
		fprintf(stderr, "%s\n", err.text);
	mcp_free(m);
	return !ok;
}
