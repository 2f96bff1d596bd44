/*
 * One call a target.  A target that fails is told at once and the others go on, as with rm: the
 * exit status is that of the first failure.
 */
#include <stdio.h>

#include "book/session.h"
#include "cli/ask.h"
#include "cli/cmd.h"
#include "cli/entry_options.h"
#include "cli/entry_text.h"
#include "cli/input.h"
#include "cli/piece.h"
#include "operations/operation.h"

static const struct arg_spec args[] = {
	{ "SERVICE|PORT", VALUE_OWN, .completes = COMPLETES_SERVICE_OR_PORT }, { 0 }
};

/* clang-format off */
static const struct option_spec options[] = {
	OPTIONS_WHICH,
	{ .name = "all", .letter = 'a', .kind = VALUE_FLAG, .field = "all",
	  .args_complete = COMPLETES_PROJECT,
	  .help = "everything of a project, or of one instance: PROJECT@N" },
	OPTION_YES("do not ask before --all"),
	{ 0 },
};
/* clang-format on */

/* Rationale: more than a few are not read before the question is answered. */
#define SHOWN_BEFORE_QUESTION 8

/* What this run has done so far. */
struct released {
	json_t *answer;	  /* released, count, others of all calls */
	struct err first; /* the first failure; ERR_NONE: none */
};

static bool is_all(const struct run *r)
{
	return json_bool_of(r->input, "all");
}

/* --- the question before --all */

/* This machine; "": nobody was asked. */
static const char *own_host(const struct run *r)
{
	return r->session ? session_host(r->session) : "";
}

static void add_held(struct text *t, const json_t *entry, const char *host)
{
	entry_add_text(t, entry, 2);
	entry_add_host(t, entry, host);
	text_add(t, "\n");
}

static void add_question(struct text *t, const char *target, const json_t *ports, const char *host)
{
	size_t n = json_array_size(ports);

	text_addf(t, "%s holds %zu port%s:\n", target, n, n == 1 ? "" : "s");
	for (size_t i = 0; i < n && i < SHOWN_BEFORE_QUESTION; i++)
		add_held(t, json_array_get(ports, i), host);
	if (n > SHOWN_BEFORE_QUESTION)
		text_addf(t, "  ... and %zu more\n", n - SHOWN_BEFORE_QUESTION);
	text_add(t, "Release all of them?");
}

/* What `input` would release, as `list` knows it. */
static bool list_targets(struct run *r, const json_t *input, json_t **ret, struct err *err)
{
	static const char *const fields[] = { "projectName", "instance", "environment", "host" };
	CLEANUP(json_cleanup) json_t *filter = json_object();

	if (!filter)
		return fail_memory(err);
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		json_t *value = json_object_get(input, fields[i]);

		if (value && json_object_set(filter, fields[i], value) < 0)
			return fail_memory(err);
	}
	return run_call(r, "list", filter, ret, err);
}

/* `*ret` false: the person said no. */
static bool ask_all(struct run *r, const char *target, const json_t *input, bool *ret,
		    struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	CLEANUP(piece_cleanup) struct piece question = { .of = &r->out.notes };

	*ret = true;
	if (run_has(r, "yes"))
		return true;
	if (!ask_is_possible(r)) {
		fail(err, ERR_INVALID, "--all asks first, and there is nobody to ask");
		return fail_hint(err, "portbook release %s --all --yes", target);
	}
	if (!list_targets(r, input, &answer, err))
		return false;
	if (!json_array_size(json_object_get(answer, "ports")))
		return true; /* the operation says that there is nothing */
	add_question(&question.text, target, json_object_get(answer, "ports"), own_host(r));
	*ret = ask_yes(r, text_str(&question.text));
	return true;
}

/* --- one target */

static json_t *make_input(const struct run *r, const char *target, struct err *err)
{
	const struct arg_spec arg = {
		.name = is_all(r) ? "PROJECT" : args[0].name,
		.kind = is_all(r) ? VALUE_PROJECT : VALUE_SERVICE_OR_PORT,
	};
	json_t *input = json_copy(r->input);

	if (!input) {
		fail_memory(err);
		return NULL;
	}
	/* PORTBOOK_ENV says which service is meant; "all" means all. */
	if (!input_add_arg(input, &arg, target, err) ||
	    !input_add_surroundings(input, r->own, is_all(r) ? 0 : SENDS_ENV, err)) {
		json_decref(input);
		return NULL;
	}
	return input;
}

static bool collect(struct released *all, const json_t *answer, struct err *err)
{
	json_t *entries = json_object_get(all->answer, "released");
	json_t *others = json_object_get(all->answer, "others");
	json_t *more = json_object_get(answer, "released");
	json_t *more_others = json_object_get(answer, "others");

	if ((more && json_array_extend(entries, more) < 0) ||
	    (more_others && json_array_extend(others, more_others) < 0) ||
	    !json_put_int(all->answer, "count", (int64_t)json_array_size(entries)))
		return fail_memory(err);
	return true;
}

static bool release_one(struct run *r, const char *target, struct released *all, struct err *err)
{
	CLEANUP(json_cleanup) json_t *input = make_input(r, target, err);
	CLEANUP(json_cleanup) json_t *answer = NULL;
	bool yes = true;

	if (!input || (is_all(r) && !ask_all(r, target, input, &yes, err)))
		return false;
	if (!yes)
		return fail(err, ERR_NOT_FREE, "'%s' keeps its ports", target);
	if (!run_call(r, "release", input, &answer, err) || !collect(all, answer, err))
		return false;
	return r->out.json || run_show(r, answer, err);
}

/* --- all of them */

/* Not json_object_update_missing, which in jansson 2.14 does not say that there was no memory. */
static bool add_done(json_t *error, json_t *done)
{
	static const char *const fields[] = { "released", "count", "others" };

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (json_object_set(error, fields[i], json_object_get(done, fields[i])) < 0)
			return false;
	return true;
}

static bool show_json(struct run *r, struct released *all, struct err *err)
{
	CLEANUP(json_cleanup) json_t *error = NULL;

	if (all->first.code == ERR_NONE)
		return output_json(&r->out, all->answer, err);
	error = operation_error(&all->first);
	if (!error || !add_done(error, all->answer))
		return fail_memory(err);
	return output_json(&r->out, error, err);
}

static bool is_hopeless(enum err_code code)
{
	return err_exit_status(code) == err_exit_status(ERR_BOOK);
}

static bool release_targets(struct run *r, struct released *all, struct err *err)
{
	for (unsigned i = 0; i < r->n_args; i++) {
		struct err one = { 0 };

		if (release_one(r, r->args[i], all, &one))
			continue;
		if (!r->out.json)
			output_error(&r->out, &one);
		if (all->first.code == ERR_NONE)
			all->first = one;
		if (is_hopeless(one.code))
			break;
	}
	r->status = err_exit_status(all->first.code);
	return !r->out.json || show_json(r, all, err);
}

static bool release_run(struct run *r, struct err *err)
{
	struct released all = {
		.answer = json_pack("{s:b, s:[], s:i, s:[]}", "success", 1, "released", "count", 0,
				    "others"),
	};
	bool ok = all.answer ? release_targets(r, &all, err) : fail_memory(err);

	json_decref(all.answer);
	return ok;
}

static bool release_render(struct run *r, const json_t *answer, struct err *err)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(answer, "released"), i, one) {
		text_add(&r->out.text, "released ");
		entry_add_port(&r->out.text, one);
		text_add(&r->out.text, " (");
		entry_add_name(&r->out.text, one);
		text_add(&r->out.text, ")");
		entry_add_host(&r->out.text, one, own_host(r));
		text_add(&r->out.text, "\n");
	}
	json_array_foreach(json_object_get(answer, "others"), i, one)
		if (json_is_string(one))
			output_note(&r->out, "%s", json_string_value(one));
	return true;
}

static const struct example examples[] = {
	{ "portbook release consilio/web", "all its ports in the default environment" },
	{ "portbook release 3100 3101", "these ports, whoever holds them" },
	{ "portbook release consilio@2 --all", "everything of the second instance" },
	{ NULL, NULL },
};

const struct command cmd_release = {
	.name = "release",
	.group = GROUP_PORTS,
	.summary = "give ports back",
	.text = "Frees all ports of a service in one environment, or the ports that are named. "
		"With --all everything of a project or instance, in every environment, after a "
		"question. Released entries stay in the history, and a service that asks again "
		"gets its old port if that is still free.",
	.examples = examples,
	.args = args,
	.min_args = 1,
	.repeats = true,
	.options = options,
	.operation = "release",
	.sends = SENDS_PATH | SENDS_HOST,
	.run = release_run,
	.render = release_render,
};
