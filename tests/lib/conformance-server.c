/*
 * The fixtures of the protocol's conformance tests at /mcp, on the code that portbook
 * serves agents with.
 *
 * usage: conformance-server PORT       says "listening" when it does
 */
#include <signal.h>
#include <stdio.h>

#include "http/server.h"
#include "lib/mcp_fixtures.h"
#include "loop/loop.h"

static bool serve(const char *port, struct err *err)
{
	static const int ending[] = { SIGINT, SIGTERM, 0 };
	static const char *const names[] = { NULL };
	const struct transport none = { .call = mcp_fixtures_no_book };
	struct listening listening = { .fd = -1 };
	struct server_options options = {
		.listening = &listening,
		.n_listening = 1,
		.writes = &none,
		.names = names,
		.catalogue = &mcp_fixtures,
	};
	char where[64];

	snprintf(where, sizeof(where), "127.0.0.1:%s", port);
	if (!listen_open(where, "leave", &listening, err) ||
	    !signals_open(ending, &options.signals, err))
		return false;
	puts("listening");
	fflush(stdout);
	return server_run(&options, err);
}

int main(int argc, char **argv)
{
	struct err err = { 0 };

	signal(SIGPIPE, SIG_IGN);
	if (argc == 2 && serve(argv[1], &err))
		return 0;
	fprintf(stderr, "%s\n", argc == 2 ? err.text : "usage: conformance-server PORT");
	return 1;
}
