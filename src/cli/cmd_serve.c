/* serve: becomes portbook-serve, which has the libraries that no other command needs. */
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/helper.h"

/* clang-format off */
static const struct option_spec options[] = {
	{ .name = "listen", .letter = 'l', .kind = VALUE_LIST, .arg = "ADDRESS",
	  .help = "127.0.0.1:PORT, [::1]:PORT or unix:PATH; another ADDRESS:PORT only with --tokens "
		  "and --tls-cert; may be repeated. PORT 0: any that is free" },
	{ .name = "tokens", .kind = VALUE_PATH, .arg = "FILE", .completes = COMPLETES_FILE,
	  .help = "who asks from other machines needs one of these: see token add" },
	{ .name = "require-token", .kind = VALUE_FLAG,
	  .help = "who asks on 127.0.0.1 needs one, too" },
	{ .name = "tls-cert", .kind = VALUE_PATH, .arg = "FILE", .completes = COMPLETES_FILE,
	  .help = "the certificate, in PEM, with those that vouch for it; read again on SIGHUP" },
	{ .name = "tls-key", .kind = VALUE_PATH, .arg = "FILE", .completes = COMPLETES_FILE,
	  .help = "its key, in PEM" },
	{ .name = "max-rate", .kind = VALUE_TEXT, .arg = "N",
	  .help = "requests of one client in a second, or none; else 100 from other machines" },
	{ .name = "max-client-connections", .kind = VALUE_TEXT, .arg = "N",
	  .help = "connections of one client, or none; else 256 from other machines" },
	{ .name = "max-connections", .kind = VALUE_TEXT, .arg = "N",
	  .help = "connections of all clients; else 10240" },
	{ .name = "header-timeout", .kind = VALUE_TEXT, .arg = "TIME",
	  .help = "how long a request's headers, and the pause before them, may take; else 30s" },
	{ .name = "body-timeout", .kind = VALUE_TEXT, .arg = "TIME",
	  .help = "how long a request's body, or the taking of an answer, may take; else 2m" },
	{ .name = "name", .kind = VALUE_LIST, .arg = "NAME",
	  .help = "also answer to this host name, which a proxy sends; may be repeated" },
	{ .name = "folders", .kind = VALUE_LIST, .arg = "PATH",
	  .help = "read no folders of projects but below this one; may be repeated" },
	{ .name = "user", .kind = VALUE_TEXT, .arg = "NAME",
	  .help = "for root: be that user, once addresses are listened on" },
	{ .name = "cleanup-at-start", .kind = VALUE_FLAG,
	  .help = "say at the start what `portbook cleanup` would give back; nothing is" },
	{ .name = "guard", .kind = VALUE_FLAG,
	  .help = "have a guard beside it, as `portbook guard` is, for as long as it runs" },
	{ .name = "guard-defaults", .kind = VALUE_FLAG,
	  .help = "the same, which also holds ports that programs start on unasked" },
	{ .name = "notify", .kind = VALUE_TEXT, .arg = "COMMAND",
	  .help = "run this with the shell for each change of a verdict, and each range that "
		  "becomes 80 % full; it reads JSON. Audits each minute, unless --audit-every says" },
	{ .name = "notify-timeout", .kind = VALUE_TEXT, .arg = "TIME",
	  .help = "end that command when it takes longer; else 30s" },
	{ .name = "audit-every", .kind = VALUE_TEXT, .arg = "TIME",
	  .help = "audit at the start and then each 10m, 1h ..., as `portbook audit` does" },
	{ 0 },
};
/* clang-format on */

/* Rationale: the program and each option with its value, some of them a few times. */
#define WORDS_MAX 128

struct words {
	char *word[WORDS_MAX];
	unsigned count;
};

static bool add(struct words *w, const char *word, struct err *err)
{
	if (w->count + 1 == WORDS_MAX)
		return fail(err, ERR_INVALID, "too many options");
	/* execv takes what it does not change as if it did. */
	w->word[w->count++] = (char *)(uintptr_t)word;
	return true;
}

static bool add_list(struct words *w, const struct run *r, const char *name, const char *option,
		     struct err *err)
{
	const json_t *list = json_object_get(r->own, name), *one;
	size_t i;

	json_array_foreach(list, i, one)
		if (!add(w, option, err) || !add(w, json_string_value(one), err))
			return false;
	return true;
}

/* Options with a value, by the same words here and there. */
static bool add_texts(struct words *w, const struct run *r, struct err *err)
{
	static const char *const options_with_value[] = {
		"--notify",   "--notify-timeout",	  "--audit-every", "--body-timeout",
		"--book",     "--header-timeout",	  "--max-rate",	   "--max-connections",
		"--tls-cert", "--max-client-connections", "--tls-key",	   "--tokens",
		"--user",
	};

	for (size_t i = 0; i < ARRAY_LEN(options_with_value); i++) {
		const char *value = run_text(r, options_with_value[i] + strlen("--"));

		if (value && (!add(w, options_with_value[i], err) || !add(w, value, err)))
			return false;
	}
	return true;
}

static bool add_flags(struct words *w, const struct run *r, struct err *err)
{
	static const char *const flags[] = { "--cleanup-at-start", "--guard", "--guard-defaults",
					     "--require-token" };

	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		if (run_has(r, flags[i] + strlen("--")) && !add(w, flags[i], err))
			return false;
	return true;
}

static bool run(struct run *r, struct err *err)
{
	struct words w = { 0 };

	if (!add(&w, "portbook-serve", err) || !add_list(&w, r, "listen", "--listen", err) ||
	    !add_list(&w, r, "name", "--name", err) ||
	    !add_list(&w, r, "folders", "--folders", err) || !add_texts(&w, r, err) ||
	    !add_flags(&w, r, err) || (r->out.json && !add(&w, "--json", err)) ||
	    (r->out.quiet && !add(&w, "--quiet", err)))
		return false;
	return helper_become("portbook-serve", w.word, err);
}

static const struct example examples[] = {
	{ "portbook serve", "on a port of its own, which the book has, and a socket" },
	{ "portbook serve --listen 127.0.0.1:9000", "there, and nowhere else" },
	{ "portbook serve --listen 192.0.2.7:9443 --tokens T --tls-cert C --tls-key K",
	  "for other machines, with the files T, C and K" },
	{ "portbook serve --listen unix:$XDG_RUNTIME_DIR/portbook.sock",
	  "on a socket alone; curl --unix-socket asks it" },
	{ NULL, NULL },
};

const struct command cmd_serve = {
	.name = "serve",
	.group = GROUP_SERVING,
	.summary = "answer over HTTP, to this machine and others",
	.text = "The operations of all commands as a REST API below /api/v1, which describes itself "
		"at /api/v1/openapi.json. Without --listen it listens on 127.0.0.1, on the port that "
		"the book has for shared-services/portbook, and on the socket "
		"$XDG_RUNTIME_DIR/portbook.sock, which is its user's alone. On sockets that systemd "
		"hands over it listens, too.\n\n"
		"Who is on this machine may ask it on 127.0.0.1 as if they were its user, or only read "
		"where the book is the machine's; the socket knows them. Who asks from other machines "
		"needs a token, by TLS. It tells where it listens, and ends on SIGTERM when it has "
		"answered what it was asked.",
	.examples = examples,
	.options = options,
	.run = run,
};
