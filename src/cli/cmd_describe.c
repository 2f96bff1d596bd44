/* What help knows, as JSON: the man pages are made of it (tools/manpages.py). */
#include "cli/cmd.h"
#include "cli/help.h"

static bool append_choices(json_t *array, const char *const *choices)
{
	for (; choices && *choices; choices++)
		if (!json_append(array, json_string(*choices)))
			return false;
	return true;
}

static json_t *option_json(const struct option_spec *o)
{
	const char letter[] = { o->letter, '\0' };
	json_t *one = json_object(), *choices = json_array();

	if (json_put(one, "choices", choices) && json_put_text(one, "letter", letter) &&
	    json_put_text(one, "name", o->name) && json_put_text(one, "arg", o->arg) &&
	    json_put_text(one, "help", o->help) && append_choices(choices, o->choices))
		return one;
	json_decref(one);
	return NULL;
}

static json_t *options_json(const struct option_spec *o)
{
	json_t *all = json_array();

	for (; o && o->name; o++)
		if (!json_append(all, option_json(o))) {
			json_decref(all);
			return NULL;
		}
	return all;
}

static json_t *examples_json(const struct example *e)
{
	json_t *all = json_array();

	for (; e && e->command; e++)
		if (!json_append(all,
				 json_pack("{s:s, s:s}", "command", e->command, "what", e->what))) {
			json_decref(all);
			return NULL;
		}
	return all;
}

static json_t *command_json(const struct command *c)
{
	CLEANUP(text_release) struct text usage = { 0 };
	json_t *one = json_object();

	help_add_usage(&usage, c);
	if (text_ok(&usage) && json_put_text(one, "name", c->name) &&
	    json_put_int(one, "group", c->group) && json_put_text(one, "page", help_page(c)) &&
	    json_put_text(one, "usage", text_str(&usage)) &&
	    json_put_text(one, "summary", c->summary) && json_put_text(one, "text", c->text) &&
	    json_put(one, "options", options_json(c->options)) &&
	    json_put(one, "examples", examples_json(c->examples)))
		return one;
	json_decref(one);
	return NULL;
}

static bool add_commands(json_t *answer, struct err *err)
{
	json_t *all = json_array();

	if (!json_put(answer, "commands", all))
		return fail_memory(err);
	for (unsigned i = 0; commands[i]; i++)
		if (!commands[i]->is_hidden && !json_append(all, command_json(commands[i])))
			return fail_memory(err);
	return true;
}

static bool describe_run(struct run *r, struct err *err)
{
	CLEANUP(json_cleanup)
	json_t *answer = json_pack("{s:s}", "version", PORTBOOK_VERSION);

	if (!answer || !json_put(answer, "everywhere", options_json(global_options)))
		return fail_memory(err);
	return add_commands(answer, err) && output_json(&r->out, answer, err);
}

static bool describe_render(struct run *r, const json_t *answer, struct err *err)
{
	return true;
}

const struct command cmd___describe = {
	.name = "__describe",
	.group = GROUP_HELP,
	.is_hidden = true,
	.summary = "the commands and their options as JSON",
	.run = describe_run,
	.render = describe_render,
};
