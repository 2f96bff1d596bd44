/*
 * Answers may come from another machine: what is missing, of another type or hostile in them must
 * not end the program nor reach the terminal.
 */
#include "lib/check.h"

#include <stdlib.h>

#include "cli/run.h"
#include "operations/operation.h"

static char argument[] = "word";
static char *word[] = { argument, NULL };

/* One that becomes another program says nothing itself. */
static const struct operation *operation_of(const struct command *c)
{
	return c->operation && c->render ? operation_named(c->operation) : NULL;
}

static void render(const struct command *c, const json_t *answer)
{
	struct run r = { .command = c,
			 .args = word,
			 .n_args = 1,
			 .input = json_object(),
			 .own = json_object() };
	struct err err = { 0 };

	/* what it answers is its own affair: an error is fine, harm is not */
	(void)!c->render(&r, answer, &err);
	CHECK(text_ok(&r.out.text) && text_ok(&r.out.notes), "%s", c->name);
	CHECK(!strchr(text_str(&r.out.text), '\033'), "%s: %s", c->name, text_str(&r.out.text));
	CHECK(!strchr(text_str(&r.out.notes), '\033'), "%s: %s", c->name, text_str(&r.out.notes));
	json_decref(r.input);
	json_decref(r.own);
	output_release(&r.out);
}

/* The outputs of a schema's examples. */
static json_t *examples_of(const struct operation *op)
{
	json_t *schema = json_loadb(op->schema->text, op->schema->text_len, 0, NULL);
	json_t *examples = json_incref(json_object_get(schema, "examples"));

	json_decref(schema);
	return examples;
}

/* Every string of the answer becomes `text`, every number `text` too if `all`. */
static json_t *poisoned(const json_t *value, const char *text, bool all)
{
	json_t *copy, *member;
	const char *key;
	size_t i;

	if (json_is_string(value) || (all && !json_is_object(value) && !json_is_array(value)))
		return json_string(text);
	copy = json_deep_copy(value);
	json_object_foreach(copy, key, member)
		json_object_set_new(copy, key, poisoned(member, text, all));
	json_array_foreach(copy, i, member)
		json_array_set_new(copy, i, poisoned(member, text, all));
	return copy;
}

static void render_examples(const struct command *c, const char *text, bool all)
{
	CLEANUP(json_cleanup) json_t *examples = examples_of(operation_of(c));
	json_t *example;
	size_t i;

	json_array_foreach(examples, i, example) {
		json_t *output = json_object_get(example, "output");
		json_t *changed = text ? poisoned(output, text, all) : json_incref(output);

		render(c, changed);
		json_decref(changed);
	}
}

static void answers__of_the_schemas_examples_are_rendered(void **state)
{
	for (unsigned i = 0; commands[i]; i++)
		if (operation_of(commands[i]))
			render_examples(commands[i], NULL, false);
}

static void answers__without_anything_in_them_are_rendered(void **state)
{
	CLEANUP(json_cleanup) json_t *nothing = json_object();

	for (unsigned i = 0; commands[i]; i++)
		if (operation_of(commands[i]))
			render(commands[i], nothing);
}

static void answers__of_other_types_are_rendered(void **state)
{
	for (unsigned i = 0; commands[i]; i++)
		if (operation_of(commands[i]))
			render_examples(commands[i], "x", true);
}

/* Into a file they keep every byte; to a terminal they do not: screen_add_file. */
static bool shows_file(const struct command *c)
{
	static const char *const names[] = { "agents-md",   "config",	     "policy show",
					     "port-config", "tunnel config", "tunnel push" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (!strcmp(c->name, names[i]))
			return true;
	return false;
}

static void answers__cannot_send_escape_sequences(void **state)
{
	for (unsigned i = 0; commands[i]; i++)
		if (operation_of(commands[i]) && !shows_file(commands[i]))
			render_examples(commands[i], "\033[2J\033]0;x\a", false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers__of_the_schemas_examples_are_rendered),
		cmocka_unit_test(answers__without_anything_in_them_are_rendered),
		cmocka_unit_test(answers__of_other_types_are_rendered),
		cmocka_unit_test(answers__cannot_send_escape_sequences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
