/*
 * The fixtures of the protocol's conformance tests at /mcp, on the code that portbook
 * serves agents with.
 *
 * usage: conformance-server PORT [ANSWER_MS [TOKENS]]       says "listening" when it does
 *	ANSWER_MS	how long a client has to answer what it is asked
 *	TOKENS		a file of tokens, of which each request needs one
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "http/server.h"
#include "lib/mcp_fixtures.h"
#include "loop/loop.h"
#include "trust/tokens.h"

static bool serve(char **words, struct err *err)
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
		.limits.answer_ms = words[1] ? strtol(words[1], NULL, 10) : 0,
		.always_token = words[1] && words[2],
	};
	char where[64];
	bool ok;

	snprintf(where, sizeof(where), "127.0.0.1:%s", words[0]);
	if ((options.always_token && !tokens_open(words[2], &options.tokens, err)) ||
	    !listen_open(where, "leave", &listening, err) ||
	    !signals_open(ending, &options.signals, err))
		return false;
	puts("listening");
	fflush(stdout);
	ok = server_run(&options, err);
	tokens_free(options.tokens);
	return ok;
}

int main(int argc, char **argv)
{
	struct err err = { 0 };

	signal(SIGPIPE, SIG_IGN);
	if (argc > 1 && serve(argv + 1, &err))
		return 0;
	fprintf(stderr, "%s\n", argc > 1 ? err.text : "usage: conformance-server PORT ...");
	return 1;
}
