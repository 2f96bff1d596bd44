#include "cli/complete.h"

#include <assert.h>
#include <string.h>

#include "base/utf8.h"
#include "book/session.h"
#include "cli/entry_text.h"
#include "cli/help.h"
#include "cli/input.h"
#include "cli/piece.h"
#include "cli/screen.h"
#include "cli/token_names.h"
#include "cli/typed.h"

struct completing {
	struct run *run;
	const struct typed *typed;
	const char *before; /* what of the word stands before its value: "--env="; else "" */
	size_t before_len;
	const char *word;  /* the value, as far as it is typed */
	const char *paths; /* "none", "files", "folders" */
};

/* --- offering */

/* The word `start``name``end`, if it goes on where the typed one ends. */
static void offer(struct completing *c, const char *start, const char *name, const char *end,
		  const char *about)
{
	CLEANUP(piece_cleanup) struct piece word = { .of = &c->run->out.text };
	struct text *t = &c->run->out.text;

	text_addf(&word.text, "%s%s%s", start, name, end);
	/* A name out of a damaged book is nothing for a command line. */
	if (strncmp(text_str(&word.text), c->word, strlen(c->word)) != 0 ||
	    !text_is_line(text_str(&word.text)))
		return;
	text_addf(t, "%.*s%s\t", (int)c->before_len, c->before, text_str(&word.text));
	screen_add(t, about ? about : "", 0);
	text_add(t, "\n");
}

static void offer_choices(struct completing *c, const char *const *choices)
{
	for (; *choices; choices++)
		offer(c, "", *choices, "", NULL);
}

/* --- asking the book */

/* Where there is no book, what a new one would answer. */
static bool ask(struct completing *c, const char *operation, const json_t *input, json_t **ret)
{
	struct run *r = c->run;
	const char *book = run_text(r, "book");
	struct err why = { 0 };

	if (run_call(r, operation, input, ret, &why))
		return true;
	if (why.code != ERR_NOT_FOUND || (book && !strcmp(book, "memory:")) ||
	    !json_put_text(r->own, "book", "memory:"))
		return false;
	session_free(r->session);
	r->session = NULL;
	return run_call(r, operation, input, ret, &why);
}

/* What decides whose names they are, besides the words of this call. */
static bool add_surroundings(struct completing *c, json_t *input)
{
	static const char *const fields[] = { "projectName", "instance", "serviceName",
					      "protocol" };

	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		json_t *value = json_object_get(c->run->input, fields[i]);

		if (value && !json_object_get(input, fields[i]) &&
		    json_object_set(input, fields[i], value) < 0)
			return false;
	}
	return input_add_surroundings(input, c->run->own, SENDS_PATH | SENDS_HOST, NULL);
}

/* The names of a kind that begin with `prefix`; `owner` NULL: whose is said by the words before. */
static void offer_names(struct completing *c, const char *what, const char *prefix,
			const char *owner, const char *start, const char *end)
{
	CLEANUP(json_cleanup)
	json_t *input = json_pack("{s:s, s:s}", "what", what, "prefix", prefix);
	CLEANUP(json_cleanup) json_t *answer = NULL;
	const struct arg_spec arg = { "PROJECT", VALUE_PROJECT };
	const json_t *one;
	size_t i;

	if (!input || (owner && *owner && !input_add_arg(input, &arg, owner, NULL)) ||
	    !add_surroundings(c, input) || !ask(c, "names", input, &answer) ||
	    !json_bool_of(answer, "complete"))
		return;
	json_array_foreach(json_object_get(answer, "names"), i, one)
		offer(c, start, text_or(one, "name", ""), end, json_text_of(one, "about"));
}

/* What an operation lists in the array `field`, each with a name and what it is. */
static void offer_list(struct completing *c, const char *operation, const char *field,
		       const char *name, const char *about)
{
	CLEANUP(json_cleanup) json_t *input = json_object();
	CLEANUP(json_cleanup) json_t *answer = NULL;
	const json_t *one;
	size_t i;

	if (!input || !ask(c, operation, input, &answer))
		return;
	json_array_foreach(json_object_get(answer, field), i, one)
		if (!json_bool_of(one, "fromPolicy"))
			offer(c, "", text_or(one, name, ""), "", json_text_of(one, about));
}

/* --- one function for each kind of word */

static void complete_nothing(struct completing *c)
{
}

static void offer_instances(struct completing *c, const char *end)
{
	CLEANUP(piece_cleanup) struct piece start = { .of = &c->run->out.text };
	CLEANUP(piece_cleanup) struct piece owner = { .of = &c->run->out.text };
	const char *at = strchr(c->word, '@');

	text_add_bytes(&start.text, c->word, (size_t)(at + 1 - c->word));
	text_add_bytes(&owner.text, c->word, (size_t)(at - c->word));
	offer_names(c, "instances", at + 1, text_str(&owner.text), text_str(&start.text), end);
}

static void complete_project(struct completing *c)
{
	if (strchr(c->word, '@'))
		offer_instances(c, "");
	else
		offer_names(c, "projects", c->word, NULL, "", "");
}

static void complete_project_name(struct completing *c)
{
	offer_names(c, "projects", c->word, NULL, "", "");
}

/* "project@2/we" */
static void offer_services_of(struct completing *c, const char *slash)
{
	CLEANUP(piece_cleanup) struct piece start = { .of = &c->run->out.text };
	CLEANUP(piece_cleanup) struct piece owner = { .of = &c->run->out.text };

	text_add_bytes(&start.text, c->word, (size_t)(slash + 1 - c->word));
	text_add_bytes(&owner.text, c->word, (size_t)(slash - c->word));
	offer_names(c, "services", slash + 1, text_str(&owner.text), text_str(&start.text), "");
}

static void complete_service(struct completing *c)
{
	const char *slash = strchr(c->word, '/');

	if (slash) {
		offer_services_of(c, slash);
	} else if (strchr(c->word, '@')) {
		offer_instances(c, "/");
	} else {
		offer_names(c, "services", c->word, NULL, "", "");
		offer_names(c, "projects", c->word, NULL, "", "/");
	}
}

static void complete_service_name(struct completing *c)
{
	offer_names(c, "services", c->word, NULL, "", "");
}

static void complete_instance(struct completing *c)
{
	offer_names(c, "instances", c->word, NULL, "", "");
}

static void complete_environment(struct completing *c)
{
	offer_names(c, "environments", c->word, NULL, "", "");
}

static void complete_type(struct completing *c)
{
	offer_names(c, "types", c->word, NULL, "", "");
}

static void complete_role(struct completing *c)
{
	offer_names(c, "roles", c->word, NULL, "", "");
}

static void complete_host(struct completing *c)
{
	offer_names(c, "hosts", c->word, NULL, "", "");
}

static void complete_port(struct completing *c)
{
	offer_names(c, "ports", c->word, NULL, "", "");
}

static void complete_service_or_port(struct completing *c)
{
	complete_service(c);
	if (*c->word >= '0' && *c->word <= '9')
		complete_port(c);
}

static void complete_anything(struct completing *c)
{
	complete_service_or_port(c);
	if (!strchr(c->word, '/'))
		complete_project(c);
}

static void complete_reserved(struct completing *c)
{
	offer_list(c, "reservations", "reserved", "ports", "reason");
}

static void complete_policy(struct completing *c)
{
	offer_list(c, "policy-list", "policies", "name", "description");
}

static void complete_file(struct completing *c)
{
	c->paths = "files";
}

static void complete_folder(struct completing *c)
{
	c->paths = "folders";
}

static void complete_policy_or_file(struct completing *c)
{
	complete_policy(c);
	complete_file(c);
}

static void offer_family(struct completing *c, const char *family)
{
	char members[128];

	help_family_members(family, members, sizeof(members));
	offer(c, "", family, "", members);
}

/* The first words: of a family just the one. */
static void offer_commands(struct completing *c)
{
	char family[64] = "";

	for (unsigned i = 0; commands[i]; i++) {
		const char *name = commands[i]->name;
		size_t len = strcspn(name, " ");

		if (commands[i]->is_hidden || (!strncmp(name, family, len) && !family[len]))
			continue;
		if (!name[len]) {
			offer(c, "", name, "", commands[i]->summary);
		} else if (len < sizeof(family)) {
			memcpy(family, name, len);
			family[len] = '\0';
			offer_family(c, family);
		}
	}
}

static void offer_members(struct completing *c, const char *family)
{
	size_t len = strlen(family);

	for (unsigned i = 0; commands[i]; i++)
		if (!strncmp(commands[i]->name, family, len) && commands[i]->name[len] == ' ')
			offer(c, "", commands[i]->name + len + 1, "", commands[i]->summary);
}

/* The argument of help. */
static void complete_command(struct completing *c)
{
	const char *first = c->typed->first_arg;

	if (!first)
		offer_commands(c);
	else if (c->typed->n_args == 1 && command_is_family(first))
		offer_members(c, first);
}

static void offer_token(void *arg, const char *name, const char *about)
{
	offer(arg, "", name, "", about);
}

static void complete_token(struct completing *c)
{
	token_names(c->run, offer_token, c);
}

static void (*const completers[])(struct completing *c) = {
	[COMPLETES_BY_KIND] = complete_nothing,
	[COMPLETES_NOTHING] = complete_nothing,
	[COMPLETES_SERVICE] = complete_service,
	[COMPLETES_SERVICE_OR_PORT] = complete_service_or_port,
	[COMPLETES_ANYTHING] = complete_anything,
	[COMPLETES_PROJECT] = complete_project,
	[COMPLETES_PROJECT_NAME] = complete_project_name,
	[COMPLETES_SERVICE_NAME] = complete_service_name,
	[COMPLETES_INSTANCE] = complete_instance,
	[COMPLETES_ENVIRONMENT] = complete_environment,
	[COMPLETES_TYPE] = complete_type,
	[COMPLETES_ROLE] = complete_role,
	[COMPLETES_HOST] = complete_host,
	[COMPLETES_PORT] = complete_port,
	[COMPLETES_RESERVED] = complete_reserved,
	[COMPLETES_POLICY] = complete_policy,
	[COMPLETES_POLICY_OR_FILE] = complete_policy_or_file,
	[COMPLETES_COMMAND] = complete_command,
	[COMPLETES_TOKEN] = complete_token,
	[COMPLETES_FILE] = complete_file,
	[COMPLETES_FOLDER] = complete_folder,
};
static_assert(ARRAY_LEN(completers) == COMPLETES_COUNT, "a kind of word has no function");

/* What a value becomes of which the descriptor says no more than its kind. */
static enum completes of_kind(enum value_kind kind)
{
	switch (kind) {
	case VALUE_SERVICE: return COMPLETES_SERVICE;
	case VALUE_SERVICE_OR_PORT: return COMPLETES_SERVICE_OR_PORT;
	case VALUE_PROJECT: return COMPLETES_PROJECT;
	case VALUE_PATH: return COMPLETES_FOLDER;
	case VALUE_FLAG:
	case VALUE_FIXED:
	case VALUE_TEXT:
	case VALUE_INT:
	case VALUE_PORT:
	case VALUE_LIST:
	case VALUE_PAIR:
	case VALUE_PAIR_OR_NULL:
	case VALUE_OWN: return COMPLETES_NOTHING;
	}
	__builtin_unreachable();
}

static void complete_as(struct completing *c, enum completes what, enum value_kind kind,
			const char *const *choices)
{
	if (choices)
		offer_choices(c, choices);
	else
		completers[what ? what : of_kind(kind)](c);
}

/* --- which kind it is */

static void complete_value(struct completing *c, const struct option_spec *o)
{
	if (o && o->arg)
		complete_as(c, o->completes, o->kind, o->choices);
}

static bool may_be_repeated(const struct option_spec *o)
{
	return o->kind == VALUE_PAIR || o->kind == VALUE_PAIR_OR_NULL || o->kind == VALUE_LIST;
}

static void offer_options(struct completing *c, const struct option_spec *o)
{
	for (; o && o->name; o++)
		if (may_be_repeated(o) || !typed_has(c->typed, o))
			offer(c, "--", o->name, "", o->help);
}

/* "-e" stands for itself: a blank can follow. */
static void complete_option(struct completing *c)
{
	const struct typed *t = c->typed;
	const struct option_spec *o = c->word[1] ? typed_letter(t, c->word[1]) : NULL;

	if (c->word[1] && c->word[1] != '-') {
		if (o && !c->word[2])
			offer(c, "", c->word, "", o->help);
		return;
	}
	if (t->command)
		offer_options(c, t->command->options);
	offer_options(c, global_options);
}

static void complete_arg(struct completing *c)
{
	const struct typed *t = c->typed;
	const struct arg_spec *arg = typed_next_arg(t);

	if (t->only_args && t->command->behind) {
		complete_file(c);
		return;
	}
	for (unsigned i = 0; i < t->n_given; i++)
		if (t->given[i]->args_complete) {
			completers[t->given[i]->args_complete](c);
			return;
		}
	if (arg)
		complete_as(c, arg->completes, arg->kind, arg->choices);
}

static void complete_word(struct completing *c)
{
	const struct typed *t = c->typed;
	size_t name = strcspn(c->word, "=");

	if (t->is_lost)
		return;
	if (t->pending) {
		complete_value(c, t->pending);
	} else if (!t->only_args && !strncmp(c->word, "--", 2) && c->word[name]) {
		c->before = c->word;
		c->before_len = name + 1;
		c->word += name + 1;
		complete_value(c, typed_option(t, c->before + 2, name - 2));
	} else if (!t->only_args && *c->word == '-') {
		complete_option(c);
	} else if (t->command) {
		complete_arg(c);
	} else if (t->family) {
		offer_members(c, t->family);
	} else {
		offer_commands(c);
	}
}

void complete_words(struct run *r, char *const *words, unsigned n)
{
	struct typed typed;
	struct completing c = {
		.run = r,
		.typed = &typed,
		.before = "",
		.word = n ? words[n - 1] : "",
		.paths = "none",
	};

	r->only_look = true;
	typed_read(r, words, n ? n - 1 : 0, &typed);
	complete_word(&c);
	text_addf(&r->out.text, ":%s\n", c.paths);
}
