#include "lib/check.h"

#include <stdlib.h>
#include <wchar.h>

#include "base/text.h"

static void test_text__starts_empty_and_is_never_null(void **state)
{
	struct text t = { 0 };

	CHECK_TEXT(text_str(&t), "");
	CHECK(text_ok(&t) && t.len == 0);
	text_release(&t);
}

static void test_text_add__appends(void **state)
{
	CLEANUP(text_release) struct text t = { 0 };

	text_add(&t, "a");
	text_add(&t, "");
	text_add_bytes(&t, "bcdef", 2);
	text_addf(&t, "-%d-%s", 7, "x");
	CHECK_TEXT(text_str(&t), "abc-7-x");
	CHECK(t.len == 7 && text_ok(&t));
}

static void test_text_add__grows_past_every_size(void **state)
{
	CLEANUP(text_release) struct text t = { 0 };

	for (unsigned i = 0; i < 5000; i++)
		text_addf(&t, "%c", 'a' + (int)(i % 26));
	CHECK(t.len == 5000 && strlen(t.s) == 5000);
	for (unsigned i = 0; i < 5000; i++)
		CHECK(t.s[i] == 'a' + (int)(i % 26));
	text_addf(&t, "%0100000d", 1);
	CHECK(t.len == 105000 && strlen(t.s) == 105000);
}

static void test_text_add_bytes__keeps_nul_bytes(void **state)
{
	CLEANUP(text_release) struct text t = { 0 };

	text_add_bytes(&t, "a\0b", 3);
	text_add(&t, "c");
	CHECK(t.len == 4 && !memcmp(t.s, "a\0bc", 5));
}

static void test_text_add_bytes__refuses_what_no_memory_holds_and_says_so(void **state)
{
	CLEANUP(text_release) struct text t = { 0 };

	text_add(&t, "kept");
	text_add_bytes(&t, "x", SIZE_MAX - 2);
	CHECK(!text_ok(&t));
	text_add(&t, "ignored");
	CHECK_TEXT(text_str(&t), "kept");
	CHECK(!text_take(&t));
}

static void test_text_addf__says_so_when_it_could_not_be_written(void **state)
{
	CLEANUP(text_release) struct text t = { 0 };

	text_addf(&t, "%lc", (wint_t)0x20ac); /* not a character of the locale "C" */
	CHECK(!text_ok(&t));
}

static void test_text_take__hands_the_string_over_once(void **state)
{
	struct text t = { 0 };
	char *s;

	text_add(&t, "given");
	s = text_take(&t);
	CHECK_TEXT(s, "given");
	CHECK(!t.s && t.len == 0 && text_ok(&t));
	free(s);
	s = text_take(&t);
	CHECK_TEXT(s, "");
	free(s);
	text_add(&t, "again");
	CHECK_TEXT(text_str(&t), "again");
	text_release(&t);
}

static void test_text_clear__makes_it_ready_for_use_again(void **state)
{
	CLEANUP(text_release) struct text t = { 0 };

	text_add(&t, "x");
	text_add_bytes(&t, "x", SIZE_MAX - 2);
	text_clear(&t);
	CHECK(text_ok(&t));
	CHECK_TEXT(text_str(&t), "");
	text_add(&t, "y");
	CHECK_TEXT(text_str(&t), "y");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text__starts_empty_and_is_never_null),
		cmocka_unit_test(test_text_add__appends),
		cmocka_unit_test(test_text_add__grows_past_every_size),
		cmocka_unit_test(test_text_add_bytes__keeps_nul_bytes),
		cmocka_unit_test(test_text_add_bytes__refuses_what_no_memory_holds_and_says_so),
		cmocka_unit_test(test_text_addf__says_so_when_it_could_not_be_written),
		cmocka_unit_test(test_text_take__hands_the_string_over_once),
		cmocka_unit_test(test_text_clear__makes_it_ready_for_use_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
