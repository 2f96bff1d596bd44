/*
 * Each row spoils a sound policy in one way, and names the one finding that follows.
 */
#include "lib/check.h"

#include "base/clock.h"
#include "ports/policy.h"

static struct policy policy;

static struct policy_range *range_add(const char *name, uint16_t first, uint16_t last)
{
	struct policy_range *r = &policy.ranges[policy.n_ranges++];

	*r = (struct policy_range){ .ports = { first, last }, .line = 10 * policy.n_ranges };
	snprintf(r->name, sizeof(r->name), "%s", name);
	return r;
}

static void set_name(char name[NAME_SIZE], const char *text)
{
	snprintf(name, NAME_SIZE, "%s", text);
}

static void role_add(struct policy_range *r, const char *name, uint16_t offset)
{
	set_name(r->roles[r->n_roles].name, name);
	r->roles[r->n_roles++].offset = offset;
}

static void environment_add(struct policy_range *r, const char *name)
{
	set_name(r->environments[r->n_environments++], name);
}

static void type_add(struct policy_range *r, const char *name)
{
	set_name(r->types[r->n_types++], name);
}

static void alias_add(const char *name, const char *type)
{
	set_name(policy.aliases[policy.n_aliases].name, name);
	set_name(policy.aliases[policy.n_aliases++].type, type);
}

static void project_add(const char *name, int number)
{
	struct policy_project *p = &policy.projects[policy.n_projects++];

	set_name(p->name, name);
	p->number = number;
	p->line = 500 + policy.n_projects;
}

static void service_add(const char *project, const char *service, uint16_t port)
{
	struct policy_service *s = &policy.services[policy.n_services++];

	set_name(s->project, project);
	set_name(s->service, service);
	s->port = port;
	s->line = 600 + policy.n_services;
}

/* Blocks of 100 in slices of 10, a shared range inside, a temporary one behind. */
static void make_blocks(void)
{
	struct policy_range *r;

	memset(&policy, 0, sizeof(policy));
	set_name(policy.name, "mine");
	set_name(policy.environment, "dev");
	r = range_add("main", 3000, 64999);
	r->block = 100;
	r->slice = 10;
	r->first_number = 1;
	range_add("shared", 9000, 9999)->shared = true;
	r = range_add("short", 65000, 65499);
	r->temporary = true;
	r->expires_ms = 7 * MS_PER_DAY;
}

/* A flat range for each of three environments. */
static void make_environments(void)
{
	memset(&policy, 0, sizeof(policy));
	set_name(policy.name, "mine");
	set_name(policy.environment, "dev");
	environment_add(range_add("dev", 8000, 8999), "dev");
	environment_add(range_add("production", 9000, 9999), "production");
	environment_add(range_add("test", 7000, 7999), "test");
}

/* A flat range for each of two types, and one for the rest. */
static void make_types(void)
{
	memset(&policy, 0, sizeof(policy));
	set_name(policy.name, "mine");
	set_name(policy.environment, "dev");
	type_add(range_add("web", 8000, 8099), "web");
	type_add(range_add("db", 5400, 5499), "db");
	type_add(range_add("misc", 3000, 3099), "misc");
	alias_add("postgres", "db");
}

static struct policy_range *main_range(void)
{
	return &policy.ranges[0];
}

/* ---- the ways to spoil it ---- */

static void no_name(void)
{
	policy.name[0] = '\0';
}
static void no_ranges(void)
{
	policy.n_ranges = 0;
}
static void nameless_range(void)
{
	policy.ranges[1].name[0] = '\0';
}
static void one_name_twice(void)
{
	set_name(policy.ranges[1].name, "main");
}
static void below_1024(void)
{
	range_add("low", 1023, 1100)->legacy = true;
}
static void from_1024(void)
{
	range_add("low", 1024, 1100)->legacy = true;
}
static void backwards(void)
{
	range_add("low", 2000, 1999)->legacy = true;
}
static void up_to_65535(void)
{
	range_add("high", 65500, 65535)->legacy = true;
}

static void same_ports(void)
{
	range_add("legacy", 65000, 65499)->legacy = true;
}
static void one_port_in_common(void)
{
	range_add("legacy", 65499, 65500)->legacy = true;
}
static void neighbours(void)
{
	range_add("legacy", 65500, 65501)->legacy = true;
}
static void legacy_hole(void)
{
	range_add("legacy", 8000, 8999)->legacy = true;
}
static void half_a_hole(void)
{
	range_add("legacy", 2500, 3500)->legacy = true;
}
static void flat_with_a_hole(void)
{
	main_range()->block = main_range()->slice = 0;
}

/* It is used, and still takes ports that are cut into blocks. */
static void ordinary_hole(void)
{
	environment_add(main_range(), "dev");
	environment_add(range_add("test", 7000, 7999), "test");
}

static void temporary_hole(void)
{
	policy.ranges[2].ports = (struct port_range){ 7000, 7999 };
}

static void flat_with_an_excepted_hole(void)
{
	flat_with_a_hole();
	main_range()->except[main_range()->n_except++] = (struct port_range){ 9000, 9999 };
}

static void flat_with_too_small_an_exception(void)
{
	flat_with_a_hole();
	main_range()->except[main_range()->n_except++] = (struct port_range){ 9000, 9998 };
}

static void hole_within_a_hole(void)
{
	range_add("legacy", 9000, 9099)->legacy = true;
}

static void block_of_300(void)
{
	main_range()->block = 300;
	main_range()->slice = 10;
}
static void block_too_large(void)
{
	main_range()->block = 62001;
	main_range()->slice = 0;
}
static void one_block(void)
{
	main_range()->block = 62000;
	main_range()->first_number = 0;
}
static void slice_of_30(void)
{
	main_range()->slice = 30;
}
static void slice_of_200(void)
{
	main_range()->slice = 200;
}
static void slice_of_100(void)
{
	main_range()->slice = 100;
}
static void slice_without_block(void)
{
	policy.ranges[1].slice = 10;
}
static void first_number_620(void)
{
	main_range()->first_number = 620;
}
static void first_number_619(void)
{
	main_range()->first_number = 619;
}

static void ten_roles(void)
{
	char name[8] = "role-0";

	for (uint16_t i = 0; i < 10; i++, name[5]++)
		role_add(main_range(), name, i);
}

static void role_outside(void)
{
	role_add(main_range(), "api", 10);
}

static void role_without_slice(void)
{
	main_range()->slice = 0;
	role_add(main_range(), "api", 50);
}

static void role_name_twice(void)
{
	role_add(main_range(), "api", 1);
	role_add(main_range(), "api", 2);
}

static void role_offset_twice(void)
{
	role_add(main_range(), "api", 1);
	role_add(main_range(), "db", 1);
}

static void except_at(uint16_t first, uint16_t last)
{
	main_range()->except[main_range()->n_except++] = (struct port_range){ first, last };
}

static void except_inside(void)
{
	except_at(3000, 3000);
	except_at(64999, 64999);
}
static void except_outside(void)
{
	except_at(2000, 2999);
}
static void except_half_outside(void)
{
	except_at(64000, 65000);
}

static void avoid_inside(void)
{
	main_range()->avoid[main_range()->n_avoid++] = 5173;
}
static void avoid_outside(void)
{
	main_range()->avoid[main_range()->n_avoid++] = 2999;
}

static void without_expiry(void)
{
	policy.ranges[2].expires_ms = 0;
}
static void two_shared(void)
{
	range_add("more", 65500, 65510)->shared = true;
}
static void second_that_serves_all(void)
{
	range_add("more", 65500, 65510);
}

static void second_temporary(void)
{
	struct policy_range *r = range_add("more", 65500, 65510);

	r->temporary = true;
	r->expires_ms = 1;
}

static void environment_nobody_serves(void)
{
	set_name(policy.environment, "staging");
}
static void no_environment(void)
{
	policy.environment[0] = '\0';
}
static void environment_of_temporary_only(void)
{
	environment_nobody_serves();
	policy.ranges[2].temporary = true;
	policy.ranges[2].expires_ms = 1;
	environment_add(&policy.ranges[2], "staging");
}

static void environment_served_before(void)
{
	environment_add(range_add("x", 6000, 6099), "test");
}

static void environments_served_by_two(void)
{
	struct policy_range *r = range_add("x", 6000, 6099);

	environment_add(r, "test");
	environment_add(r, "dev");
}

static void environments_half_served(void)
{
	environments_served_by_two();
	environment_add(&policy.ranges[3], "staging");
}

static void all_the_rest(void)
{
	range_add("rest", 6000, 6099);
}

static void after_all_the_rest(void)
{
	all_the_rest();
	environment_add(range_add("late", 6100, 6199), "staging");
}

static void type_and_environment(void)
{
	struct policy_range *r = range_add("test-web", 6000, 6099);

	type_add(r, "web");
	environment_add(r, "test");
}

static void alias_of_nothing(void)
{
	alias_add("redis", "cache");
}

static void good_seeds(void)
{
	project_add("shop", 0);
	project_add("blog", 619);
	project_add("wiki", -1);
	project_add("docs", -1);
	service_add("shop", "web", 3000);
	service_add("shop", "api", 3001);
	service_add(SHARED_PROJECT, "grafana", 9000);
}

static void number_too_high(void)
{
	project_add("shop", 620);
}
static void number_in_a_hole(void)
{
	project_add("shop", 60);
}
static void project_twice(void)
{
	project_add("shop", 1);
	project_add("shop", 2);
}
static void number_twice(void)
{
	project_add("shop", 1);
	project_add("blog", 1);
}
static void service_of_nobody(void)
{
	service_add("shop", "web", 3000);
}

static void service_twice(void)
{
	project_add("shop", 1);
	service_add("shop", "web", 3100);
	service_add("shop", "web", 3101);
}

static void service_port_twice(void)
{
	project_add("shop", 1);
	service_add("shop", "web", 3100);
	service_add("shop", "api", 3100);
}

static void numbers_without_blocks(void)
{
	project_add("shop", 7);
}

static const struct {
	void (*make)(void);
	void (*spoil)(void);
	const char *name;
	const char *want; /* part of the only finding; NULL: there is none */
	bool is_warning;
	unsigned line;
} row[] = {
#define ROW(make, spoil, ...)                    \
	{                                        \
		make, spoil, #spoil, __VA_ARGS__ \
	}
	ROW(make_blocks, NULL, NULL),
	ROW(make_environments, NULL, NULL),
	ROW(make_types, NULL, NULL),
	ROW(make_blocks, no_name, "no name", false, 0),
	ROW(make_blocks, no_ranges, "no ranges", false, 0),
	ROW(make_blocks, nameless_range, "range 9000-9999 has no name", false, 20),
	ROW(make_blocks, one_name_twice, "two ranges 'main'", false, 20),
	ROW(make_blocks, below_1024, "'low' starts at 1023", false, 40),
	ROW(make_blocks, from_1024, NULL),
	ROW(make_blocks, backwards, "runs backwards", false, 40),
	ROW(make_blocks, up_to_65535, NULL),
	ROW(make_blocks, same_ports, "'short' and 'legacy' overlap: both have port 65000", false,
	    40),
	ROW(make_blocks, one_port_in_common, "both have port 65499", false, 40),
	ROW(make_blocks, neighbours, NULL),
	ROW(make_blocks, legacy_hole, NULL),
	ROW(make_blocks, temporary_hole, NULL),
	ROW(make_blocks, hole_within_a_hole, "'shared' and 'legacy' overlap", false, 40),
	ROW(make_blocks, half_a_hole, "'main' and 'legacy' overlap: both have port 3000", false,
	    40),
	ROW(make_blocks, ordinary_hole, "'main' and 'test' overlap: both have port 7000", false,
	    40),
	ROW(make_blocks, flat_with_a_hole, "'main' and 'shared' overlap: both have port 9000",
	    false, 20),
	ROW(make_blocks, flat_with_an_excepted_hole, NULL),
	ROW(make_blocks, flat_with_too_small_an_exception, "both have port 9999", false, 20),
	ROW(make_blocks, block_of_300, "do not divide the 62000 ports", false, 10),
	ROW(make_blocks, block_too_large, "does not fit", false, 10),
	ROW(make_blocks, one_block, NULL),
	ROW(make_blocks, slice_of_30, "slices of 30 do not divide", false, 10),
	ROW(make_blocks, slice_of_200, "slices of 200 do not divide", false, 10),
	ROW(make_blocks, slice_of_100, NULL),
	ROW(make_blocks, slice_without_block, "no blocks to cut them from", false, 20),
	ROW(make_blocks, first_number_620, "no project number 620: the last is 619", false, 10),
	ROW(make_blocks, first_number_619, NULL),
	ROW(make_blocks, ten_roles, NULL),
	ROW(make_blocks, role_outside, "'api' has offset 10, outside slices of 10", false, 10),
	ROW(make_blocks, role_without_slice, "no slices for them", false, 10),
	ROW(make_blocks, role_name_twice, "two roles 'api'", false, 10),
	ROW(make_blocks, role_offset_twice, "'api' and 'db' have one offset, 1", false, 10),
	ROW(make_blocks, except_inside, NULL),
	ROW(make_blocks, except_outside, "excepts 2000-2999", false, 10),
	ROW(make_blocks, except_half_outside, "excepts 64000-65000", false, 10),
	ROW(make_blocks, avoid_inside, NULL),
	ROW(make_blocks, avoid_outside, "avoids 2999", true, 10),
	ROW(make_blocks, without_expiry, "does not say when they expire", false, 30),
	ROW(make_blocks, two_shared, "'shared' and 'more' are both shared", false, 40),
	ROW(make_blocks, second_that_serves_all, "'more' is never used", false, 40),
	ROW(make_blocks, second_temporary, "'more' is never used", false, 40),
	ROW(make_environments, environment_nobody_serves,
	    "serves the default environment, 'staging'", false, 0),
	ROW(make_environments, environment_of_temporary_only,
	    "serves the default environment, 'staging'", false, 0),
	ROW(make_environments, no_environment, "no default environment", true, 0),
	ROW(make_environments, environment_served_before, "'x' is never used", false, 40),
	ROW(make_environments, environments_served_by_two, "'x' is never used", false, 40),
	ROW(make_environments, environments_half_served, NULL),
	ROW(make_environments, all_the_rest, NULL),
	ROW(make_environments, after_all_the_rest, "'late' is never used", false, 50),
	ROW(make_types, type_and_environment, "'test-web' is never used", false, 40),
	ROW(make_environments, type_and_environment, "'test-web' is never used", false, 40),
	ROW(make_types, alias_of_nothing, "'redis' stands for 'cache'", false, 0),
	ROW(make_environments, alias_of_nothing, NULL),
	ROW(make_blocks, good_seeds, NULL),
	ROW(make_blocks, number_too_high, "'shop': no block has number 620", false, 501),
	ROW(make_blocks, number_in_a_hole, "'shop': no block has number 60", false, 501),
	ROW(make_blocks, project_twice, "two projects 'shop'", false, 502),
	ROW(make_blocks, number_twice, "'shop' and 'blog' have one number, 1", false, 502),
	ROW(make_blocks, service_of_nobody, "there is no project 'shop'", false, 601),
	ROW(make_blocks, service_twice, "two services 'shop/web'", false, 602),
	ROW(make_blocks, service_port_twice, "'shop/web' and 'shop/api' have one port, 3100", false,
	    602),
	ROW(make_environments, numbers_without_blocks, NULL),
};

static void test_policy_check__finds_what_is_wrong_and_where(void **state)
{
	static struct policy_finding found[POLICY_MAX_FINDINGS];

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		unsigned count;

		row[i].make();
		if (row[i].spoil)
			row[i].spoil();
		count = policy_check(&policy, (struct port_range){ 0, 0 }, found);
		if (!row[i].want) {
			CHECK(count == 0, "%s: %s", row[i].name, found[0].text);
			continue;
		}
		CHECK(count == 1, "%s: %u, %s, %s", row[i].name, count, found[0].text,
		      found[1].text);
		CHECK(strstr(found[0].text, row[i].want), "%s: %s", row[i].name, found[0].text);
		CHECK(found[0].is_error == !row[i].is_warning, "%s", row[i].name);
		CHECK(found[0].line == row[i].line, "%s: line %u", row[i].name, found[0].line);
	}
}

static void test_policy_check__warns_of_the_ephemeral_range(void **state)
{
	static const struct {
		struct port_range ephemeral;
		unsigned want;
	} rows[] = {
		{ { 32768, 60999 }, 1 }, { { 64999, 65000 }, 2 }, { { 1024, 65535 }, 3 },
		{ { 65500, 65535 }, 0 }, { { 0, 0 }, 0 },
	};
	static struct policy_finding found[POLICY_MAX_FINDINGS];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unsigned count;

		make_blocks();
		count = policy_check(&policy, rows[i].ephemeral, found);
		CHECK(count == rows[i].want, "row %zu: %u", i, count);
		for (unsigned j = 0; j < count; j++)
			CHECK(!found[j].is_error && found[j].line &&
			      strstr(found[j].text, "kernel"));
	}
}

static void test_policy_check__does_not_warn_of_legacy_ranges(void **state)
{
	static struct policy_finding found[POLICY_MAX_FINDINGS];

	make_blocks();
	range_add("old", 65500, 65535)->legacy = true;
	CHECK(policy_check(&policy, (struct port_range){ 65500, 65535 }, found) == 0);
}

static void test_policy_check__finds_several_things_in_the_order_of_the_file(void **state)
{
	static struct policy_finding found[POLICY_MAX_FINDINGS];

	make_blocks();
	role_outside();
	without_expiry();
	number_too_high();
	CHECK(policy_check(&policy, (struct port_range){ 0, 0 }, found) == 3);
	CHECK(found[0].line == 10 && found[1].line == 30 && found[2].line == 501);
}

static void test_policy_check__stops_when_its_list_is_full(void **state)
{
	static struct policy_finding found[POLICY_MAX_FINDINGS + 1];

	make_blocks();
	for (int i = 0; i < POLICY_MAX_SEEDS; i++)
		project_add("same", 700);
	CHECK(policy_check(&policy, (struct port_range){ 0, 0 }, found) == POLICY_MAX_FINDINGS);
	CHECK(found[POLICY_MAX_FINDINGS].text[0] == '\0');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policy_check__finds_what_is_wrong_and_where),
		cmocka_unit_test(test_policy_check__warns_of_the_ephemeral_range),
		cmocka_unit_test(test_policy_check__does_not_warn_of_legacy_ranges),
		cmocka_unit_test(test_policy_check__finds_several_things_in_the_order_of_the_file),
		cmocka_unit_test(test_policy_check__stops_when_its_list_is_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
