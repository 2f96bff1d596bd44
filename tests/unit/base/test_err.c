#include "lib/check.h"

#include "base/err.h"

static void test_fail__returns_false_and_says_why(void **state)
{
	struct err err = { .hint = "old", .holder = "old" };

	CHECK(!fail(&err, ERR_TAKEN, "port %d is taken", 3000));
	CHECK(err.code == ERR_TAKEN);
	CHECK_TEXT(err.text, "port 3000 is taken");
	CHECK_TEXT(err.hint, "");
	CHECK_TEXT(err.holder, "");
}

static void test_fail__needs_no_err(void **state)
{
	CHECK(!fail(NULL, ERR_IO, "x"));
	CHECK(!fail_while(NULL, "x"));
	CHECK(!fail_hint(NULL, "x"));
	CHECK(!fail_memory(NULL));
}

static void test_fail__cuts_what_does_not_fit(void **state)
{
	static char longer[2 * ERR_TEXT_SIZE];
	struct err err = { 0 };

	memset(longer, 'x', sizeof(longer) - 1);
	fail(&err, ERR_IO, "%s", longer);
	CHECK(strlen(err.text) == ERR_TEXT_SIZE - 1);
	fail_hint(&err, "%s", longer);
	CHECK(strlen(err.hint) == ERR_HINT_SIZE - 1);
	fail_while(&err, "%s", longer);
	CHECK(strlen(err.text) == ERR_TEXT_SIZE - 1);
	fail(&err, ERR_IO, "%s", longer);
	fail_while(&err, "doing");
	CHECK(strlen(err.text) == ERR_TEXT_SIZE - 1 && !strncmp(err.text, "doing: xxx", 10));
}

static void test_fail_while__goes_before_the_text_and_keeps_the_rest(void **state)
{
	struct err err = { 0 };

	fail(&err, ERR_IO, "no %s", "disk");
	fail_hint(&err, "buy %d", 1);
	CHECK(!fail_while(&err, "opening '%s'", "book"));
	CHECK(!fail_while(&err, "starting"));
	CHECK_TEXT(err.text, "starting: opening 'book': no disk");
	CHECK_TEXT(err.hint, "buy 1");
	CHECK(err.code == ERR_IO);
}

static void test_fail_while__may_be_given_the_text_itself(void **state)
{
	struct err err = { 0 };

	fail(&err, ERR_IO, "inner");
	fail_while(&err, "<%s>", err.text);
	CHECK_TEXT(err.text, "<inner>: inner");
}

static void test_err__has_one_name_and_one_exit_status_for_each_code(void **state)
{
	for (unsigned code = ERR_NONE; code < ERR_CODE_COUNT; code++) {
		CHECK(err_name((enum err_code)code)[0], "code %u", code);
		CHECK(err_from_name(err_name((enum err_code)code)) == (enum err_code)code,
		      "code %u", code);
		CHECK(err_exit_status((enum err_code)code) >= (code != ERR_NONE), "code %u", code);
		CHECK(err_exit_status((enum err_code)code) <= 6, "code %u", code);
	}
	CHECK(err_exit_status(ERR_NONE) == 0);
	CHECK(err_from_name("nonsense") == ERR_NONE);
	CHECK(err_from_name("") == ERR_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fail__returns_false_and_says_why),
		cmocka_unit_test(test_fail__needs_no_err),
		cmocka_unit_test(test_fail__cuts_what_does_not_fit),
		cmocka_unit_test(test_fail_while__goes_before_the_text_and_keeps_the_rest),
		cmocka_unit_test(test_fail_while__may_be_given_the_text_itself),
		cmocka_unit_test(test_err__has_one_name_and_one_exit_status_for_each_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
