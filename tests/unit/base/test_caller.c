#include "lib/check.h"

#include "base/caller.h"

static void test_user_name__is_what_the_system_calls_the_user(void **state)
{
	char name[CALLER_NAME_SIZE] = "";

	CHECK(user_name(0, name));
	CHECK_TEXT(name, "root");
}

static void test_user_name__leaves_its_result_alone_where_the_uid_has_none(void **state)
{
	char name[CALLER_NAME_SIZE] = "as it was";

	CHECK(!user_name(3999999999, name));
	CHECK_TEXT(name, "as it was");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_user_name__is_what_the_system_calls_the_user),
		cmocka_unit_test(test_user_name__leaves_its_result_alone_where_the_uid_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
