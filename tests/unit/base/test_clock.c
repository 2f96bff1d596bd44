#include "lib/check.h"

#include "base/clock.h"
#include "lib/random.h"

#define SECOND INT64_C(1000)

static void test_time_format__shows_utc_and_milliseconds(void **state)
{
	static const struct {
		int64_t ms;
		const char *want;
	} row[] = {
		{ 0, "" }, /* never */
		{ -1, "" },
		{ 1, "1970-01-01T00:00:00.001Z" },
		{ INT64_C(951782400000), "2000-02-29T00:00:00.000Z" },
		{ INT64_C(1795250741123), "2026-11-21T08:45:41.123Z" },
		{ INT64_C(253402300799999), "9999-12-31T23:59:59.999Z" },
	};
	char text[TIME_TEXT_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		CHECK_TEXT(time_format(row[i].ms, text), row[i].want);
	CHECK(strlen(time_format(INT64_MAX, text)) < TIME_TEXT_SIZE);
}

static void test_time_parse__takes_dates_and_rfc_3339(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		int64_t want;
	} row[] = {
		{ "2000-02-29", true, INT64_C(951868799999) }, /* its end */
		{ "2000-02-29T00:00:00Z", true, INT64_C(951782400000) },
		{ "2000-02-29T00:00:00.5Z", true, INT64_C(951782400500) },
		{ "2000-02-29T00:00:00.123456789Z", true, INT64_C(951782400123) },
		{ "2001-02-29", false },
		{ "1900-02-28", false }, /* before all times */
		{ "2000-13-01", false },
		{ "2000-00-01", false },
		{ "2000-01-00", false },
		{ "2000-01-32", false },
		{ "2000-01-01T24:00:00Z", false },
		{ "2000-01-01T23:60:00Z", false },
		{ "2000-01-01T23:59:60Z", false },
		{ "2000-01-01T23:59:99Z", false },
		{ "2000-01-01T23:59:59", false }, /* of which place? */
		{ "2000-01-01T23:59:59+01:00", false },
		{ "2000-01-01T23:59:59.Z", false },
		{ "2000-01-01T23:59:59Zx", false },
		{ "2000-01-01 ", false },
		{ " 2000-01-01", false },
		{ "2000-1-1", false },
		{ "20000-01-01", false },
		{ "tomorrow", false },
		{ "", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		int64_t got = -7;
		struct err err = { 0 };

		CHECK(time_parse(row[i].text, &got, &err) == row[i].ok, "'%s'", row[i].text);
		CHECK(got == (row[i].ok ? row[i].want : -7), "'%s': %lld", row[i].text,
		      (long long)got);
		CHECK(row[i].ok || (err.code == ERR_INVALID && strstr(err.text, row[i].text)));
	}
}

static void test_time_parse__reads_what_time_format_wrote(void **state)
{
	uint64_t seed = 3;

	for (int i = 0; i < 5000; i++) {
		int64_t ms = 1 + (int64_t)(random_next(&seed) % UINT64_C(253402300799999)), got;
		char text[TIME_TEXT_SIZE];
		struct err err;

		CHECK(time_parse(time_format(ms, text), &got, &err) && got == ms, "%s", text);
	}
}

static void test_duration_parse__takes_a_number_and_a_unit(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		int64_t want;
	} row[] = {
		{ "90s", true, 90 * SECOND },
		{ "1m", true, 60 * SECOND },
		{ "12h", true, INT64_C(12) * 3600 * SECOND },
		{ "7d", true, INT64_C(7) * 86400 * SECOND },
		{ "2w", true, INT64_C(14) * 86400 * SECOND },
		{ "36525d", true, INT64_C(36525) * 86400 * SECOND },
		{ "36526d", false }, /* more than 100 years */
		{ "5218w", false },
		{ "2147483647s", true, INT64_C(2147483647) * SECOND },
		{ "2147483648s", false },
		{ "0s", false },
		{ "-1s", false },
		{ "7", false },
		{ "d", false },
		{ "7dd", false },
		{ "7 d", false },
		{ "7D", false },
		{ "1.5h", false },
		{ "1h30m", false },
		{ "", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		int64_t got = -7;
		struct err err = { 0 };

		CHECK(duration_parse(row[i].text, &got, &err) == row[i].ok, "'%s'", row[i].text);
		CHECK(got == (row[i].ok ? row[i].want : -7), "'%s'", row[i].text);
		CHECK(row[i].ok || err.code == ERR_INVALID);
	}
}

static void test_clock_now_ms__is_of_this_century(void **state)
{
	int64_t first = clock_now_ms();

	CHECK(first > INT64_C(1700000000000));
	CHECK(clock_now_ms() >= first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time_format__shows_utc_and_milliseconds),
		cmocka_unit_test(test_time_parse__takes_dates_and_rfc_3339),
		cmocka_unit_test(test_time_parse__reads_what_time_format_wrote),
		cmocka_unit_test(test_duration_parse__takes_a_number_and_a_unit),
		cmocka_unit_test(test_clock_now_ms__is_of_this_century),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
