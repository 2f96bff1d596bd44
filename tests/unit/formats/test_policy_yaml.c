#include "lib/check.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"
#include "formats/policy_yaml.h"

/* A policy is too large for the stack of a test. */
static struct policy got;

static bool parse(const char *text, struct err *err)
{
	return policy_yaml_parse(text, strlen(text), "p.yaml", &got, err);
}

#define RANGE "ranges: [{name: a, ports: 3000-3999}]\n"

static void test_policy_yaml__reads_every_key_of_a_range(void **state)
{
	const struct policy_range *r = &got.ranges[0];
	struct err err = { 0 };

	CHECK(parse("name: P\n"
		    "ranges:\n"
		    "  - name: All\n"
		    "    description: a b\n"
		    "    ports: 3000-3999\n"
		    "    except: [3100-3199, 3300]\n"
		    "    block: 100\n"
		    "    slice: 10\n"
		    "    slices: top\n"
		    "    first-number: 1\n"
		    "    roles: {web: 0, db: 9}\n"
		    "    environments: [dev, test]\n"
		    "    types: [web]\n"
		    "    shared: true\n"
		    "    legacy: true\n"
		    "    temporary: true\n"
		    "    expires: 7d\n"
		    "    cooldown: 90s\n"
		    "    strategy: random\n"
		    "    avoid: [3001, 3002]\n",
		    &err),
	      "%s", err.text);
	CHECK_TEXT(got.name, "p");
	CHECK(got.n_ranges == 1 && r->line == 3);
	CHECK_TEXT(r->name, "all");
	CHECK_TEXT(r->description, "a b");
	CHECK(r->ports.first == 3000 && r->ports.last == 3999);
	CHECK(r->n_except == 2 && r->except[0].last == 3199 && r->except[1].first == 3300);
	CHECK(r->block == 100 && r->slice == 10 && r->slicing == SLICES_TOP);
	CHECK(r->first_number == 1);
	CHECK(r->n_roles == 2 && r->roles[0].offset == 0 && r->roles[1].offset == 9);
	CHECK_TEXT(r->roles[1].name, "db");
	CHECK(r->n_environments == 2 && r->n_types == 1);
	CHECK_TEXT(r->environments[1], "test");
	CHECK(r->shared && r->legacy && r->temporary);
	CHECK(r->expires_ms == 7 * MS_PER_DAY && r->cooldown_ms == 90 * MS_PER_SECOND);
	CHECK(r->strategy == STRATEGY_RANDOM);
	CHECK(r->n_avoid == 2 && r->avoid[1] == 3002);
}

static void test_policy_yaml__reads_every_other_key(void **state)
{
	struct err err = { 0 };

	CHECK(parse("name: p\n"
		    "description: 'two words'\n"
		    "environment: test\n"
		    "ranges: []\n"
		    "reserved:\n"
		    "  - {ports: 5432, reason: PostgreSQL}\n"
		    "  - ports: 54320-54999\n"
		    "    reason: Supabase\n"
		    "aliases: {ui: web, postgres: db}\n"
		    "purposes: [development, test]\n"
		    "projects:\n"
		    "  - {name: one, number: 0}\n"
		    "  - {name: two}\n"
		    "services:\n"
		    "  - {project: one, service: web, port: 8080}\n",
		    &err),
	      "%s", err.text);
	CHECK_TEXT(got.description, "two words");
	CHECK_TEXT(got.environment, "test");
	CHECK(got.n_reserved == 2 && got.reserved[1].ports.last == 54999);
	CHECK_TEXT(got.reserved[0].reason, "PostgreSQL");
	CHECK(got.reserved[0].line == 6 && got.reserved[1].line == 7);
	CHECK(got.n_aliases == 2);
	CHECK_TEXT(got.aliases[1].name, "postgres");
	CHECK_TEXT(got.aliases[1].type, "db");
	CHECK(got.n_purposes == 2);
	CHECK_TEXT(got.purposes[1], "test");
	CHECK(got.n_projects == 2 && got.projects[0].number == 0 && got.projects[1].number == -1);
	CHECK(got.projects[1].line == 13);
	CHECK(got.n_services == 1 && got.services[0].port == 8080 && got.services[0].line == 15);
}

static void test_policy_yaml__fills_in_what_is_not_said(void **state)
{
	const struct policy_range *r = &got.ranges[0];

	CHECK(parse("name: p\n" RANGE, NULL));
	CHECK_TEXT(got.environment, "dev");
	CHECK(!r->block && !r->slice && r->slicing == SLICES_EVEN && !r->first_number);
	CHECK(!r->shared && !r->legacy && !r->temporary && !r->expires_ms && !r->cooldown_ms);
	CHECK(r->strategy == STRATEGY_SEQUENTIAL);
}

static void test_policy_yaml__takes_no_time_as_a_time(void **state)
{
	CHECK(parse("name: p\nranges: [{name: a, ports: 3000, cooldown: 0s}]\n", NULL));
	CHECK(got.ranges[0].cooldown_ms == 0);
}

static void test_policy_yaml__says_where_and_what_is_wrong(void **state)
{
	static const struct {
		const char *text, *want;
	} row[] = {
		{ "", "p.yaml:1:1: there is no policy in it" },
		{ "# nothing\n", "p.yaml:1:1: there is no policy in it" },
		{ "- a\n", "p.yaml:1:1: a policy is written as 'key: value' lines" },
		{ "name: p\n", "p.yaml:1:1: a policy has no 'ranges'" },
		{ RANGE, "p.yaml:1:1: a policy has no 'name'" },
		{ "name: p\nname: q\n" RANGE, "p.yaml:2:1: 'name' stands twice in a policy" },
		{ "name: p\nrnages: []\n",
		  "p.yaml:2:1: a policy has no key 'rnages': the nearest is 'ranges'" },
		{ "name: p\nranges:\n  - name: a\n    prots: 3000\n",
		  "p.yaml:4:5: a range has no key 'prots': the nearest is 'ports'" },
		{ "name: p\nranges:\n  - name: a\n", "p.yaml:3:5: a range has no 'ports'" },
		{ "name: p\nranges: {a: 1}\n", "p.yaml:2:9: 'ranges' takes a list" },
		{ "name: p\nranges:\n", "p.yaml:2:1: 'ranges' takes a list" },
		{ "name: p\nranges: [a]\n",
		  "p.yaml:2:10: a range is written as 'key: value' lines" },
		{ "name: [p]\n", "p.yaml:1:7: 'name' takes one value" },
		{ "name: ''\n", "p.yaml:1:7: the name of a policy is empty" },
		{ "name: a/b\n" RANGE, "p.yaml:1:7: 'a/b' cannot name a policy" },
		{ "name: p\nranges:\n  - name: a\n    ports: 3999-3000\n",
		  "p.yaml:4:12: '3999-3000' runs backwards" },
		{ "name: p\nranges: [{name: a, ports: 0}]\n", "p.yaml:2:27: " },
		{ "name: p\nranges: [{name: a, ports: 65536}]\n", "p.yaml:2:27: " },
		{ "name: p\nranges: [{name: a, ports: 3000, block: -1}]\n",
		  "p.yaml:2:40: 'block' is a number from 0 to 65535, not '-1'" },
		{ "name: p\nranges: [{name: a, ports: 3000, shared: yes}]\n",
		  "p.yaml:2:41: 'shared' is false or true, not 'yes'" },
		{ "name: p\nranges: [{name: a, ports: 3000, slices: up}]\n",
		  "p.yaml:2:41: 'slices' is even or top, not 'up'" },
		{ "name: p\nranges: [{name: a, ports: 3000, strategy: any}]\n",
		  "p.yaml:2:43: 'strategy' is sequential or random, not 'any'" },
		{ "name: p\nranges: [{name: a, ports: 3000, expires: soon}]\n",
		  "p.yaml:2:42: 'soon' is not a length of time" },
		{ "name: p\nranges: [{name: a, ports: 3000, roles: [web]}]\n",
		  "p.yaml:2:40: 'roles' takes 'name: value' lines" },
		{ "name: p\nranges: [{name: a, ports: 3000, roles: {web: 1, web: 2}}]\n",
		  "p.yaml:2:49: 'web' stands twice in 'roles'" },
		{ "name: p\nranges: [{name: a, ports: 3000, roles: {web: 65536}}]\n",
		  "p.yaml:2:46: 'roles' is a number from 0 to 65535" },
		{ "name: p\nranges: [{name: a, ports: 3000, avoid: [3000-3001]}]\n",
		  "p.yaml:2:41: " },
		{ "name: p\nreserved: [{ports: 5432}]\n",
		  "p.yaml:2:12: a reserved port has no 'reason'" },
		{ "name: p\ndescription: \"a\\tb\"\n", "p.yaml:2:14: 'description' is one line" },
		{ "name: p\ndescription: >\n  a\n  b\n",
		  "p.yaml:3:1: 'description' takes a value on one line" },
		/* Nothing that could make a small file large. */
		{ "name: &a p\n", "p.yaml:1:10: a policy holds no anchors" },
		{ "name: *a\n", "p.yaml:1:" },
		{ "name: !!str p\n", "p.yaml:1:13: a policy holds no tags" },
		{ "<<: *a\nname: p\n", "p.yaml:1:1: a policy has no key '<<'" },
		{ "? [a]\n: b\n", "p.yaml:1:" },
		{ "name: p\n" RANGE "---\nname: q\n", "p.yaml:2:" },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct err err = { 0 };

		CHECK(!parse(row[i].text, &err), "row %zu: '%s'", i, row[i].text);
		CHECK(err.code == ERR_INVALID, "row %zu", i);
		CHECK(!strncmp(err.text, row[i].want, strlen(row[i].want)),
		      "row %zu: '%s' is not '%s'", i, err.text, row[i].want);
	}
}

static void test_policy_yaml__leaves_ret_alone_on_failure(void **state)
{
	memset(&got, 0x5a, sizeof(got));
	CHECK(!parse("name: p\nranges: [{name: a}]\n", NULL));
	for (size_t i = 0; i < sizeof(got); i++)
		CHECK(((const unsigned char *)&got)[i] == 0x5a);
}

/* Entries `entry`, in each a number from 3000 on instead of the '@'. */
static void add_entries(struct text *text, const char *entry, unsigned count)
{
	const char *at = strchr(entry, '@');

	for (unsigned i = 0; i < count; i++) {
		text_add_bytes(text, entry, (size_t)(at - entry));
		text_addf(text, "%u%s, ", 3000 + i, at + 1);
	}
}

/* `count` entries are taken, one more is refused. */
static void check_limit(const char *before, const char *entry, const char *after, unsigned count)
{
	for (unsigned more = 0; more < 2; more++) {
		CLEANUP(text_release) struct text text = { 0 };
		struct err err = { 0 };

		text_add(&text, before);
		add_entries(&text, entry, count + more);
		text_add(&text, after);
		CHECK(parse(text_str(&text), &err) == !more, "%s: %s", entry, err.text);
		CHECK(!more || strstr(err.text, "has more than"), "%s", err.text);
	}
}

#define RANGE_WITH "name: p\nranges: [{name: a, ports: 1, "

static void test_policy_yaml__holds_the_limits(void **state)
{
	check_limit("name: p\nranges: [", "{name: a@, ports: 1}", "]\n", POLICY_MAX_RANGES);
	check_limit("name: p\n" RANGE "reserved: [", "{ports: @, reason: a}", "]\n",
		    POLICY_MAX_RESERVED);
	check_limit("name: p\n" RANGE "aliases: {", "a@: web", "}\n", POLICY_MAX_ALIASES);
	check_limit("name: p\n" RANGE "purposes: [", "a@", "]\n", POLICY_MAX_PURPOSES);
	check_limit("name: p\n" RANGE "projects: [", "{name: a@}", "]\n", POLICY_MAX_SEEDS);
	check_limit("name: p\n" RANGE "services: [", "{project: a, service: a@, port: 1}", "]\n",
		    POLICY_MAX_SEEDS);
	check_limit(RANGE_WITH "avoid: [", "@", "]}]\n", POLICY_MAX_AVOID);
	check_limit(RANGE_WITH "except: [", "@", "]}]\n", POLICY_MAX_EXCEPT);
	check_limit(RANGE_WITH "roles: {", "a@: 1", "}}]\n", POLICY_MAX_ROLES);
	check_limit(RANGE_WITH "environments: [", "a@", "]}]\n", POLICY_MAX_WORDS);
	check_limit(RANGE_WITH "types: [", "a@", "]}]\n", POLICY_MAX_WORDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policy_yaml__reads_every_key_of_a_range),
		cmocka_unit_test(test_policy_yaml__reads_every_other_key),
		cmocka_unit_test(test_policy_yaml__fills_in_what_is_not_said),
		cmocka_unit_test(test_policy_yaml__takes_no_time_as_a_time),
		cmocka_unit_test(test_policy_yaml__says_where_and_what_is_wrong),
		cmocka_unit_test(test_policy_yaml__leaves_ret_alone_on_failure),
		cmocka_unit_test(test_policy_yaml__holds_the_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
