/*
 * operations/policy.c - which rules the book follows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "formats/policy_builtin.h"
#include "formats/policy_yaml.h"
#include "operations/input.h"
#include "operations/operations.h"
#include "operations/schemas.h"
#include "registry/founding.h"

/* A policy and the text it was read from. */
struct policy_source {
	const char *text, *file;
	size_t len;
};

static bool source_named(const char *name, struct policy_source *ret, struct err *err)
{
	const struct policy_file *builtin = policy_builtin(name);

	if (!builtin) {
		fail(err, ERR_NOT_FOUND, "no policy is called '%.80s'", name);
		return fail_hint(err,
				 "see the built-in ones with: portbook policy list; your own is "
				 "named by its file");
	}
	*ret = (struct policy_source){ builtin->text, builtin->name, builtin->len };
	return true;
}

/* `name` is a built-in policy; else `text` is a file's. */
static bool read_source(const json_t *input, struct policy_source *ret, struct err *err)
{
	const json_t *text = json_object_get(input, "text");
	const char *name = json_text_of(input, "name");
	const char *file = json_text_of(input, "fileName");

	if (text) {
		*ret = (struct policy_source){ json_string_value(text), file ? file : "policy",
					       json_string_length(text) };
		return true;
	}
	return name ? source_named(name, ret, err)
		    : fail(err, ERR_INVALID, "neither a policy's name nor its text is given");
}

static bool parse(struct call *c, const struct policy_source *source, struct policy **ret,
		  struct err *err)
{
	struct policy *p = arena_alloc(&c->arena, sizeof(*p));

	if (!p)
		return fail_memory(err);
	*ret = p;
	return policy_yaml_parse(source->text, source->len, source->file, p, err);
}

/* Answers. */

static json_t *range_json(const struct policy_range *r)
{
	char ports[PORTS_TEXT_SIZE];
	json_t *o = json_object();

	if (json_put_text(o, "name", r->name) && json_put_text(o, "description", r->description) &&
	    json_put_text(o, "ports", ports_text(r->ports, ports)) &&
	    json_put_int(o, "block", r->block) && json_put_int(o, "slice", r->slice) &&
	    json_put_text(o, "strategy",
			  r->strategy == STRATEGY_RANDOM ? "random" : "sequential") &&
	    json_put_bool(o, "shared", r->shared) && json_put_bool(o, "legacy", r->legacy) &&
	    json_put_bool(o, "temporary", r->temporary))
		return o;
	json_decref(o);
	return NULL;
}

static bool put_lists(json_t *o, const struct policy *p)
{
	json_t *ranges = json_array(), *reserved;
	char ports[PORTS_TEXT_SIZE];

	if (!json_put(o, "ranges", ranges))
		return false;
	reserved = json_array();
	if (!json_put(o, "reserved", reserved))
		return false;
	for (unsigned i = 0; i < p->n_ranges; i++)
		if (!json_append(ranges, range_json(&p->ranges[i])))
			return false;
	for (unsigned i = 0; i < p->n_reserved; i++)
		if (!json_append(reserved, json_pack("{s:s, s:s}", "ports",
						     ports_text(p->reserved[i].ports, ports),
						     "reason", p->reserved[i].reason)))
			return false;
	return true;
}

static bool put_policy(json_t *answer, const struct policy *p, const char *text, struct err *err)
{
	json_t *o = json_object();

	if (json_put(answer, "policy", o) && json_put_text(o, "name", p->name) &&
	    json_put_text(o, "description", p->description) &&
	    json_put_text(o, "environment", p->environment) && put_lists(o, p) &&
	    json_put(answer, "text", json_string(text ? text : "")))
		return true;
	return fail_memory(err);
}

/* The operations. */

static bool list_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	json_t *array = json_array();
	const struct policy *used;
	bool used_is_builtin = false;

	(void)input;
	if (!json_put(answer, "policies", array))
		return fail_memory(err);
	if (!registry_policy(c->registry, &used, err))
		return false;
	for (size_t i = 0; policy_builtin_at(i); i++) {
		const struct policy_file *file = policy_builtin_at(i);
		bool in_use = !strcmp(file->name, used->name);
		const struct policy_source source = { file->text, file->name, file->len };
		struct policy *p;

		used_is_builtin |= in_use;
		if (!parse(c, &source, &p, err))
			return false;
		if (!json_append(array,
				 json_pack("{s:s, s:s, s:b, s:b}", "name", p->name, "description",
					   p->description, "builtIn", 1, "inUse", (int)in_use)))
			return fail_memory(err);
	}
	if (!used_is_builtin &&
	    !json_append(array, json_pack("{s:s, s:s, s:b, s:b}", "name", used->name, "description",
					  used->description, "builtIn", 0, "inUse", 1)))
		return fail_memory(err);
	return true;
}

static bool show_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	const char *name = json_text_of(input, "name"), *text;
	const struct policy *used;
	struct policy_source source;
	struct policy *p;

	if (!registry_policy(c->registry, &used, err))
		return false;
	if (name && strcmp(name, used->name) != 0)
		return source_named(name, &source, err) && parse(c, &source, &p, err) &&
		       put_policy(answer, p, source.text, err);
	return c->registry->store->ops->setting_get(c->registry->store, "policy_text", &c->arena,
						    &text, err) &&
	       put_policy(answer, used, text, err);
}

static bool put_findings(json_t *answer, const struct policy_finding *found, unsigned count,
			 struct err *err)
{
	json_t *array = json_array();
	bool valid = true;

	if (!json_put(answer, "findings", array))
		return fail_memory(err);
	for (unsigned i = 0; i < count; i++) {
		json_t *o = json_object();

		valid &= !found[i].is_error;
		if (!json_append(array, o) ||
		    !json_put_text(o, "severity", found[i].is_error ? "error" : "warning") ||
		    !json_put(o, "line",
			      found[i].line ? json_integer(found[i].line) : json_null()) ||
		    !json_put_text(o, "message", found[i].text))
			return fail_memory(err);
	}
	return json_put_bool(answer, "valid", valid) || fail_memory(err);
}

static struct port_range ephemeral_range(struct call *c)
{
	struct port_range r = { 0, 0 };
	const struct listeners *l = c->registry->listeners;

	if (l)
		(void)!l->ops->ephemeral(l->ctx, &r, NULL);
	return r;
}

/* A file that cannot be read as a policy is an answer here, too. */
static bool check_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	struct policy_finding *found = arena_alloc(&c->arena, POLICY_MAX_FINDINGS * sizeof(*found));
	struct policy_source source;
	struct err why = { 0 };
	struct policy *p;

	if (!found)
		return fail_memory(err);
	if (!read_source(input, &source, err))
		return false;
	if (parse(c, &source, &p, &why))
		return put_findings(answer, found, policy_check(p, ephemeral_range(c), found), err);
	if (why.code != ERR_INVALID) {
		*err = why;
		return false;
	}
	found->is_error = true;
	memcpy(found->text, why.text, sizeof(found->text));
	return put_findings(answer, found, 1, err);
}

/*
 * `use environments --from-env`: variables that earlier tools read at every
 * start are read once and become the policy's own numbers.
 */
struct environment_limit {
	const char *variable, *environment;
	bool is_end;
};

static const struct environment_limit limits[] = {
	{ "DEV_PORT_START", "dev", false },	    { "DEV_PORT_END", "dev", true },
	{ "TEST_PORT_START", "test", false },	    { "TEST_PORT_END", "test", true },
	{ "PROD_PORT_START", "production", false }, { "PROD_PORT_END", "production", true },
};

static struct policy_range *range_of_environment(struct policy *p, const char *environment)
{
	for (unsigned i = 0; i < p->n_ranges; i++)
		for (unsigned e = 0; e < p->ranges[i].n_environments; e++)
			if (!strcmp(p->ranges[i].environments[e], environment))
				return &p->ranges[i];
	return NULL;
}

static bool set_limit(struct policy *p, const struct environment_limit *limit, const char *text,
		      struct err *err)
{
	struct policy_range *r = range_of_environment(p, limit->environment);
	uint16_t port;

	if (!port_parse(text, &port, err))
		return fail_while(err, "%s", limit->variable);
	if (!r)
		return fail(err, ERR_INVALID, "%s: the policy '%s' has no range for '%s'",
			    limit->variable, p->name, limit->environment);
	*(limit->is_end ? &r->ports.last : &r->ports.first) = port;
	return true;
}

static bool check_limits(const struct policy *p, struct err *err)
{
	for (unsigned i = 0; i < p->n_ranges; i++)
		if (p->ranges[i].ports.first > p->ranges[i].ports.last)
			return fail(err, ERR_INVALID,
				    "the variables make the range '%s' run backwards: %u to %u",
				    p->ranges[i].name, p->ranges[i].ports.first,
				    p->ranges[i].ports.last);
	return true;
}

/* Avoided are ports that the range still holds, but for the first: who moves the start means it. */
static void trim_avoid(struct policy_range *r)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < r->n_avoid; i++)
		if (port_range_has(r->ports, r->avoid[i]) && r->avoid[i] != r->ports.first)
			r->avoid[kept++] = r->avoid[i];
	r->n_avoid = kept;
}

static bool set_reserved(struct policy *p, const char *text, struct err *err)
{
	const char *at = text;
	unsigned n = 0;

	while (eat_blanks(&at) && *at) {
		struct policy_reserved *r = &p->reserved[n];

		if (n == POLICY_MAX_RESERVED)
			return fail(err, ERR_INVALID, "RESERVED_PORTS: more than %d ports",
				    POLICY_MAX_RESERVED);
		*r = (struct policy_reserved){ .reason = "RESERVED_PORTS" };
		if (!eat_port(&at, &r->ports.first))
			return fail(err, ERR_INVALID,
				    "RESERVED_PORTS: '%.80s' is not a list of ports", text);
		r->ports.last = r->ports.first;
		if (eat_char(&at, '-') &&
		    (!eat_port(&at, &r->ports.last) || r->ports.last < r->ports.first))
			return fail(err, ERR_INVALID,
				    "RESERVED_PORTS: '%.80s' is not a list of ports", text);
		n++;
		eat_blanks(&at);
		if (*at && !eat_char(&at, ','))
			return fail(err, ERR_INVALID,
				    "RESERVED_PORTS: '%.80s' is not a list of ports", text);
	}
	p->n_reserved = n;
	return true;
}

static bool set_strategy(struct policy *p, const char *text, struct err *err)
{
	enum strategy s;

	if (!strcmp(text, "random"))
		s = STRATEGY_RANDOM;
	else if (!strcmp(text, "sequential"))
		s = STRATEGY_SEQUENTIAL;
	else
		return fail(err, ERR_INVALID,
			    "PORT_ALLOCATION_STRATEGY: '%.40s' is neither sequential nor random",
			    text);
	for (unsigned i = 0; i < p->n_ranges; i++)
		if (!p->ranges[i].temporary)
			p->ranges[i].strategy = s;
	return true;
}

static bool apply_environment(struct policy *p, const json_t *variables, struct err *err)
{
	const char *reserved = json_text_of(variables, "RESERVED_PORTS");
	const char *strategy = json_text_of(variables, "PORT_ALLOCATION_STRATEGY");

	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		const char *text = json_text_of(variables, limits[i].variable);

		if (text && *text && !set_limit(p, &limits[i], text, err))
			return false;
	}
	if (!check_limits(p, err))
		return false;
	for (unsigned i = 0; i < p->n_ranges; i++)
		trim_avoid(&p->ranges[i]);
	return (!reserved || !*reserved || set_reserved(p, reserved, err)) &&
	       (!strategy || !*strategy || set_strategy(p, strategy, err));
}

/* The file says what the book works by: where variables changed that, it is written anew. */
static bool apply_and_write(struct policy *p, const json_t *variables, struct text *ret,
			    struct err *err)
{
	if (!apply_environment(p, variables, err))
		return false;
	text_addf(ret,
		  "# The policy '%s', with the numbers that the environment's variables had.\n",
		  p->name);
	policy_yaml_write(p, ret);
	return text_ok(ret) || fail_memory(err);
}

static bool use_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	CLEANUP(text_release) struct text written = { 0 };
	const json_t *variables = json_object_get(input, "fromEnvironment");
	struct policy_source source;
	struct policy_change change = { .keep_entries = json_bool_of(input, "keepEntries") };
	struct policy_changed changed;
	struct policy *p;

	if (!read_source(input, &source, err) || !parse(c, &source, &p, err) ||
	    (variables && !apply_and_write(p, variables, &written, err)))
		return false;
	change.policy = p;
	change.text = variables ? text_str(&written) : source.text;
	if (!registry_use_policy(c->registry, &change, &changed, err))
		return false;
	if (changed.kept)
		registry_note(c->registry, "%u entr%s outside '%s' stay%s, marked legacy",
			      changed.kept, changed.kept == 1 ? "y" : "ies", p->name,
			      changed.kept == 1 ? "s" : "");
	return put_policy(answer, p, change.text, err);
}

const struct operation op_policy_list = {
	.schema = &schema_policy_list,
	.access = ACCESS_READ,
	.run = list_run,
};

const struct operation op_policy_show = {
	.schema = &schema_policy_show,
	.access = ACCESS_READ,
	.run = show_run,
};

const struct operation op_policy_check = {
	.schema = &schema_policy_check,
	.access = ACCESS_NONE,
	.run = check_run,
};

const struct operation op_policy_use = {
	.schema = &schema_policy_use,
	.access = ACCESS_WRITE,
	.run = use_run,
};
