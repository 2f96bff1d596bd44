/*
 * The family `policy`: the rules of the book.  A file is read here and sent as text, as the book
 * may be another machine's.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/cmd.h"
#include "cli/entry_text.h"
#include "cli/rows.h"
#include "cli/screen.h"

/* Rationale: schemas/policy-use.json takes as much. */
#define POLICY_LIMIT ((size_t)1 << 20)

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && !strcmp(text + len - end_len, end);
}

/* A word that names a policy which is built in is that policy, also where a file has the name. */
static bool is_file(const char *word)
{
	return strchr(word, '/') || ends_with(word, ".yaml") || ends_with(word, ".yml");
}

static bool add_file(json_t *input, const char *path, struct err *err)
{
	CLEANUP(text_release) struct text text = { 0 };

	if (!file_read(path, POLICY_LIMIT, &text, err))
		return false;
	if (memchr(text_str(&text), '\0', text.len))
		return fail(err, ERR_INVALID, "'%s' holds a NUL byte: it is no policy", path);
	if (!text.len)
		return fail(err, ERR_INVALID, "'%s' is empty", path);
	if (!json_put(input, "text", json_stringn(text_str(&text), text.len)))
		return fail(err, ERR_INVALID, "'%s' is not valid UTF-8", path);
	return json_put_text(input, "fileName", path) || fail_memory(err);
}

/* NAME or FILE: a file that has no such ending is taken if no policy is called so. */
static bool call_with_policy(struct run *r, json_t **ret, struct err *err)
{
	const char *word = r->args[0], *operation = r->command->operation;
	struct err why = { 0 };

	if (is_file(word))
		return add_file(r->input, word, err) && run_call(r, operation, r->input, ret, err);
	if (!json_put_text(r->input, "name", word))
		return fail_memory(err);
	if (run_call(r, operation, r->input, ret, &why))
		return true;
	if (why.code != ERR_NOT_FOUND || access(word, F_OK) < 0) {
		*err = why;
		return false;
	}
	json_object_del(r->input, "name");
	return add_file(r->input, word, err) && run_call(r, operation, r->input, ret, err);
}

/* --- list and show */

static void show_yes(const json_t *row, struct text *t)
{
	text_add(t, json_bool_of(row, "inUse") ? "in use" : "");
}

static void show_origin(const json_t *row, struct text *t)
{
	text_add(t, json_bool_of(row, "builtIn") ? "built in" : "your own");
}

static const struct column columns[] = {
	{ .title = "POLICY", .field = "name" },
	{ .title = "", .field = "inUse", .show = show_yes },
	{ .title = "FROM", .field = "builtIn", .importance = 1, .show = show_origin },
	{ .title = "FOR", .field = "description", .least = 20 },
	{ 0 },
};

static const struct option_spec list_options[] = { OPTION_FORMAT, { 0 } };

static bool list_render(struct run *r, const json_t *answer, struct err *err)
{
	return rows_show(r, json_object_get(answer, "policies"), columns, "there are no policies",
			 err);
}

const struct command cmd_policy_list = {
	.name = "policy list",
	.group = GROUP_BOOK,
	.summary = "the policies that are built in, and the one in use",
	.options = list_options,
	.operation = "policy-list",
	.run = rows_run,
	.render = list_render,
};

static const struct arg_spec show_args[] = { { "NAME", VALUE_TEXT, "name", COMPLETES_POLICY },
					     { 0 } };

static bool show_render(struct run *r, const json_t *answer, struct err *err)
{
	screen_add_file(&r->out.text, text_or(answer, "text", ""), isatty(STDOUT_FILENO));
	return true;
}

static const struct example show_examples[] = {
	{ "portbook policy show blocks > mine.yaml", "a start for one of your own" },
	{ NULL, NULL },
};

const struct command cmd_policy_show = {
	.name = "policy show",
	.group = GROUP_BOOK,
	.summary = "a policy as YAML; without a name, the one in use",
	.examples = show_examples,
	.args = show_args,
	.operation = "policy-show",
	.render = show_render,
};

/* --- check */

static const struct arg_spec check_args[] = {
	{ "FILE|NAME", VALUE_OWN, .completes = COMPLETES_POLICY_OR_FILE }, { 0 }
};

/* How long ":4:12" is in "mine.yaml:4:12: ...", the start of a message; 0: it says no place. */
static size_t place_length(const char *file, const char *message)
{
	size_t file_len = strlen(file), len;

	if (strncmp(message, file, file_len))
		return 0;
	len = strspn(message + file_len, ":0123456789");
	return len > 1 && message[file_len + len] == ' ' ? len - 1 : 0;
}

/* "mine.yaml:4: error: ...", as compilers say it, so that editors can jump there. */
static void add_finding(struct run *r, const char *file, const json_t *finding)
{
	const char *severity = text_or(finding, "severity", "error");
	const char *message = text_or(finding, "message", "?");
	size_t place = place_length(file, message);
	long long line = json_int_of(finding, "line", 0);
	struct text *t = &r->out.text;

	screen_add(t, file, 0);
	if (place)
		text_addf(t, "%.*s", (int)place, message + strlen(file));
	else if (line)
		text_addf(t, ":%lld", line);
	text_add(t, ": ");
	output_styled(&r->out, strcmp(severity, "error") ? STYLE_WARN : STYLE_BAD, severity);
	text_add(t, ": ");
	screen_add(t, message + (place ? strlen(file) + place + 2 : 0), 0);
	text_add(t, "\n");
}

static bool check_render(struct run *r, const json_t *answer, struct err *err)
{
	const json_t *finding;
	size_t i;

	json_array_foreach(json_object_get(answer, "findings"), i, finding)
		add_finding(r, r->args[0], finding);
	screen_add(&r->out.text, r->args[0], 0);
	text_add(&r->out.text,
		 json_bool_of(answer, "valid") ? " may be used\n" : " cannot be used\n");
	return true;
}

static bool check_run(struct run *r, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;

	if (!call_with_policy(r, &answer, err))
		return false;
	r->status = json_bool_of(answer, "valid") ? 0 : err_exit_status(ERR_NOT_FREE);
	return run_show(r, answer, err);
}

const struct command cmd_policy_check = {
	.name = "policy check",
	.group = GROUP_BOOK,
	.summary = "hold a policy against the rules; changes nothing",
	.text = "Names the line of what is wrong: ranges that overlap, blocks that do not divide, "
		"roles outside of the slice, ports that no service may have. Exit status 1 if the "
		"policy cannot be used.",
	.args = check_args,
	.min_args = 1,
	.operation = "policy-check",
	.run = check_run,
	.render = check_render,
};

/* --- use */

static const struct arg_spec use_args[] = {
	{ "NAME|FILE", VALUE_OWN, .completes = COMPLETES_POLICY_OR_FILE }, { 0 }
};

/* clang-format off */
static const struct option_spec use_options[] = {
	{ .name = "keep-entries", .kind = VALUE_FLAG, .field = "keepEntries",
	  .help = "entries that fall outside are kept, as legacy" },
	{ .name = "from-env", .kind = VALUE_FLAG,
	  .help = "store DEV_PORT_START and its kin, as they are set now" },
	{ 0 },
};
/* clang-format on */

/* Settings of an earlier port registry that many machines still have. */
static const char *const variables[] = {
	"DEV_PORT_START",  "DEV_PORT_END",  "PROD_PORT_START", "PROD_PORT_END",
	"TEST_PORT_START", "TEST_PORT_END", "RESERVED_PORTS",  "PORT_ALLOCATION_STRATEGY",
};

static bool add_variables(json_t *input, struct err *err)
{
	json_t *found = json_object();

	if (!json_put(input, "fromEnvironment", found))
		return fail_memory(err);
	for (size_t i = 0; i < ARRAY_LEN(variables); i++) {
		const char *value = getenv(variables[i]);

		if (value && !json_put(found, variables[i], json_string(value)))
			return fail(err, ERR_INVALID, "%s is not valid UTF-8", variables[i]);
	}
	if (json_object_size(found))
		return true;
	fail(err, ERR_INVALID, "--from-env: none of the variables is set");
	return fail_hint(err, "DEV_PORT_START=8200 portbook policy use environments --from-env");
}

static bool use_run(struct run *r, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;

	return (!run_has(r, "from-env") || add_variables(r->input, err)) &&
	       call_with_policy(r, &answer, err) && run_show(r, answer, err);
}

static bool use_render(struct run *r, const json_t *answer, struct err *err)
{
	const json_t *policy = json_object_get(answer, "policy"), *range;
	size_t i;

	text_add(&r->out.text, "the book works by the policy ");
	screen_add(&r->out.text, text_or(policy, "name", "?"), 0);
	text_add(&r->out.text, " now\n");
	json_array_foreach(json_object_get(policy, "ranges"), i, range) {
		text_add(&r->out.text, "  ");
		screen_add(&r->out.text, text_or(range, "name", "?"), 0);
		text_add(&r->out.text, "  ");
		screen_add(&r->out.text, text_or(range, "ports", "?"), 0);
		text_add(&r->out.text, "\n");
	}
	return true;
}

static const struct example use_examples[] = {
	{ "portbook policy use instances", "one that is built in" },
	{ "portbook policy use ./ours.yaml", "one of your own" },
	{ "DEV_PORT_START=8200 portbook policy use environments --from-env",
	  "with settings from the environment" },
	{ NULL, NULL },
};

const struct command cmd_policy_use = {
	.name = "policy use",
	.group = GROUP_BOOK,
	.summary = "let the book work by another policy",
	.text = "Refused if an entry would fall outside of it, unless --keep-entries is given: then "
		"those entries are marked legacy and their blocks are retired. A word with a slash, "
		"or that ends in .yaml or .yml, is a file.",
	.examples = use_examples,
	.args = use_args,
	.min_args = 1,
	.options = use_options,
	.operation = "policy-use",
	.run = use_run,
	.render = use_render,
};
