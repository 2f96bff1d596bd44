/*
 * The command is found first: only global options may stand before it.  What follows it is read
 * once more with the command's own options, in any order.
 */
#include "cli/options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cli/help.h"
#include "cli/input.h"
#include "ports/name.h"

/* Rationale: no command has half as many; a test counts them. */
#define MAX_OPTIONS 48

/* getopt_long's answer for the nth option; above every letter. */
#define FIRST_LONG 1000

static const char *const colour_choices[] = { "auto", "always", "never", NULL };

/* clang-format off */
const struct option_spec global_options[] = {
	{ .name = "book", .kind = VALUE_TEXT, .arg = "URL", .completes = COMPLETES_FILE,
	  .help = "the book: a path, or a URL; else PORTBOOK_BOOK, else the configuration" },
	{ .name = "host", .kind = VALUE_TEXT, .arg = "HOST", .completes = COMPLETES_HOST,
	  .help = "whose ports are meant; else the configuration, else localhost" },
	{ .name = "json", .kind = VALUE_FLAG, .help = "one JSON object on stdout, errors too" },
	{ .name = "quiet", .letter = 'q', .kind = VALUE_FLAG, .help = "no notes on stderr" },
	{ .name = "color", .kind = VALUE_TEXT, .arg = "WHEN", .choices = colour_choices,
	  .help = "auto, always or never; NO_COLOR is heeded" },
	{ .name = "once", .kind = VALUE_TEXT, .arg = "KEY",
	  .help = "a name for this change: within a day, again with it changes nothing and is "
		  "answered the same" },
	{ .name = "help", .letter = 'h', .kind = VALUE_FLAG, .help = "what the command does" },
	{ .name = "version", .kind = VALUE_FLAG, .help = "which portbook this is" },
	{ 0 },
};
/* clang-format on */

/* The options that are known, as getopt_long wants them. */
struct known {
	const struct option_spec *specs[MAX_OPTIONS];
	struct option longs[MAX_OPTIONS + 1];
	char letters[2 * MAX_OPTIONS + 3];
	unsigned n;
	size_t n_letters;
};

static void known_add(struct known *k, const struct option_spec *specs)
{
	for (; specs && specs->name && k->n < MAX_OPTIONS; specs++, k->n++) {
		k->specs[k->n] = specs;
		k->longs[k->n] = (struct option){
			.name = specs->name,
			.has_arg = specs->otherwise ? optional_argument
				   : specs->arg	    ? required_argument
						    : no_argument,
			.val = FIRST_LONG + (int)k->n,
		};
		if (!specs->letter)
			continue;
		k->letters[k->n_letters++] = specs->letter;
		if (specs->arg)
			k->letters[k->n_letters++] = ':';
	}
}

/* `stop`: do not look behind the first word that is no option. */
static void known_init(struct known *k, const struct command *c, bool stop)
{
	*k = (struct known){ 0 };
	if (stop)
		k->letters[k->n_letters++] = '+';
	k->letters[k->n_letters++] = ':'; /* a missing argument is told from an unknown option */
	if (c)
		known_add(k, c->options);
	known_add(k, global_options);
}

static const struct option_spec *known_find(const struct known *k, int val)
{
	if (val >= FIRST_LONG)
		return val < FIRST_LONG + (int)k->n ? k->specs[val - FIRST_LONG] : NULL;
	for (unsigned i = 0; i < k->n; i++)
		if (k->specs[i]->letter && k->specs[i]->letter == val)
			return k->specs[i];
	return NULL;
}

static const struct option_spec *nearest_option(const struct known *k, const char *word)
{
	const struct option_spec *nearest = NULL;
	unsigned least = near_enough(word) + 1;

	for (unsigned i = 0; i < k->n; i++) {
		unsigned distance = name_distance(word, k->specs[i]->name, least - 1);

		if (distance < least) {
			least = distance;
			nearest = k->specs[i];
		}
	}
	return nearest;
}

static bool fail_unknown(const struct known *k, const struct command *c, const char *word,
			 struct err *err)
{
	const struct option_spec *nearest;
	char name[NAME_SIZE];
	const char *of = c ? c->name : "";

	if (word[0] != '-' || word[1] != '-')
		fail(err, ERR_INVALID, "unknown option '-%c'", optopt);
	else
		fail(err, ERR_INVALID, "unknown option '%.100s'", word);
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word + strspn(word, "-"), "="),
		 word + strspn(word, "-"));
	nearest = word[1] == '-' ? nearest_option(k, name) : NULL;
	if (nearest)
		return fail_hint(err, "did you mean --%s?", nearest->name);
	return fail_hint(err, "portbook help%s%s lists the options", *of ? " " : "", of);
}

/* getopt_long did not like `word`. */
static bool fail_option(const struct known *k, const struct command *c, int what, const char *word,
			struct err *err)
{
	const struct option_spec *o = optopt ? known_find(k, optopt) : NULL;

	if (!o)
		return fail_unknown(k, c, word, err);
	if (what == ':')
		return fail(err, ERR_INVALID, "--%s needs an argument: --%s %s", o->name, o->name,
			    o->arg);
	return fail(err, ERR_INVALID, "--%s takes no argument", o->name);
}

/*
 * The argument of an option that may go without.  getopt_long takes it behind a '='
 * only; a number is also taken where it is the next word.
 */
static char *optional_of(const struct option_spec *o, int argc, char **argv)
{
	char *next = optind < argc ? argv[optind] : NULL;

	if (!o->otherwise || optarg || !next || !*next || next[strspn(next, "0123456789")])
		return optarg;
	optind++;
	return next;
}

/* Read options from argv[first] on; `*ret` becomes the index of the first word that is none. */
static bool read_options(struct run *r, const struct command *c, bool stop, int first, int argc,
			 char **argv, int *ret, struct err *err)
{
	struct known k;
	const char *text;
	int val;

	known_init(&k, c, stop);
	opterr = 0;
	optind = 0;	   /* start afresh: the GNU way, which also forgets a half-read cluster */
	argv += first - 1; /* argv[0] is never looked at */
	argc -= first - 1;
	while ((val = getopt_long(argc, argv, k.letters, k.longs, NULL)) != -1) {
		const struct option_spec *o = known_find(&k, val);

		if (val == '?' || val == ':' || !o)
			return fail_option(&k, c, val, argv[optind - 1], err);
		text = optional_of(o, argc, argv);
		if (!input_add_option(r->input, r->own, o,
				      !o->arg ? NULL
				      : text  ? text
					      : o->otherwise,
				      err))
			return false;
	}
	*ret = first - 1 + optind;
	return true;
}

/* --- the command */

static bool fail_command(const char *word, struct err *err)
{
	const char *nearest = command_nearest(word);

	fail(err, ERR_INVALID, "there is no command '%.100s'", word);
	if (nearest)
		return fail_hint(err, "did you mean: portbook %.*s?", (int)strcspn(nearest, " "),
				 nearest);
	return fail_hint(err, "portbook help lists the commands");
}

static bool fail_family(const char *family, const char *word, struct err *err)
{
	char members[128];

	help_family_members(family, members, sizeof(members));
	if (word)
		fail(err, ERR_INVALID, "there is no command '%s %.100s'", family, word);
	else
		fail(err, ERR_INVALID, "'%s' needs one more word", family);
	return fail_hint(err, "portbook %s %s", family, members);
}

/* The second word of "project add"; `*at` steps past it. */
static bool find_member(struct run *r, const char *family, int *at, int argc, char **argv,
			struct err *err)
{
	char name[128];
	int second = *at;

	if (!read_options(r, NULL, true, *at, argc, argv, &second, err))
		return false;
	if (second >= argc && run_has(r, "help")) {
		*at -= 1; /* the family's name is the argument of help */
		r->command = command_named("help");
		return true;
	}
	if (second >= argc)
		return fail_family(family, NULL, err);
	snprintf(name, sizeof(name), "%s %.60s", family, argv[second]);
	r->command = command_named(name);
	if (!r->command)
		return fail_family(family, argv[second], err);
	*at = second + 1;
	return true;
}

static bool find_command(struct run *r, int *at, int argc, char **argv, struct err *err)
{
	const char *word = argv[*at];

	if (command_is_family(word)) {
		(*at)++;
		return find_member(r, word, at, argc, argv, err);
	}
	r->command = strchr(word, ' ') ? NULL : command_named(word);
	if (!r->command)
		return fail_command(word, err);
	(*at)++;
	return true;
}

/*
 * The words behind the first "--".  Counted before getopt_long moves words about: it
 * puts those that stood before it there, too.
 */
static unsigned count_behind(int at, int argc, char **argv)
{
	while (at < argc && strcmp(argv[at], "--") != 0)
		at++;
	return at < argc ? (unsigned)(argc - at - 1) : 0;
}

static void split_behind(struct run *r, unsigned n)
{
	r->n_args -= n;
	r->behind = r->args + r->n_args;
	r->n_behind = n;
}

bool options_read(struct run *r, int argc, char **argv, struct err *err)
{
	int at = 1;
	unsigned n_behind;

	if (argc < 2)
		return true;
	if (!read_options(r, NULL, true, 1, argc, argv, &at, err))
		return false;
	if (at >= argc)
		return true;
	if (!find_command(r, &at, argc, argv, err))
		return false;
	n_behind = count_behind(at, argc, argv);
	if (!read_options(r, r->command, false, at, argc, argv, &at, err))
		return false;
	r->args = argv + at;
	r->n_args = (unsigned)(argc - at);
	if (r->command->behind)
		split_behind(r, n_behind);
	return true;
}

bool options_have_json(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++)
		if (!strcmp(argv[i], "--json"))
			return true;
	return false;
}

/* --- arguments */

static unsigned count_args(const struct command *c)
{
	unsigned n = 0;

	while (c->args && c->args[n].name)
		n++;
	return n;
}

static bool check_count(const struct run *r, struct err *err)
{
	const struct command *c = r->command;
	CLEANUP(text_release) struct text usage = { 0 };

	help_add_usage(&usage, c);
	if (r->n_args < c->min_args)
		fail(err, ERR_INVALID, "'%s' needs %s", c->name, c->args[r->n_args].name);
	else if (r->n_args > count_args(c) && !c->repeats)
		fail(err, ERR_INVALID, "'%s' does not know what to do with '%.100s'", c->name,
		     r->args[count_args(c)]);
	else
		return true;
	return fail_hint(err, "usage: %s", text_str(&usage));
}

bool arguments_read(struct run *r, struct err *err)
{
	const struct command *c = r->command;

	if (!check_count(r, err))
		return false;
	for (unsigned i = 0; i < r->n_args && i < count_args(c); i++)
		if (!input_add_arg(r->input, &c->args[i], r->args[i], err))
			return false;
	return input_add_surroundings(r->input, r->own, c->sends, err);
}
