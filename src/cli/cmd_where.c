/* The bare `portbook`: where you are, what this directory has, what to type next. */
#include "cli/cmd.h"
#include "cli/entry_text.h"
#include "cli/screen.h"

static void add_safe(struct text *t, const char *before, const char *text, const char *after)
{
	if (!text)
		return;
	text_add(t, before);
	screen_add(t, text, 0);
	text_add(t, after);
}

static void add_directory(struct text *t, const json_t *directory)
{
	const char *branch = json_text_of(directory, "branch");

	add_safe(t, "", text_or(directory, "path", "?"), "");
	if (json_bool_of(directory, "isWorktree"))
		text_add(t, branch ? ", worktree of " : ", a git worktree");
	else if (branch)
		text_add(t, ", branch ");
	add_safe(t, "", branch, "");
	text_add(t, "\n");
}

static void add_owner(struct run *r, const json_t *answer)
{
	const json_t *project = json_object_get(answer, "project");
	const json_t *instance = json_object_get(answer, "instance");
	long long number = json_int_of(project, "projectNumber", -1);
	struct text *t = &r->out.text;

	text_add(t, "project ");
	output_styled(&r->out, STYLE_BOLD, text_or(project, "projectName", "?"));
	if (number >= 0)
		text_addf(t, ", number %lld", number);
	if (json_is_object(instance)) {
		text_addf(t, ", instance %lld", (long long)json_int_of(instance, "instance", 1));
		add_safe(t, " (", json_text_of(instance, "purpose"), ")");
	}
	text_add(t, "\n");
}

static void add_ports(struct run *r, const json_t *answer)
{
	const json_t *ports = json_object_get(answer, "ports"), *entry;
	size_t i;

	if (!json_is_object(json_object_get(answer, "project"))) {
		text_add(&r->out.text, "This directory has no project in the book yet.\n");
		return;
	}
	add_owner(r, answer);
	json_array_foreach(ports, i, entry)
		entry_add_line(&r->out.text, entry, 2);
	if (!json_array_size(ports))
		text_add(&r->out.text, "  (no ports yet)\n");
}

/* Rationale: as many as are read at a glance, and fit a line or two. */
#define DECLARED_SHOWN 8

/* "  portbook.yaml declares api, db: not entered yet" */
static void add_declared(struct text *t, const json_t *declared)
{
	size_t count = json_array_size(declared), i;
	const json_t *one;

	if (!count)
		return;
	text_add(t, "  portbook.yaml declares ");
	json_array_foreach(json_walked(declared), i, one)
		if (i < DECLARED_SHOWN)
			add_safe(t, i ? ", " : "", json_string_value(one), "");
	if (count > DECLARED_SHOWN)
		text_addf(t, " and %zu more", count - DECLARED_SHOWN);
	text_add(t, ": not entered yet\n");
}

static void add_book(struct text *t, const json_t *answer)
{
	const json_t *summary = json_object_get(answer, "summary");
	long long services = json_int_of(summary, "services", 0);
	long long projects = json_int_of(summary, "projects", 0);

	text_addf(t, "\nThe book has %lld service%s across %lld project%s.\n", services,
		  services == 1 ? "" : "s", projects, projects == 1 ? "" : "s");
	add_safe(t, "  ", json_text_of(answer, "book"), "");
	add_safe(t, "  (policy ", json_text_of(answer, "policy"), ")");
	text_add(t, "\n");
}

static bool where_render(struct run *r, const json_t *answer, struct err *err)
{
	const json_t *next = json_object_get(answer, "next"), *one;
	size_t i;

	add_directory(&r->out.text, json_object_get(answer, "directory"));
	add_ports(r, answer);
	add_declared(&r->out.text, json_object_get(answer, "declared"));
	add_book(&r->out.text, answer);
	text_add(&r->out.text, "\nNext:\n");
	json_array_foreach(next, i, one)
		add_safe(&r->out.text, "  ", json_string_value(one), "\n");
	text_add(&r->out.text, "  portbook help\n");
	return true;
}

/* "shop", "shop@2", for scripts. */
static bool say_name(struct run *r, const json_t *answer, struct err *err)
{
	const json_t *project = json_object_get(answer, "project");
	long long instance = json_int_of(json_object_get(answer, "instance"), "instance", 0);

	if (!json_is_object(project) || !instance) {
		fail(err, ERR_NOT_FOUND, "this directory has no project in the book");
		return fail_hint(err, "portbook init enters it");
	}
	screen_add(&r->out.text, text_or(project, "projectName", "?"), 0);
	if (instance > 1)
		text_addf(&r->out.text, "@%lld", instance);
	text_add(&r->out.text, "\n");
	return true;
}

static bool where_run(struct run *r, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;

	if (!run_has(r, "name"))
		return run_plain(r, err);
	return run_call(r, r->command->operation, r->input, &answer, err) &&
	       (r->out.json ? run_show(r, answer, err) : say_name(r, answer, err));
}

static const struct option_spec options[] = {
	{ .name = "name",
	  .kind = VALUE_FLAG,
	  .help = "only the project and its instance, as other commands take them: shop@2" },
	{ 0 },
};

const struct command cmd_where = {
	.name = "where",
	.group = GROUP_LOOK,
	.summary = "where you are, what this directory has, what to do next",
	.text = "The same as portbook with no command at all.",
	.options = options,
	.operation = "where",
	.sends = SENDS_PATH | SENDS_HOST,
	.run = where_run,
	.render = where_render,
};
