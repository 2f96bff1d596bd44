#include "lib/check.h"

#include <limits.h>

#include "ports/policy.h"

static struct policy policy;

static struct policy_range *range_add(const char *name, uint16_t first, uint16_t last)
{
	struct policy_range *r = &policy.ranges[policy.n_ranges++];

	*r = (struct policy_range){ .ports = { first, last } };
	snprintf(r->name, sizeof(r->name), "%s", name);
	return r;
}

static void word_add(char words[][NAME_SIZE], unsigned *count, const char *word)
{
	snprintf(words[(*count)++], NAME_SIZE, "%s", word);
}

static void environment_add(struct policy_range *r, const char *word)
{
	word_add(r->environments, &r->n_environments, word);
}

static void type_add(struct policy_range *r, const char *word)
{
	word_add(r->types, &r->n_types, word);
}

static void role_add(struct policy_range *r, const char *name, uint16_t offset)
{
	snprintf(r->roles[r->n_roles].name, NAME_SIZE, "%s", name);
	r->roles[r->n_roles++].offset = offset;
}

static void alias_add(const char *name, const char *type)
{
	snprintf(policy.aliases[policy.n_aliases].name, NAME_SIZE, "%s", name);
	snprintf(policy.aliases[policy.n_aliases++].type, NAME_SIZE, "%s", type);
}

static int reset(void **state)
{
	memset(&policy, 0, sizeof(policy));
	return 0;
}

/* The name of the range; "" when there is none. */
static const char *range_for(const char *project, const char *environment, const char *type,
			     bool temporary)
{
	const struct policy_range *r = policy_range_for(
		&policy, &(struct policy_asker){ project, environment, type, temporary });

	return r ? r->name : "";
}

static void test_policy_range_for__takes_the_first_that_serves(void **state)
{
	environment_add(range_add("dev", 8000, 8999), "dev");
	environment_add(range_add("test", 7000, 7999), "test");
	CHECK_TEXT(range_for("shop", "dev", NULL, false), "dev");
	CHECK_TEXT(range_for("shop", "test", NULL, false), "test");
	CHECK_TEXT(range_for("shop", "staging", NULL, false), "");
	range_add("rest", 6000, 6999);
	CHECK_TEXT(range_for("shop", "staging", NULL, false), "rest");
	CHECK_TEXT(range_for("shop", "test", "web", false), "test");
}

static void test_policy_range_for__looks_at_type_and_environment_together(void **state)
{
	struct policy_range *r = range_add("web-test", 8000, 8099);

	type_add(r, "web");
	environment_add(r, "test");
	type_add(range_add("web", 8100, 8199), "web");
	CHECK_TEXT(range_for("shop", "test", "web", false), "web-test");
	CHECK_TEXT(range_for("shop", "dev", "web", false), "web");
	CHECK_TEXT(range_for("shop", "test", "db", false), "");
	CHECK_TEXT(range_for("shop", "test", NULL, false), "");
}

static void test_policy_range_for__gives_nothing_from_shared_and_legacy_ranges(void **state)
{
	range_add("legacy", 3000, 3999)->legacy = true;
	range_add("shared", 9000, 9999)->shared = true;
	CHECK_TEXT(range_for("shop", "dev", NULL, false), "");
	range_add("main", 30000, 39999);
	CHECK_TEXT(range_for("shop", "dev", NULL, false), "main");
}

static void test_policy_range_for__gives_the_shared_project_the_shared_range(void **state)
{
	range_add("main", 3000, 3999);
	CHECK_TEXT(range_for(SHARED_PROJECT, "dev", NULL, false), "main");
	range_add("shared", 9000, 9999)->shared = true;
	CHECK_TEXT(range_for(SHARED_PROJECT, "dev", NULL, false), "shared");
	CHECK_TEXT(range_for(SHARED_PROJECT, "dev", NULL, true), "");
}

static void test_policy_range_for__keeps_temporary_ports_apart(void **state)
{
	range_add("short", 40000, 49999)->temporary = true;
	CHECK_TEXT(range_for("shop", "dev", NULL, false), "");
	CHECK_TEXT(range_for("shop", "dev", NULL, true), "short");
	CHECK_TEXT(range_for(SHARED_PROJECT, "dev", NULL, true), "short");
}

static void test_policy_range_named__finds_each(void **state)
{
	range_add("a", 1024, 1025);
	range_add("b", 1026, 1027);
	CHECK(policy_range_named(&policy, "b") == &policy.ranges[1]);
	CHECK(!policy_range_named(&policy, "c"));
}

static void test_policy_type__is_what_was_given_or_the_name_or_misc(void **state)
{
	type_add(range_add("web", 8000, 8099), "web");
	type_add(range_add("db", 5400, 5499), "db");
	type_add(range_add("misc", 3000, 3099), "misc");
	alias_add("postgres", "db");
	alias_add("frontend", "web");
	CHECK_TEXT(policy_type(&policy, "x", "web"), "web");
	CHECK_TEXT(policy_type(&policy, "db", "web"), "web");
	CHECK_TEXT(policy_type(&policy, "x", "frontend"), "web");
	CHECK_TEXT(policy_type(&policy, "db", NULL), "db");
	CHECK_TEXT(policy_type(&policy, "postgres", NULL), "db");
	CHECK_TEXT(policy_type(&policy, "x", NULL), "misc");
	CHECK_TEXT(policy_type(&policy, "x", "cache"), "cache"); /* no range serves it */
}

static void test_policy_type__is_left_alone_where_ranges_have_no_types(void **state)
{
	range_add("main", 3000, 3999);
	alias_add("postgres", "db");
	CHECK(!policy_type(&policy, "postgres", NULL));
	CHECK_TEXT(policy_type(&policy, "x", "anything"), "anything");
}

static void test_policy_role__goes_by_name_then_by_type(void **state)
{
	struct policy_range *r = range_add("main", 3000, 3099);
	const char *role = "untouched";

	role_add(r, "frontend", 0);
	role_add(r, "api", 1);
	role_add(r, "db", 2);
	CHECK(policy_role(r, "api", "db", &role) == 1);
	CHECK_TEXT(role, "api");
	CHECK(policy_role(r, "postgres", "db", &role) == 2);
	CHECK_TEXT(role, "db");
	role = "untouched";
	CHECK(policy_role(r, "x", "y", &role) == -1);
	CHECK(policy_role(r, "x", NULL, &role) == -1);
	CHECK_TEXT(role, "untouched");
}

static void test_policy_range_owns__what_no_exception_takes(void **state)
{
	struct policy_range *r = range_add("main", 3000, 3999);

	r->except[r->n_except++] = (struct port_range){ 3100, 3199 };
	r->except[r->n_except++] = (struct port_range){ 3150, 3249 };
	CHECK(policy_range_owns(r, 3000) && policy_range_owns(r, 3999));
	CHECK(!policy_range_owns(r, 2999) && !policy_range_owns(r, 4000));
	CHECK(policy_range_owns(r, 3099) && policy_range_owns(r, 3250));
	CHECK(!policy_range_owns(r, 3100) && !policy_range_owns(r, 3249));
	CHECK(policy_range_size(r) == 850);
}

static void test_policy_block__skips_exceptions_and_other_ranges(void **state)
{
	struct policy_range *r = range_add("main", 3000, 3999);
	struct port_range block = { 7, 7 };

	r->block = 100;
	r->except[r->n_except++] = (struct port_range){ 3399, 3400 };
	range_add("shared", 3650, 3749)->shared = true;
	CHECK(policy_block_count(r) == 10);
	for (unsigned n = 0; n < 12; n++) {
		bool is_there = n < 10 && n != 3 && n != 4 && n != 6 && n != 7;

		CHECK(policy_block(&policy, r, n, &block) == is_there, "%u", n);
		if (is_there)
			CHECK(block.first == 3000 + 100 * n && block.last == 3099 + 100 * n);
	}
	CHECK(!policy_block(&policy, r, UINT_MAX, &block));
}

static void test_policy_block__reaches_the_last_port(void **state)
{
	struct policy_range *r = range_add("main", 65436, 65535);
	struct port_range block;

	r->block = 50;
	CHECK(policy_block(&policy, r, 1, &block) && block.first == 65486 && block.last == 65535);
	CHECK(!policy_block(&policy, r, 2, &block));
}

static void test_policy_block__there_is_none_in_a_flat_range(void **state)
{
	struct policy_range *r = range_add("main", 3000, 3999);
	struct port_range block;

	CHECK(policy_block_count(r) == 0);
	CHECK(!policy_block(&policy, r, 0, &block));
	CHECK(!policy_slice(r, &r->ports, 1, 0, &block));
	CHECK(policy_instance_limit(r, 1) == UINT_MAX);
}

static void test_policy_slice__even_cuts_from_the_bottom(void **state)
{
	const struct port_range blocks[] = { { 3100, 3199 }, { 3500, 3599 } };
	struct policy_range *r = range_add("main", 3000, 3999);
	struct port_range slice;

	r->block = 100;
	r->slice = 10;
	CHECK(policy_instance_limit(r, 2) == 20);
	for (unsigned i = 0; i < 20; i++) {
		unsigned first = (i < 10 ? 3100 : 3400) + 10 * i;

		CHECK(policy_slice(r, blocks, 2, i, &slice), "%u", i);
		CHECK(slice.first == first && slice.last == first + 9, "%u", i);
	}
	CHECK(!policy_slice(r, blocks, 2, 20, &slice));
	CHECK(!policy_slice(r, blocks, 1, 10, &slice));
	CHECK(!policy_slice(r, blocks, 0, 0, &slice));
}

static void test_policy_slice__top_leaves_the_lowest_to_instance_1(void **state)
{
	const struct port_range blocks[] = { { 3100, 3199 }, { 3500, 3599 } };
	struct policy_range *r = range_add("main", 3000, 3999);
	struct port_range slice;

	r->block = 100;
	r->slice = 10;
	r->slicing = SLICES_TOP;
	CHECK(policy_instance_limit(r, 2) == 20);
	for (unsigned i = 0; i < 19; i++) {
		unsigned first = i < 9 ? 3190 - 10 * i : 3590 - 10 * (i - 9);

		CHECK(policy_slice(r, blocks, 2, i, &slice), "%u", i);
		CHECK(slice.first == first && slice.last == first + 9, "%u: %u", i, slice.first);
	}
	CHECK(!policy_slice(r, blocks, 2, 19, &slice));
	CHECK(!policy_slice(r, blocks, 1, 9, &slice));
}

static void test_policy_slice__never_overlaps_whatever_the_sizes(void **state)
{
	static const unsigned sizes[][2] = { { 100, 10 }, { 10, 10 }, { 10, 1 }, { 60, 20 } };

	for (unsigned n = 0; n < 2 * ARRAY_LEN(sizes); n++) {
		unsigned block = sizes[n / 2][0];
		const struct port_range blocks[] = { { 3000, (uint16_t)(2999 + block) },
						     { 3500, (uint16_t)(3499 + block) } };
		struct policy_range r = { .ports = { 3000, 3999 },
					  .block = block,
					  .slice = sizes[n / 2][1],
					  .slicing = n % 2 };
		struct port_set seen = { 0 };
		struct port_range slice;
		unsigned i;

		for (i = 0; policy_slice(&r, blocks, 2, i, &slice); i++) {
			CHECK(port_range_size(slice) == r.slice);
			CHECK(port_range_contains(blocks[0], slice) ||
			      port_range_contains(blocks[1], slice));
			CHECK(port_set_count(&seen, slice) == 0, "row %u slice %u", n, i);
			port_set_add_range(&seen, slice);
		}
		CHECK(i == policy_instance_limit(&r, 2) - (r.slicing == SLICES_TOP), "row %u", n);
		CHECK(r.slicing == SLICES_EVEN || !port_set_has(&seen, 3000), "row %u", n);
	}
}

static void test_policy_slice__there_is_none_larger_than_its_block(void **state)
{
	struct policy_range *r = range_add("main", 3000, 3999);
	const struct port_range block = { 3000, 3009 };
	struct port_range slice;

	r->block = 10;
	r->slice = 20;
	CHECK(!policy_slice(r, &block, 1, 0, &slice));
	r->slicing = SLICES_TOP;
	CHECK(!policy_slice(r, &block, 1, 0, &slice));
	CHECK(policy_instance_limit(r, 1) == 0);
}

#define TEST(name) cmocka_unit_test_setup(name, reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_policy_range_for__takes_the_first_that_serves),
		TEST(test_policy_range_for__looks_at_type_and_environment_together),
		TEST(test_policy_range_for__gives_nothing_from_shared_and_legacy_ranges),
		TEST(test_policy_range_for__gives_the_shared_project_the_shared_range),
		TEST(test_policy_range_for__keeps_temporary_ports_apart),
		TEST(test_policy_range_named__finds_each),
		TEST(test_policy_type__is_what_was_given_or_the_name_or_misc),
		TEST(test_policy_type__is_left_alone_where_ranges_have_no_types),
		TEST(test_policy_role__goes_by_name_then_by_type),
		TEST(test_policy_range_owns__what_no_exception_takes),
		TEST(test_policy_block__skips_exceptions_and_other_ranges),
		TEST(test_policy_block__reaches_the_last_port),
		TEST(test_policy_block__there_is_none_in_a_flat_range),
		TEST(test_policy_slice__even_cuts_from_the_bottom),
		TEST(test_policy_slice__top_leaves_the_lowest_to_instance_1),
		TEST(test_policy_slice__never_overlaps_whatever_the_sizes),
		TEST(test_policy_slice__there_is_none_larger_than_its_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
