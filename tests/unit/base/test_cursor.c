#include "lib/check.h"

#include "base/cursor.h"

static void test_eat_char__eats_its_char_or_touches_nothing(void **state)
{
	const char *text = "ab", *at = text;

	CHECK(!eat_char(&at, 'b') && at == text);
	CHECK(eat_char(&at, 'a') && at == text + 1);
	CHECK(eat_char(&at, 'b') && eat_end(&at));
	CHECK(!eat_char(&at, '\0') && eat_end(&at)); /* never steps past the end */
}

static void test_eat_word__eats_the_whole_word_or_touches_nothing(void **state)
{
	const char *text = "ports: 1", *at = text;

	CHECK(!eat_word(&at, "port:") && at == text);
	CHECK(!eat_word(&at, "ports: 12") && at == text);
	CHECK(eat_word(&at, "") && at == text);
	CHECK(eat_word(&at, "ports:") && at == text + 6);
	CHECK(eat_blanks(&at) && at == text + 7);
	CHECK(eat_blanks(&at) && at == text + 7);
	CHECK(!eat_end(&at));
}

static void test_eat_number__takes_digits_up_to_its_most(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
		bool ok;
		uint64_t want;
		size_t eaten;
	} row[] = {
		{ "0", 9, true, 0, 1 },
		{ "007x", 9, true, 7, 3 },
		{ "65535", 65535, true, 65535, 5 },
		{ "65536", 65535, false },
		{ "9", 5, false }, /* a digit larger than the most */
		{ "10", 9, false },
		{ "99999999999999999999999", UINT64_MAX, false },
		{ "18446744073709551615", UINT64_MAX, true, UINT64_MAX, 20 },
		{ "18446744073709551616", UINT64_MAX, false },
		{ "-1", 9, false },
		{ "+1", 9, false },
		{ " 1", 9, false }, /* no silent trimming */
		{ "", 9, false },
		{ "x", 9, false },
		{ "\xd9\xa3", 9, false }, /* an arabic-indic digit */
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		const char *at = row[i].text;
		uint64_t got = 12345;

		CHECK(eat_number(&at, row[i].max, &got) == row[i].ok, "row %zu", i);
		CHECK(got == (row[i].ok ? row[i].want : 12345), "row %zu", i);
		CHECK(at == row[i].text + row[i].eaten, "row %zu", i);
	}
}

static void test_eat_port__takes_1_to_65535(void **state)
{
	for (unsigned n = 0; n <= 70000; n++) {
		char text[16];
		const char *at = text;
		uint16_t port = 0;
		bool is_port = n >= 1 && n <= 65535;

		snprintf(text, sizeof(text), "%u,", n);
		CHECK(eat_port(&at, &port) == is_port, "%u", n);
		CHECK(port == (is_port ? n : 0), "%u", n);
		CHECK(eat_char(&at, ',') == is_port, "%u", n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_eat_char__eats_its_char_or_touches_nothing),
		cmocka_unit_test(test_eat_word__eats_the_whole_word_or_touches_nothing),
		cmocka_unit_test(test_eat_number__takes_digits_up_to_its_most),
		cmocka_unit_test(test_eat_port__takes_1_to_65535),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
