#include "lib/check.h"

#include <limits.h>
#include <stdlib.h>

#include "registry/field.h"

static void test_field_is_line__says_what_is_wrong_with_it(void **state)
{
	static const struct {
		const char *text, *want; /* NULL: it is one */
	} rows[] = {
		{ NULL, NULL },
		{ "", NULL },
		{ "the front page", NULL },
		{ "日本", NULL },
		{ "123456789", "the owner is longer than 8 bytes" },
		{ "a\tb", "the owner holds control characters or bytes that are not UTF-8" },
		{ "a\nb", "the owner holds control characters or bytes that are not UTF-8" },
		{ "\xff", "the owner holds control characters or bytes that are not UTF-8" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = { 0 };
		size_t most = i == 4 ? 8 : 20;

		CHECK(field_is_line("owner", rows[i].text, most, &err) == !rows[i].want, "%zu", i);
		CHECK_TEXT(err.text, rows[i].want ? rows[i].want : "");
	}
}

static void test_field_is_path__says_what_is_wrong_with_it(void **state)
{
	static char longest[PATH_MAX + 1];
	static const struct {
		const char *path, *want;
	} rows[] = {
		{ NULL, NULL },
		{ "", NULL },
		{ "/", NULL },
		{ "/srv/we ird", NULL },
		{ "srv", "'srv' is not an absolute path" },
		{ "/a\tb", "the path holds control characters or bytes that are not UTF-8" },
		{ longest, "the path is longer than 4095 bytes" },
	};

	memset(longest, '/', PATH_MAX);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = { 0 };

		CHECK(field_is_path(rows[i].path, &err) == !rows[i].want, "%zu", i);
		CHECK_TEXT(err.text, rows[i].want ? rows[i].want : "");
	}
	longest[PATH_MAX - 1] = '\0';
	CHECK(field_is_path(longest, NULL));
}

static void test_field_changed__keeps_replaces_and_clears(void **state)
{
	CHECK_TEXT(field_changed("old", NULL), "old");
	CHECK_TEXT(field_changed("old", "new"), "new");
	CHECK_TEXT(field_changed("old", ""), NULL);
	CHECK_TEXT(field_changed(NULL, NULL), NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_field_is_line__says_what_is_wrong_with_it),
		cmocka_unit_test(test_field_is_path__says_what_is_wrong_with_it),
		cmocka_unit_test(test_field_changed__keeps_replaces_and_clears),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
