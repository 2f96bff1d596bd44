#include "app/serve_options.h"

#include <getopt.h>

#include "base/clock.h"

static bool add(const char **list, unsigned *count, unsigned most, const char *what,
		struct err *err)
{
	if (*count == most)
		return fail(err, ERR_INVALID, "more than %u times %s", most, what);
	list[(*count)++] = optarg;
	return true;
}

static bool take(int option, struct serve_options *o, struct err *err)
{
	switch (option) {
	case 'l': return add(o->listen, &o->n_listen, LISTEN_MAX, "--listen", err);
	case 'n': return add(o->names, &o->n_names, SERVE_NAMES, "--name", err);
	case 'a': return duration_parse(optarg, &o->audit_every_ms, err);
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
		{ "book", required_argument, NULL, 'b' },
		{ "json", no_argument, NULL, 'j' },
		{ "audit-every", required_argument, NULL, 'a' },
		{ "quiet", no_argument, NULL, 'q' },
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
	*ret = o;
	return true;
}
