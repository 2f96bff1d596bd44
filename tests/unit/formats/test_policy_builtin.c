#include "lib/check.h"

#include "base/clock.h"
#include "formats/policy_builtin.h"
#include "formats/policy_yaml.h"

static struct policy got;

static const struct policy *builtin(const char *name)
{
	const struct policy_file *file = policy_builtin(name);
	struct err err = { 0 };

	CHECK(file, "%s", name);
	CHECK(policy_yaml_parse(file->text, file->len, file->name, &got, &err), "%s", err.text);
	return &got;
}

static const struct policy_range *range(const struct policy *p, const char *project,
					const char *environment, const char *type, bool temporary)
{
	return policy_range_for(p, &(struct policy_asker){ project, environment, type, temporary });
}

/* The first port that is given without anyone asking for one by number. */
static unsigned first_port(const struct policy *p, const struct policy_range *r)
{
	for (unsigned port = r->ports.first; port <= r->ports.last; port++) {
		bool skip = !policy_range_owns(r, (uint16_t)port);

		for (unsigned i = 0; i < r->n_avoid; i++)
			skip = skip || r->avoid[i] == port;
		for (unsigned i = 0; i < p->n_reserved; i++)
			skip = skip || port_range_has(p->reserved[i].ports, (uint16_t)port);
		if (!skip)
			return port;
	}
	return 0;
}

static void test_builtin__four_policies_are_found_by_name(void **state)
{
	static const char *const names[] = { "blocks", "environments", "instances", "types" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const struct policy_file *file = policy_builtin_at(i);

		CHECK(file && file == policy_builtin(names[i]), "%s", names[i]);
		CHECK_TEXT(file->name, names[i]);
		CHECK(strlen(file->text) == file->len);
		CHECK_TEXT(builtin(names[i])->name, names[i]);
	}
	CHECK(!policy_builtin_at(ARRAY_LEN(names)));
	CHECK(!policy_builtin("block"));
	CHECK(!policy_builtin("supervisor"));
	CHECK(policy_builtin(POLICY_DEFAULT));
}

static void test_builtin__each_default_environment_has_a_range(void **state)
{
	const struct policy_file *file;

	for (size_t i = 0; (file = policy_builtin_at(i)); i++) {
		const struct policy *p = builtin(file->name);
		const char *type = policy_type(p, "web", NULL);

		CHECK_TEXT(p->environment, "dev");
		CHECK(range(p, "a", "dev", type, false), "%s", file->name);
		CHECK(range(p, "a", "dev", type, true)->expires_ms == 7 * MS_PER_DAY);
	}
}

static void test_builtin__what_is_avoided_lies_in_its_range(void **state)
{
	const struct policy_file *file;

	for (size_t i = 0; (file = policy_builtin_at(i)); i++) {
		const struct policy *p = builtin(file->name);

		for (unsigned r = 0; r < p->n_ranges; r++)
			for (unsigned a = 0; a < p->ranges[r].n_avoid; a++)
				CHECK(policy_range_owns(&p->ranges[r], p->ranges[r].avoid[a]),
				      "%s: %u", file->name, p->ranges[r].avoid[a]);
	}
}

static void test_builtin__nothing_is_wrong_with_any(void **state)
{
	static struct policy_finding findings[POLICY_MAX_FINDINGS];
	const struct policy_file *file;

	for (size_t i = 0; (file = policy_builtin_at(i)); i++) {
		unsigned n = policy_check(builtin(file->name), (struct port_range){ 0 }, findings);

		CHECK(n == 0, "%s:%u: %s", file->name, findings[0].line, findings[0].text);
	}
}

static void test_builtin__no_two_ranges_own_one_port(void **state)
{
	const struct policy_file *file;

	for (size_t i = 0; (file = policy_builtin_at(i)); i++) {
		const struct policy *p = builtin(file->name);

		for (unsigned port = 1; port <= UINT16_MAX; port++) {
			unsigned owners = 0;

			for (unsigned r = 0; r < p->n_ranges; r++)
				owners += policy_range_owns(&p->ranges[r], (uint16_t)port);
			CHECK(owners <= 1, "%s: %u", file->name, port);
		}
	}
}

static void test_blocks__project_n_owns_100_ports_from_3000_on(void **state)
{
	const struct policy *p = builtin("blocks");
	const struct policy_range *r = range(p, "consilio", "dev", NULL, false);
	struct port_range block;

	CHECK(r->first_number == 1 && r->slice == 10 && r->slicing == SLICES_TOP);
	for (unsigned n = 0; n < 620; n++) {
		if (n >= 60 && n <= 69) {
			CHECK(!policy_block(p, r, n, &block), "%u", n);
			continue;
		}
		CHECK(policy_block(p, r, n, &block), "%u", n);
		CHECK(block.first == 3000 + 100 * n && block.last == 3099 + 100 * n, "%u", n);
	}
	CHECK(!policy_block(p, r, 620, &block));
	CHECK(policy_slice(r, &(struct port_range){ 3100, 3199 }, 1, 0, &block));
	CHECK(block.first == 3190 && block.last == 3199);
}

static void test_blocks__nothing_keeps_the_first_ports_of_projects_0_and_1(void **state)
{
	const struct policy *p = builtin("blocks");
	const struct policy_range *r = range(p, "consilio", "dev", NULL, false);

	CHECK(first_port(p, r) == 3000);
	for (unsigned i = 0; i < r->n_avoid; i++)
		CHECK(r->avoid[i] > 3199);
}

static void test_blocks__shared_services_have_9000_to_9999(void **state)
{
	const struct policy *p = builtin("blocks");
	const struct policy_range *r = range(p, SHARED_PROJECT, "dev", NULL, false);

	CHECK(r->ports.first == 9000 && r->ports.last == 9999 && first_port(p, r) == 9000);
	CHECK(p->n_reserved == 2);
	CHECK(p->reserved[0].ports.first == 5432 && p->reserved[1].ports.first == 8080);
}

static void test_instances__roles_stand_at_their_offsets_in_each_slice(void **state)
{
	static const char *const roles[] = {
		"frontend", "api",	 "db",	   "supabase-api", "supabase-studio",
		"inbucket", "analytics", "vector", "pooler",	   "aux",
	};
	const struct policy *p = builtin("instances");
	const struct policy_range *r = range(p, "a", "dev", NULL, false);
	struct port_range block, slice;
	const char *role;

	CHECK(r->first_number == 0);
	CHECK(policy_block(p, r, 2, &block) && block.first == 30200 && block.last == 30299);
	CHECK(policy_slice(r, &block, 1, 1, &slice) && slice.first == 30210);
	for (size_t i = 0; i < ARRAY_LEN(roles); i++)
		CHECK(policy_role(r, roles[i], NULL, &role) == (int)i, "%s", roles[i]);
	CHECK(policy_block(p, r, 99, &block) && block.last == 39999);
	CHECK(policy_instance_limit(r, 1) == 10);
	CHECK(!policy_slice(r, &block, 1, 10, &slice));
}

static void test_instances__knows_purposes_and_what_stands_beside_the_blocks(void **state)
{
	static const char *const purposes[] = {
		"development", "test",	      "feature", "feature", "staging",
		"performance", "integration", "preview", "backup",  "experimental",
	};
	const struct policy *p = builtin("instances");

	CHECK(p->n_purposes == ARRAY_LEN(purposes));
	for (size_t i = 0; i < ARRAY_LEN(purposes); i++)
		CHECK_TEXT(p->purposes[i], purposes[i]);
	CHECK(policy_range_named(p, "emergency")->temporary);
	CHECK(policy_range_named(p, "emergency")->ports.first == 40000);
	CHECK(policy_range_named(p, "system")->shared);
	CHECK(policy_range_named(p, "legacy-3000")->legacy);
	CHECK(policy_range_named(p, "legacy-8000")->legacy);
	CHECK(p->n_reserved == 1 && p->reserved[0].ports.first == 54320 &&
	      p->reserved[0].ports.last == 54999);
}

static void test_environments__each_has_its_range_from_its_first_port_on(void **state)
{
	static const struct {
		const char *environment;
		unsigned first;
	} row[] = { { "dev", 8000 }, { "test", 7000 }, { "production", 9000 } };
	static const uint16_t reserved[] = { 3000, 3737, 5432, 8051, 8181 };
	const struct policy *p = builtin("environments");

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		const struct policy_range *r = range(p, "a", row[i].environment, NULL, false);

		CHECK(r->ports.first == row[i].first && port_range_size(r->ports) == 1000);
		CHECK(first_port(p, r) == row[i].first && !r->block, "%s", row[i].environment);
	}
	CHECK(p->n_reserved == ARRAY_LEN(reserved));
	for (size_t i = 0; i < ARRAY_LEN(reserved); i++)
		CHECK(p->reserved[i].ports.first == reserved[i]);
}

static void test_types__a_service_gets_the_first_port_of_its_kind(void **state)
{
	static const struct {
		const char *service, *type;
		unsigned first;
	} row[] = {
		{ "web", "web", 8000 },
		{ "frontend", "web", 8000 },
		{ "api", "api", 8100 },
		{ "backend", "api", 8100 },
		{ "db", "db", 5400 },
		{ "postgres", "db", 5400 },
		{ "redis", "cache", 6300 },
		{ "queue", "queue", 5670 },
		{ "rabbitmq", "queue", 5670 },
		{ "grafana", "monitoring", 9000 },
		{ "temporal", "temporal", 7230 },
		{ "whatever", "misc", 3000 },
	};
	const struct policy *p = builtin("types");

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		const char *type = policy_type(p, row[i].service, NULL);

		CHECK_TEXT(type, row[i].type);
		CHECK(first_port(p, range(p, "a", "dev", type, false)) == row[i].first, "%s",
		      row[i].service);
	}
}

static void test_types__every_alias_means_a_type_that_there_is(void **state)
{
	const struct policy *p = builtin("types");

	for (unsigned i = 0; i < p->n_aliases; i++)
		CHECK(range(p, "a", "dev", p->aliases[i].type, false), "%s", p->aliases[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_builtin__four_policies_are_found_by_name),
		cmocka_unit_test(test_builtin__each_default_environment_has_a_range),
		cmocka_unit_test(test_builtin__what_is_avoided_lies_in_its_range),
		cmocka_unit_test(test_builtin__nothing_is_wrong_with_any),
		cmocka_unit_test(test_builtin__no_two_ranges_own_one_port),
		cmocka_unit_test(test_blocks__project_n_owns_100_ports_from_3000_on),
		cmocka_unit_test(test_blocks__nothing_keeps_the_first_ports_of_projects_0_and_1),
		cmocka_unit_test(test_blocks__shared_services_have_9000_to_9999),
		cmocka_unit_test(test_instances__roles_stand_at_their_offsets_in_each_slice),
		cmocka_unit_test(test_instances__knows_purposes_and_what_stands_beside_the_blocks),
		cmocka_unit_test(test_environments__each_has_its_range_from_its_first_port_on),
		cmocka_unit_test(test_types__a_service_gets_the_first_port_of_its_kind),
		cmocka_unit_test(test_types__every_alias_means_a_type_that_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
