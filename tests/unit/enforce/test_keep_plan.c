#include "lib/check.h"

#include "enforce/keep_plan.h"

#define EVA	 1000
#define WWW	 33
#define NOT_SAID ((uid_t)-1)

static bool user_of(void *arg, const char *name, uid_t *ret)
{
	static const struct {
		const char *name;
		uid_t uid;
	} users[] = { { "eva", EVA }, { "www-data", WWW }, { "root", 0 } };

	for (size_t i = 0; i < ARRAY_LEN(users); i++)
		if (!strcmp(users[i].name, name)) {
			*ret = users[i].uid;
			return true;
		}
	return false;
}

static void test_keep_decide__a_port_is_its_users_and_its_units(void **state)
{
	/* clang-format off */
	static const struct {
		struct keep_facts of;
		enum keep_why want;
		uid_t first, second;
		const char *unit;
	} row[] = {
		{ { 3100, "eva" }, KEEP_IT, EVA, NOT_SAID, "" },
		{ { 3100, "eva via root" }, KEEP_IT, EVA, NOT_SAID, "" },
		{ { 3100, "evarist" }, KEEP_NOBODYS },
		{ { 3100, NULL }, KEEP_NOBODYS }, /* of an import */
		{ { 3100, "root" }, KEEP_ONLY_ROOT },
		{ { 3100, "root", .runs_as = "www-data" }, KEEP_IT, WWW, NOT_SAID, "" },
		{ { 3100, "eva", .runs_as = "www-data" }, KEEP_IT, WWW, EVA, "" },
		{ { 3100, "eva", .runs_as = "eva" }, KEEP_IT, EVA, NOT_SAID, "" },
		{ { 3100, "eva", .runs_as = "gone" }, KEEP_NO_SUCH_USER },
		{ { 3100, "eva", .runs_as = "" }, KEEP_IT, EVA, NOT_SAID, "" },
		{ { 3100, "root", .runs_as = "root" }, KEEP_IT, 0, NOT_SAID, "" },
		{ { 3100, "root", .unit = "shop" }, KEEP_IT, NOT_SAID, NOT_SAID, "shop.service" },
		{ { 3100, "eva", .unit = "shop.socket" }, KEEP_IT, EVA, NOT_SAID, "shop.socket" },
		{ { 3100, NULL, .unit = "a@1.service" }, KEEP_IT, NOT_SAID, NOT_SAID, "a@1.service" },
		{ { 3100, "root", .unit = "../x" }, KEEP_ONLY_ROOT }, /* no name of a unit */
		{ { 3100, "eva", .has_container = true }, KEEP_IT, 0, EVA, "" },
		{ { 1023, "eva" }, KEEP_NOT_LOW },
		{ { 1024, "eva" }, KEEP_IT, EVA, NOT_SAID, "" },
	};
	/* clang-format on */

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct kept_for k = { .n_users = 99 };
		unsigned n = (row[i].first != NOT_SAID) + (row[i].second != NOT_SAID);
		enum keep_why why = keep_decide(&row[i].of, user_of, NULL, &k);

		CHECK(why == row[i].want, "row %zu: %d", i, why);
		if (why != KEEP_IT) {
			CHECK(k.n_users == 99, "row %zu is touched", i);
			continue;
		}
		CHECK(k.n_users == n, "row %zu: %u", i, k.n_users);
		CHECK(n < 1 || k.users[0] == row[i].first, "row %zu", i);
		CHECK(n < 2 || k.users[1] == row[i].second, "row %zu", i);
		CHECK(!strcmp(k.unit, row[i].unit), "row %zu: '%s'", i, k.unit);
	}
}

static void test_keep_decide__a_unit_of_an_endless_name_is_none(void **state)
{
	char name[KEEP_UNIT_SIZE + 1];
	struct kept_for k;

	memset(name, 'x', KEEP_UNIT_SIZE);
	name[KEEP_UNIT_SIZE] = '\0';
	CHECK(keep_decide(&(struct keep_facts){ .port = 3100, .entered_by = "eva", .unit = name },
			  user_of, NULL, &k) == KEEP_IT);
	CHECK(!*k.unit && k.n_users == 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keep_decide__a_port_is_its_users_and_its_units),
		cmocka_unit_test(test_keep_decide__a_unit_of_an_endless_name_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
