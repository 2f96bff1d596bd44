/* A policy that is taken keeps the limits and its words are names. */
#include "formats/policy_yaml.h"
#include "fuzz.h"

static struct policy policy;

static void check_name(const char *name)
{
	char again[NAME_SIZE];

	MUST(name_fold("name", name, again, NULL) && !strcmp(name, again));
}

static void check_range(const struct policy_range *r)
{
	check_name(r->name);
	MUST(r->line > 0);
	MUST(1 <= r->ports.first && r->ports.first <= r->ports.last);
	MUST(r->n_except <= POLICY_MAX_EXCEPT && r->n_avoid <= POLICY_MAX_AVOID);
	MUST(r->n_roles <= POLICY_MAX_ROLES);
	MUST(r->n_environments <= POLICY_MAX_WORDS && r->n_types <= POLICY_MAX_WORDS);
	for (unsigned i = 0; i < r->n_roles; i++)
		check_name(r->roles[i].name);
	for (unsigned i = 0; i < r->n_types; i++)
		check_name(r->types[i]);
	MUST(r->expires_ms >= 0 && r->cooldown_ms >= 0);
	policy_range_size(r);
}

static void check_policy(const struct policy *p)
{
	struct port_range block;

	check_name(p->name);
	check_name(p->environment);
	MUST(strnlen(p->description, POLICY_TEXT_SIZE) < POLICY_TEXT_SIZE);
	MUST(p->n_ranges <= POLICY_MAX_RANGES && p->n_reserved <= POLICY_MAX_RESERVED);
	MUST(p->n_aliases <= POLICY_MAX_ALIASES && p->n_purposes <= POLICY_MAX_PURPOSES);
	MUST(p->n_projects <= POLICY_MAX_SEEDS && p->n_services <= POLICY_MAX_SEEDS);
	for (unsigned i = 0; i < p->n_ranges; i++) {
		check_range(&p->ranges[i]);
		if (policy_block(p, &p->ranges[i], 0, &block))
			MUST(port_range_contains(p->ranges[i].ports, block));
	}
	for (unsigned i = 0; i < p->n_services; i++)
		MUST(p->services[i].port > 0);
}

static void fuzz_one(const char *text, size_t size)
{
	struct err err = { 0 };

	memset(&policy, 0, sizeof(policy));
	if (policy_yaml_parse(text, size, "f", &policy, &err))
		check_policy(&policy);
	else
		MUST(err.code == ERR_INVALID && !strncmp(err.text, "f:", 2));
}
