#include "lib/check.h"

#include "operations/lint_judge.h"

/* shop has web 3100 and 3103, api 3101, and in test web 3102; shop@2 web 3190; blog web 3200. */
static const struct entry entries[] = {
	{ .port = 3100,
	  .project_id = "1",
	  .project = "shop",
	  .instance = 1,
	  .service = "web",
	  .environment = "dev",
	  .primary = true,
	  .allocated_at_ms = 1 },
	{ .port = 3101,
	  .project_id = "1",
	  .project = "shop",
	  .instance = 1,
	  .service = "api",
	  .environment = "dev",
	  .primary = true,
	  .allocated_at_ms = 2 },
	{ .port = 3102,
	  .project_id = "1",
	  .project = "shop",
	  .instance = 1,
	  .service = "web",
	  .environment = "test",
	  .primary = true,
	  .allocated_at_ms = 3 },
	{ .port = 3103,
	  .project_id = "1",
	  .project = "shop",
	  .instance = 1,
	  .service = "web",
	  .environment = "dev",
	  .allocated_at_ms = 4 },
	{ .port = 3190,
	  .project_id = "1",
	  .project = "shop",
	  .instance = 2,
	  .service = "web",
	  .environment = "dev",
	  .primary = true },
	{ .port = 3200,
	  .project_id = "2",
	  .project = "blog",
	  .instance = 1,
	  .service = "web",
	  .environment = "dev",
	  .primary = true },
	{ .port = 9000,
	  .project_id = "3",
	  .project = "shared-services",
	  .instance = 1,
	  .service = "pg",
	  .environment = "dev",
	  .primary = true },
};

static struct port_set reserved;

static struct lint_scene scene(const char *environment)
{
	port_set_add(&reserved, 5432);
	return (struct lint_scene){
		.entries = entries,
		.count = ARRAY_LEN(entries),
		.own = entries,
		.n_own = 4,
		.project_id = "1",
		.instance = 1,
		.environment = environment,
		.reserved = { &reserved, &reserved },
	};
}

/* "rule severity service instead sure" of what is named so in such a file. */
static const char *judged(const struct lint_scene *s, const struct mention *m, const char *file)
{
	static char text[256];
	struct lint_verdict v = lint_judge(s, m, file);

	if (v.rule == LINT_FINE)
		return "fine";
	snprintf(text, sizeof(text), "%s %s %s %u%s", lint_rule_name(v.rule), v.severity,
		 v.service[0] ? v.service : "-", v.instead ? (unsigned)v.instead->port : 0U,
		 v.is_sure ? " sure" : "");
	return text;
}

struct row {
	struct mention m;
	const char *want;
};

static void check_rows(const struct lint_scene *s, const char *file, const struct row *row,
		       size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct mention m = row[i].m;

		m.nth = m.nth ? m.nth : 1;
		CHECK(!strcmp(judged(s, &m, file), row[i].want), "row %zu: %s is not %s", i,
		      judged(s, &m, file), row[i].want);
	}
}

static void test_judge__says_whose_a_port_is(void **state)
{
	static const struct row rows[] = {
		{ { .port = 3100 }, "fine" },
		{ { .port = 3102 }, "fine" }, /* of another environment */
		{ { .port = 3190, .words = "PORT" }, "other-instance error web 3100 sure" },
		{ { .port = 3190, .is_default = true }, "fine" },
		{ { .port = 3190, .kind = MENTION_TEMPLATE }, "fine" },
		{ { .port = 3200, .words = "PORT" }, "other-project error web 3100 sure" },
		{ { .port = 3200, .kind = MENTION_PASSES, .words = "PORT" },
		  "other-project error web 3100" },
		{ { .port = 9000, .kind = MENTION_SETTING }, "fine" },
		{ { .port = 9000, .words = "x" }, "other-project error - 0" },
		{ { .port = 5432, .words = "db", .is_named = true }, "reserved error db 0" },
		{ { .port = 1, .words = "web" }, "unregistered error web 3100 sure" },
		{ { .port = 3100, .protocol = PROTO_UDP, .words = "web" },
		  "unregistered error web 0" },
		{ { .port = 3100, .words = "api", .is_named = true },
		  "other-service warning api 3101 sure" },
		{ { .port = 3100, .words = "db", .is_named = true }, "fine" },
		{ { .port = 1, .kind = MENTION_CODE, .words = "web" },
		  "unregistered warning web 3100" },
		{ { .port = 1, .kind = MENTION_INSIDE, .words = "web" },
		  "unregistered note web 3100" },
		{ { .port = 1, .words = "web", .is_fixed = true }, "unregistered error web 3100" },
	};
	const struct lint_scene s = scene("dev");

	check_rows(&s, "f", rows, ARRAY_LEN(rows));
}

static void test_judge__tells_the_service_by_its_names(void **state)
{
	static const struct row rows[] = {
		{ { .port = 1, .words = "WEB_PORT" }, "unregistered error web 3100 sure" },
		{ { .port = 1, .words = "dev:api" }, "unregistered error api 3101 sure" },
		{ { .port = 1, .words = "start" }, "unregistered error web 3100 sure" },
		{ { .port = 1, .words = "storybook" }, "unregistered error - 0" },
		{ { .port = 1, .words = "" }, "unregistered error - 0" }, /* which of both? */
		{ { .port = 1, .words = "web", .nth = 2 }, "unregistered error web 3103 sure" },
		{ { .port = 1, .words = "web", .nth = 3 }, "unregistered error web 0" },
	};
	static const struct row below[] = {
		{ { .port = 1, .words = "dev" }, "unregistered error api 3101 sure" },
		{ { .port = 1, .words = "WEB_PORT" }, "unregistered error web 3100 sure" },
	};
	static const struct row in_test[] = {
		{ { .port = 1, .words = "web" }, "unregistered error web 3102 sure" },
		{ { .port = 1, .words = "api" }, "unregistered error api 3101 sure" },
	};
	const struct lint_scene dev = scene("dev"), test = scene("test");

	check_rows(&dev, "f", rows, ARRAY_LEN(rows));
	check_rows(&dev, "apps/api/package.json", below, ARRAY_LEN(below));
	check_rows(&test, "f", in_test, ARRAY_LEN(in_test));
}

static void test_judge__in_no_project_a_proxy_serves_everybody(void **state)
{
	static const struct row rows[] = {
		{ { .port = 3200, .kind = MENTION_PASSES }, "fine" },
		{ { .port = 3200 }, "other-project error - 0" },
		{ { .port = 1, .kind = MENTION_PASSES, .words = "x" }, "unregistered error - 0" },
	};
	struct lint_scene s = scene("dev");

	s.project_id = NULL;
	s.n_own = 0;
	check_rows(&s, "f", rows, ARRAY_LEN(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judge__says_whose_a_port_is),
		cmocka_unit_test(test_judge__tells_the_service_by_its_names),
		cmocka_unit_test(test_judge__in_no_project_a_proxy_serves_everybody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
