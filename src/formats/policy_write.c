/*
 * formats/policy_write.c - a policy as a file that policy_yaml_parse reads as the same one.
 *
 * What is as it is when nothing is said is left out.  Words and numbers stand as they are; texts
 * are quoted as in JSON, which is YAML, too.
 */
#include "formats/policy_yaml.h"

#include <inttypes.h>

#include "base/json.h"

static void add_quoted(struct text *t, const char *text)
{
	CLEANUP(json_cleanup) json_t *json = json_string(text);

	if (json)
		text_add_json(t, json, 0);
	t->out_of_memory |= !json;
}

static void add_text(struct text *t, const char *indent, const char *key, const char *text)
{
	if (!*text)
		return;
	text_addf(t, "%s%s: ", indent, key);
	add_quoted(t, text);
	text_add(t, "\n");
}

static void add_ports(struct text *t, struct port_range r)
{
	text_addf(t, r.first == r.last ? "%u" : "%u-%u", r.first, r.last);
}

static void add_words(struct text *t, const char *line, const char words[][NAME_SIZE],
		      unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		text_addf(t, "%s%s", i ? ", " : line, *words[i] ? words[i] : "\"\"");
	text_add(t, count ? "]\n" : "");
}

static void add_number(struct text *t, const char *key, unsigned n)
{
	if (n)
		text_addf(t, "    %s: %u\n", key, n);
}

static void add_flag(struct text *t, const char *key, bool is_set)
{
	if (is_set)
		text_addf(t, "    %s: true\n", key);
}

static void add_duration(struct text *t, const char *key, int64_t ms)
{
	if (ms)
		text_addf(t, "    %s: %" PRId64 "s\n", key, ms / 1000);
}

static void add_lists(struct text *t, const struct policy_range *r)
{
	for (unsigned i = 0; i < r->n_except; i++) {
		text_add(t, i ? ", " : "    except: [");
		add_ports(t, r->except[i]);
	}
	text_add(t, r->n_except ? "]\n" : "");
	for (unsigned i = 0; i < r->n_avoid; i++)
		text_addf(t, "%s%u", i ? ", " : "    avoid: [", r->avoid[i]);
	text_add(t, r->n_avoid ? "]\n" : "");
	for (unsigned i = 0; i < r->n_roles; i++)
		text_addf(t, "%s      %s: %u\n", i ? "" : "    roles:\n", r->roles[i].name,
			  r->roles[i].offset);
	add_words(t, "    environments: [", r->environments, r->n_environments);
	add_words(t, "    types: [", r->types, r->n_types);
}

static void add_range(struct text *t, const struct policy_range *r)
{
	text_addf(t, "  - name: %s\n", r->name);
	add_text(t, "    ", "description", r->description);
	text_add(t, "    ports: ");
	add_ports(t, r->ports);
	text_add(t, "\n");
	add_number(t, "block", r->block);
	add_number(t, "slice", r->slice);
	if (r->slicing == SLICES_TOP)
		text_add(t, "    slices: top\n");
	add_number(t, "first-number", r->first_number);
	add_flag(t, "shared", r->shared);
	add_flag(t, "legacy", r->legacy);
	add_flag(t, "temporary", r->temporary);
	add_duration(t, "expires", r->expires_ms);
	add_duration(t, "cooldown", r->cooldown_ms);
	if (r->strategy == STRATEGY_RANDOM)
		text_add(t, "    strategy: random\n");
	add_lists(t, r);
}

static void add_reserved(struct text *t, const struct policy *p)
{
	for (unsigned i = 0; i < p->n_reserved; i++) {
		text_add(t, i ? "  - ports: " : "reserved:\n  - ports: ");
		add_ports(t, p->reserved[i].ports);
		text_add(t, "\n");
		add_text(t, "    ", "reason", p->reserved[i].reason);
	}
}

/* What a new book starts with. */
static void add_seeds(struct text *t, const struct policy *p)
{
	for (unsigned i = 0; i < p->n_projects; i++) {
		text_addf(t, "%s  - name: %s\n", i ? "" : "projects:\n", p->projects[i].name);
		if (p->projects[i].number >= 0)
			text_addf(t, "    number: %d\n", p->projects[i].number);
	}
	for (unsigned i = 0; i < p->n_services; i++)
		text_addf(t, "%s  - project: %s\n    service: %s\n    port: %u\n",
			  i ? "" : "services:\n", p->services[i].project, p->services[i].service,
			  p->services[i].port);
}

void policy_yaml_write(const struct policy *p, struct text *ret)
{
	text_addf(ret, "name: %s\n", p->name);
	add_text(ret, "", "description", p->description);
	text_addf(ret, "environment: %s\nranges:\n", p->environment);
	for (unsigned i = 0; i < p->n_ranges; i++)
		add_range(ret, &p->ranges[i]);
	add_reserved(ret, p);
	for (unsigned i = 0; i < p->n_aliases; i++)
		text_addf(ret, "%s  %s: %s\n", i ? "" : "aliases:\n", p->aliases[i].name,
			  p->aliases[i].type);
	add_words(ret, "purposes: [", p->purposes, p->n_purposes);
	add_seeds(ret, p);
}
