#include "cli/help.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/glyph.h"
#include "cli/screen.h"

#define HELP_COLUMNS 80

/* Rationale: "  project add-block" and two blanks. */
#define NAME_COLUMNS 22

static const struct group {
	const char *heading;
	const char *page; /* the man page, of section 1 */
} groups[] = {
	[GROUP_PORTS] = { "Ports", "portbook-ports" },
	[GROUP_LOOK] = { "Looking", "portbook-looking" },
	[GROUP_DIRECTORY] = { "A project's directory", "portbook-directory" },
	[GROUP_ENFORCING] = { "Holding programs to it", "portbook-enforcing" },
	[GROUP_BOOK] = { "Projects and rules", "portbook-projects" },
	[GROUP_FILES] = { "The book itself", "portbook-book" },
	[GROUP_SERVING] = { "Serving others", "portbook-serving" },
	[GROUP_HELP] = { "Help", "portbook" },
};
static_assert(ARRAY_LEN(groups) == GROUP_COUNT, "a group has no heading");

const char *help_page(const struct command *c)
{
	return groups[c->group].page;
}

void help_add_usage(struct text *t, const struct command *c)
{
	const struct arg_spec *a = c->args;

	text_addf(t, "portbook %s", c->name);
	for (unsigned i = 0; a && a[i].name; i++) {
		bool optional = i >= c->min_args, last = !a[i + 1].name;

		text_addf(t, " %s%s%s%s", optional ? "[" : "", a[i].name, optional ? "]" : "",
			  last && c->repeats ? "..." : "");
	}
	if (c->options)
		text_add(t, " [OPTIONS]");
	if (c->behind)
		text_addf(t, " -- %s", c->behind);
}

static bool is_member(const struct command *c, const char *family, size_t len)
{
	return !c->is_hidden && !strncmp(c->name, family, len) && c->name[len] == ' ';
}

void help_family_members(const char *family, char *ret, size_t size)
{
	size_t len = strlen(family), at = 0;

	if (size)
		*ret = '\0';
	for (unsigned i = 0; commands[i] && at < size; i++)
		if (is_member(commands[i], family, len))
			at += (size_t)snprintf(ret + at, size - at, "%s%s", at ? "|" : "",
					       commands[i]->name + len + 1);
}

/* A term and what it means, side by side; a long term has a line of its own. */
static void add_term(struct text *t, const char *term, const char *meaning)
{
	unsigned width = text_columns(term);

	if (width + 3 > NAME_COLUMNS)
		text_addf(t, "  %s\n%*s", term, NAME_COLUMNS, "");
	else
		text_addf(t, "  %-*s", NAME_COLUMNS - 2, term);
	screen_wrap(t, meaning, NAME_COLUMNS, HELP_COLUMNS);
	text_add(t, "\n");
}

static void add_option(struct text *t, const struct option_spec *o)
{
	char term[64];
	const char *arg = o->arg ? o->arg : "";

	if (o->letter)
		snprintf(term, sizeof(term), "-%c, --%s%s%s", o->letter, o->name, *arg ? " " : "",
			 arg);
	else
		snprintf(term, sizeof(term), "--%s%s%s", o->name, *arg ? " " : "", arg);
	add_term(t, term, o->help);
}

static void add_options(struct text *t, const char *heading, const struct option_spec *o)
{
	if (!o || !o->name)
		return;
	text_addf(t, "\n%s:\n", heading);
	for (; o->name; o++)
		add_option(t, o);
}

static void add_examples(struct text *t, const struct example *e)
{
	if (!e)
		return;
	text_add(t, "\nExamples:\n");
	for (; e->command; e++)
		text_addf(t, "  %s\n      %s\n", e->command, e->what);
}

void help_add_command(struct text *t, const struct command *c)
{
	text_add(t, "usage: ");
	help_add_usage(t, c);
	text_add(t, "\n\n");
	screen_wrap(t, c->summary, 0, HELP_COLUMNS);
	text_add(t, "\n");
	if (c->text) {
		text_add(t, "\n");
		screen_wrap(t, c->text, 0, HELP_COLUMNS);
		text_add(t, "\n");
	}
	add_options(t, "Options", c->options);
	add_options(t, "Everywhere", global_options);
	add_examples(t, c->examples);
	text_addf(t, "\nman %s says more.\n", help_page(c));
}

void help_add_family(struct text *t, const char *family)
{
	size_t len = strlen(family);
	char members[128];

	help_family_members(family, members, sizeof(members));
	text_addf(t, "usage: portbook %s %s\n\n", family, members);
	for (unsigned i = 0; commands[i]; i++)
		if (is_member(commands[i], family, len))
			add_term(t, commands[i]->name, commands[i]->summary);
	text_addf(t, "\nportbook help %s WORD says more.\n", family);
}

/* Rationale: the longest of them. */
#define FIRST_STEP_COLUMNS 20

/* For who sees this for the first time. */
static const struct example first_steps[] = {
	{ "portbook get web", "the port of this directory's web server, now and later" },
	{ "portbook check 3000", "whose port that is" },
	{ "portbook env --write", "all of them as variables, in .ports.env" },
	{ "portbook", "where you are, and what to do next" },
	{ NULL, NULL },
};

static void add_first_steps(struct text *t)
{
	text_add(t, "\nTo begin with, in a project's directory:\n");
	for (const struct example *e = first_steps; e->command; e++)
		text_addf(t, "  %-*s  %s\n", FIRST_STEP_COLUMNS, e->command, e->what);
}

static void add_group(struct text *t, unsigned group)
{
	text_addf(t, "\n%s:\n", groups[group].heading);
	for (unsigned i = 0; commands[i]; i++)
		if (commands[i]->group == group && !commands[i]->is_hidden)
			add_term(t, commands[i]->name, commands[i]->summary);
}

void help_add_all(struct text *t)
{
	text_add(t, "usage: portbook [--book URL] [--host HOST] [--json] [--quiet] [--color WHEN]\n"
		    "                COMMAND ...\n\n");
	screen_wrap(t,
		    "The register of who owns which port. A service is written project/service, "
		    "project@2/service for the project's second instance, or just service inside "
		    "of the project's directory. With no command at all: where you are.",
		    0, HELP_COLUMNS);
	text_add(t, "\n");
	add_first_steps(t);
	for (unsigned g = 0; g < GROUP_COUNT; g++)
		add_group(t, g);
	add_options(t, "Everywhere", global_options);
	text_add(t, "\n");
	screen_wrap(t,
		    "Exit status: 0 done, 1 the answer is no, 2 wrong use or input, 3 taken by "
		    "another, 4 no port left, 5 the book cannot be used, 6 not permitted.\n\n"
		    "PORTBOOK_BOOK names the book, PORTBOOK_ENV the environment. With "
		    "PORTBOOK_DISABLE=1 hooks and wrappers let everything through; the commands "
		    "here work as ever. portbook help COMMAND says more.",
		    0, HELP_COLUMNS);
	text_add(t, "\n");
}
