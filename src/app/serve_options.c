#include "app/serve_options.h"

#include <getopt.h>
#include <string.h>

#include "base/clock.h"

/* Rationale: a look at a machine takes some milliseconds; who is told wants to know soon. */
#define NOTIFY_EVERY_MS 60000
/* Rationale: a mail, or a message to a chat, over a bad line. */
#define NOTIFY_MAX_MS 30000
#include "base/cursor.h"

static bool add(const char **list, unsigned *count, unsigned most, const char *what,
		struct err *err)
{
	if (*count == most)
		return fail(err, ERR_INVALID, "more than %u times %s", most, what);
	list[(*count)++] = optarg;
	return true;
}

/* A number of them, or "none". */
static bool take_limit(unsigned *ret, struct err *err)
{
	const char *at = optarg;
	uint64_t n;

	if (!strcmp(optarg, "none")) {
		*ret = LIMIT_NONE;
		return true;
	}
	if (!eat_number(&at, 1000000, &n) || !eat_end(&at) || !n)
		return fail(err, ERR_INVALID, "'%.80s' is neither a number up to 1000000 nor none",
			    optarg);
	*ret = (unsigned)n;
	return true;
}

static bool take_all(struct limits *l, struct err *err)
{
	return take_limit(&l->all, err) &&
	       (l->all != LIMIT_NONE ||
		fail(err, ERR_INVALID, "connections need memory, so there is a limit to all"));
}

static bool take(int option, struct serve_options *o, struct err *err)
{
	switch (option) {
	case 'l': return add(o->listen, &o->n_listen, LISTEN_MAX, "--listen", err);
	case 'n': return add(o->names, &o->n_names, SERVE_NAMES, "--name", err);
	case 'f': return add(o->folders, &o->n_folders, SERVE_FOLDERS, "--folders", err);
	case 'u': o->user = optarg; return true;
	case 'R': return o->cleanup_at_start = true;
	case 'g': return o->guards = true;
	case 'd': return o->guards = o->guards_defaults = true;
	case 'N': o->notify = optarg; return true;
	case 'M': return duration_parse(optarg, &o->notify_max_ms, err);
	case 'a': return duration_parse(optarg, &o->audit_every_ms, err);
	case 'T': o->tokens = optarg; return true;
	case 'A': return o->always_token = true;
	case 'c': o->certificate = optarg; return true;
	case 'k': o->key = optarg; return true;
	case 'r': return take_limit(&o->limits.rate, err);
	case 'C': return take_limit(&o->limits.connections, err);
	case 'm': return take_all(&o->limits, err);
	case 'h': return duration_parse(optarg, &o->limits.header_ms, err);
	case 'B': return duration_parse(optarg, &o->limits.body_ms, err);
	case 'b': o->book = optarg; return true;
	case 'j': return o->json = true;
	case 'q': return o->quiet = true;
	default: break;
	}
	fail(err, ERR_INVALID, "an argument that is not known, or has no value");
	return fail_hint(err, "portbook serve --help");
}

bool serve_options_read(int argc, char **argv, struct serve_options *ret, struct err *err)
{
	static const struct option known[] = {
		{ "listen", required_argument, NULL, 'l' },
		{ "name", required_argument, NULL, 'n' },
		{ "folders", required_argument, NULL, 'f' },
		{ "user", required_argument, NULL, 'u' },
		{ "cleanup-at-start", no_argument, NULL, 'R' },
		{ "guard", no_argument, NULL, 'g' },
		{ "guard-defaults", no_argument, NULL, 'd' },
		{ "notify", required_argument, NULL, 'N' },
		{ "notify-timeout", required_argument, NULL, 'M' },
		{ "book", required_argument, NULL, 'b' },
		{ "json", no_argument, NULL, 'j' },
		{ "audit-every", required_argument, NULL, 'a' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "tokens", required_argument, NULL, 'T' },
		{ "require-token", no_argument, NULL, 'A' },
		{ "tls-cert", required_argument, NULL, 'c' },
		{ "tls-key", required_argument, NULL, 'k' },
		{ "max-rate", required_argument, NULL, 'r' },
		{ "max-client-connections", required_argument, NULL, 'C' },
		{ "max-connections", required_argument, NULL, 'm' },
		{ "header-timeout", required_argument, NULL, 'h' },
		{ "body-timeout", required_argument, NULL, 'B' },
		{ 0 },
	};
	struct serve_options o = { 0 };
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "", known, NULL)) >= 0)
		if (!take(option, &o, err))
			return false;
	if (optind < argc)
		return fail(err, ERR_INVALID, "'%.80s' is too much", argv[optind]);
	if (!o.certificate != !o.key)
		return fail(err, ERR_INVALID, "--tls-cert and --tls-key belong together");
	if (o.always_token && !o.tokens)
		return fail(err, ERR_INVALID, "--require-token needs --tokens FILE");
	if (o.notify && !o.audit_every_ms)
		o.audit_every_ms = NOTIFY_EVERY_MS;
	if (!o.notify_max_ms)
		o.notify_max_ms = NOTIFY_MAX_MS;
	*ret = o;
	return true;
}
