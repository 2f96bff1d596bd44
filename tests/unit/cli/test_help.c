#include "lib/check.h"

#include <stdlib.h>

#include "base/glyph.h"
#include "cli/help.h"
#include "operations/operation.h"

/* Rationale: what options_read has room for. */
#define MOST_OPTIONS 48

static void check_fits(const char *what, const struct text *t)
{
	char *copy = strdup(text_str(t)), *rest = copy, *line;

	CHECK(copy && *copy, "%s", what);
	while ((line = strsep(&rest, "\n"))) {
		size_t len = strlen(line);

		CHECK(text_columns(line) <= 80, "%s: '%s'", what, line);
		CHECK(!len || line[len - 1] != ' ', "%s: a blank at the end of '%s'", what, line);
	}
	free(copy);
}

static void help__fits_80_columns(void **state)
{
	CLEANUP(text_release) struct text all = { 0 };

	help_add_all(&all);
	check_fits("help", &all);
	for (unsigned i = 0; commands[i]; i++) {
		CLEANUP(text_release) struct text t = { 0 };

		help_add_command(&t, commands[i]);
		check_fits(commands[i]->name, &t);
	}
}

static void help__lists_every_command_but_the_hidden(void **state)
{
	CLEANUP(text_release) struct text all = { 0 };

	help_add_all(&all);
	for (unsigned i = 0; commands[i]; i++) {
		char line[64];

		snprintf(line, sizeof(line), "\n  %s ", commands[i]->name);
		CHECK(!strstr(text_str(&all), line) == commands[i]->is_hidden, "%s",
		      commands[i]->name);
	}
}

static void commands__are_in_alphabetical_order(void **state)
{
	for (unsigned i = 1; commands[i]; i++)
		CHECK(strcmp(commands[i - 1]->name, commands[i]->name) < 0, "%s",
		      commands[i]->name);
}

/* One that asks, and then becomes another program, answers nothing itself. */
static bool becomes_another(const struct command *c)
{
	return !strcmp(c->name, "exec-held");
}

static void commands__have_what_help_and_calling_need(void **state)
{
	for (unsigned i = 0; commands[i]; i++) {
		const struct command *c = commands[i];

		CHECK(c->summary && strlen(c->summary) <= 58, "%s", c->name);
		CHECK(c->render || (c->run && (!c->operation || becomes_another(c))), "%s",
		      c->name);
		CHECK(c->operation || c->run, "%s", c->name);
		for (unsigned e = 0; c->examples && c->examples[e].command; e++)
			CHECK(strstr(c->examples[e].command, "portbook ") != NULL, "%s", c->name);
	}
}

/* --- the descriptors and the schemas say the same */

static const struct schema_field *field_of(const struct command *c, const char *name)
{
	const struct operation *op = operation_named(c->operation);

	CHECK(op != NULL, "%s: there is no operation '%s'", c->name, c->operation);
	for (size_t i = 0; op && i < op->schema->n_input; i++)
		if (!strcmp(op->schema->input[i].name, name))
			return &op->schema->input[i];
	return NULL;
}

static enum field_type type_of(enum value_kind kind)
{
	switch (kind) {
	case VALUE_FLAG: return FIELD_BOOLEAN;
	case VALUE_INT:
	case VALUE_PORT: return FIELD_INTEGER;
	case VALUE_LIST: return FIELD_ARRAY;
	case VALUE_PAIR:
	case VALUE_PAIR_OR_NULL: return FIELD_OBJECT;
	case VALUE_FIXED:
	case VALUE_TEXT:
	case VALUE_PATH:
	case VALUE_SERVICE:
	case VALUE_SERVICE_OR_PORT:
	case VALUE_PROJECT:
	case VALUE_OWN: return FIELD_STRING;
	}
	abort();
}

static void check_field(const struct command *c, const struct option_spec *o)
{
	const struct schema_field *f = field_of(c, o->field);

	CHECK(f != NULL, "%s --%s: '%s' is no field of %s", c->name, o->name, o->field,
	      c->operation);
	if (!f)
		return;
	CHECK(f->type == type_of(o->kind), "%s --%s: its type is another", c->name, o->name);
	if (o->kind == VALUE_INT)
		CHECK(f->min == o->min && f->max == o->max, "%s --%s: other limits", c->name,
		      o->name);
	for (unsigned i = 0; !o->may_be_other && o->choices && o->choices[i]; i++)
		CHECK(f->choices && f->choices[i] && !strcmp(f->choices[i], o->choices[i]),
		      "%s --%s: other choices", c->name, o->name);
}

/* One that asks several operations, or none first, makes its input by hand. */
static bool asks_by_hand(const struct command *c)
{
	return !c->operation && c->run;
}

/* get-port may turn into get, which knows more. */
static bool is_of_another_operation(const struct command *c, const struct option_spec *o)
{
	const struct command get = { .name = c->name, .operation = "get" };

	return !strcmp(c->name, "get-port") && !field_of(c, o->field) && field_of(&get, o->field);
}

static void options__are_fields_of_the_commands_operation(void **state)
{
	for (unsigned i = 0; commands[i]; i++) {
		const struct command *c = commands[i];

		if (asks_by_hand(c))
			continue;
		for (const struct option_spec *o = c->options; o && o->name; o++)
			if (o->field && !is_of_another_operation(c, o))
				check_field(c, o);
		for (const struct arg_spec *a = c->args; a && a->name; a++)
			CHECK(!a->field || field_of(c, a->field), "%s %s", c->name, a->name);
	}
}

static void surroundings__are_fields_of_the_commands_operation(void **state)
{
	static const struct {
		unsigned flag;
		const char *field;
	} row[] = { { SENDS_PATH, "path" }, { SENDS_HOST, "host" }, { SENDS_ENV, "environment" } };

	for (unsigned i = 0; commands[i]; i++)
		for (size_t j = 0; j < ARRAY_LEN(row); j++)
			if (commands[i]->sends & row[j].flag && !asks_by_hand(commands[i]))
				CHECK(field_of(commands[i], row[j].field), "%s sends '%s'",
				      commands[i]->name, row[j].field);
}

static void options__are_few_enough_and_no_two_are_alike(void **state)
{
	for (unsigned i = 0; commands[i]; i++) {
		const struct option_spec *all[MOST_OPTIONS + 1];
		unsigned n = 0;

		for (const struct option_spec *o = commands[i]->options; o && o->name; o++)
			all[n++] = o;
		for (const struct option_spec *o = global_options; o->name; o++)
			all[n++] = o;
		CHECK(n <= MOST_OPTIONS, "%s", commands[i]->name);
		for (unsigned a = 0; a < n; a++)
			for (unsigned b = a + 1; b < n; b++)
				CHECK(strcmp(all[a]->name, all[b]->name) &&
					      (!all[a]->letter || all[a]->letter != all[b]->letter),
				      "%s: --%s and --%s", commands[i]->name, all[a]->name,
				      all[b]->name);
	}
}

/* By a command that asks another one, too: history --health, run. */
static bool is_asked_by_an_option(const char *operation)
{
	static const char *const names[] = { "audit-changes",  "cleanup-report", "guard",
					     "run-note",       "run-port",	 "uptime",
					     "worktree-remove" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (!strcmp(operation, names[i]))
			return true;
	return false;
}

static void operations__can_all_be_asked_from_the_command_line(void **state)
{
	for (unsigned i = 0; operations[i]; i++) {
		bool found = is_asked_by_an_option(operations[i]->schema->name);

		for (unsigned j = 0; commands[j]; j++)
			found = found ||
				(commands[j]->operation &&
				 !strcmp(commands[j]->operation, operations[i]->schema->name));
		CHECK(found, "%s", operations[i]->schema->name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(help__fits_80_columns),
		cmocka_unit_test(help__lists_every_command_but_the_hidden),
		cmocka_unit_test(commands__are_in_alphabetical_order),
		cmocka_unit_test(commands__have_what_help_and_calling_need),
		cmocka_unit_test(options__are_fields_of_the_commands_operation),
		cmocka_unit_test(surroundings__are_fields_of_the_commands_operation),
		cmocka_unit_test(options__are_few_enough_and_no_two_are_alike),
		cmocka_unit_test(operations__can_all_be_asked_from_the_command_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
