#include "cli/typed.h"

#include <stdio.h>
#include <string.h>

#include "cli/input.h"

/* --- options */

static const struct option_spec *option_in(const struct option_spec *specs, const char *name,
					   size_t len, bool whole)
{
	for (; specs && specs->name; specs++)
		if (!strncmp(specs->name, name, len) && (!whole || !specs->name[len]))
			return specs;
	return NULL;
}

static const struct option_spec *letter_in(const struct option_spec *specs, char letter)
{
	for (; specs && specs->name; specs++)
		if (specs->letter && specs->letter == letter)
			return specs;
	return NULL;
}

static const struct option_spec *own_options(const struct typed *t)
{
	return t->command ? t->command->options : NULL;
}

const struct option_spec *typed_letter(const struct typed *t, char letter)
{
	const struct option_spec *o = letter_in(own_options(t), letter);

	return o ? o : letter_in(global_options, letter);
}

/* How many begin so, as getopt_long takes the beginning of one for the whole. */
static unsigned count_like(const struct option_spec *specs, const char *name, size_t len)
{
	unsigned n = 0;

	for (; specs && specs->name; specs++)
		n += !strncmp(specs->name, name, len);
	return n;
}

const struct option_spec *typed_option(const struct typed *t, const char *name, size_t len)
{
	const struct option_spec *own = own_options(t), *o = option_in(own, name, len, true);

	if (!o)
		o = option_in(global_options, name, len, true);
	if (o || count_like(own, name, len) + count_like(global_options, name, len) != 1)
		return o;
	o = option_in(own, name, len, false);
	return o ? o : option_in(global_options, name, len, false);
}

bool typed_has(const struct typed *t, const struct option_spec *o)
{
	for (unsigned i = 0; i < t->n_given; i++)
		if (t->given[i] == o)
			return true;
	return false;
}

/* A value that is wrong is told by the command itself. */
static void take_value(struct run *r, const struct option_spec *o, const char *text)
{
	(void)!input_add_option(r->input, r->own, o, text, NULL);
}

static void take_option(struct run *r, struct typed *t, const struct option_spec *o,
			const char *value)
{
	if (t->n_given < TYPED_MAX_OPTIONS)
		t->given[t->n_given++] = o;
	if (!o->arg)
		take_value(r, o, NULL);
	else if (value)
		take_value(r, o, value);
	else
		t->pending = o;
}

static void read_long(struct run *r, struct typed *t, const char *word)
{
	size_t len = strcspn(word, "=");
	const struct option_spec *o = typed_option(t, word, len);

	if (o)
		take_option(r, t, o, word[len] ? word + len + 1 : NULL);
}

/* "-nq", "-e test", "-etest" */
static void read_letters(struct run *r, struct typed *t, const char *letters)
{
	for (; *letters; letters++) {
		const struct option_spec *o = typed_letter(t, *letters);

		if (!o)
			continue;
		take_option(r, t, o, o->arg && letters[1] ? letters + 1 : NULL);
		if (o->arg)
			return;
	}
}

/* --- commands and arguments */

static void read_command(struct typed *t, const char *word)
{
	char name[128];

	snprintf(name, sizeof(name), "%s%s%.60s", t->family ? t->family : "", t->family ? " " : "",
		 word);
	if (!t->family && command_is_family(word)) {
		t->family = word;
		return;
	}
	t->command = command_named(name);
	t->is_lost = !t->command || t->command->is_hidden;
}

const struct arg_spec *typed_next_arg(const struct typed *t)
{
	const struct arg_spec *args = t->command ? t->command->args : NULL, *last = NULL;

	for (unsigned i = 0; args && args[i].name; i++) {
		last = &args[i];
		if (i == t->n_args)
			return last;
	}
	return t->command && t->command->repeats ? last : NULL;
}

static void read_word(struct run *r, struct typed *t, const char *word)
{
	const struct arg_spec *arg = typed_next_arg(t);

	if (!t->command) {
		read_command(t, word);
		return;
	}
	if (t->only_args && t->command->behind)
		return;
	if (arg && arg->kind != VALUE_OWN)
		(void)!input_add_arg(r->input, arg, word, NULL);
	if (!t->n_args++)
		t->first_arg = word;
}

void typed_read(struct run *r, char *const *words, unsigned n, struct typed *ret)
{
	struct typed t = { 0 };

	for (unsigned i = 0; i < n && !t.is_lost; i++) {
		const char *word = words[i];

		if (t.pending) {
			take_value(r, t.pending, word);
			t.pending = NULL;
		} else if (t.only_args || word[0] != '-' || !word[1]) {
			read_word(r, &t, word);
		} else if (!strcmp(word, "--")) {
			t.only_args = true;
		} else if (word[1] == '-') {
			read_long(r, &t, word + 2);
		} else {
			read_letters(r, &t, word + 1);
		}
	}
	*ret = t;
}
