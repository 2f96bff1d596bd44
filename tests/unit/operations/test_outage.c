#include "lib/check.h"

#include <string.h>

#include "operations/outage.h"

static void test_outage__is_news_when_it_begins_and_when_it_ends(void **state)
{
	static const struct {
		bool was_read;
		int64_t now_ms;
		const char *why;
		bool is_news;
		int64_t since_ms, lasted_ms;
		const char *want;
	} row[] = {
		{ true, 100, "", false, 0, 0, "" },
		{ false, 200, "it is locked", true, 200, 0, "it is locked" },
		{ false, 300, "it is gone", false, 200, 0, "it is locked" }, /* the first one */
		{ true, 500, "", true, 0, 300, "" },
		{ true, 600, "", false, 0, 300, "" },
		{ false, 700, "it is gone", true, 700, 0, "it is gone" },
	};
	struct outage o = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct err why = { 0 };

		if (*row[i].why)
			fail(&why, ERR_IO, "%s", row[i].why);
		CHECK(outage_note(&o, row[i].was_read, &why, row[i].now_ms) == row[i].is_news,
		      "row %zu", i);
		CHECK(o.since_ms == row[i].since_ms && o.lasted_ms == row[i].lasted_ms, "row %zu",
		      i);
		CHECK(!strcmp(o.why.text, row[i].want), "row %zu: %s", i, o.why.text);
	}
}

static void test_outage__status_says_since_when_and_why(void **state)
{
	CLEANUP(json_cleanup) json_t *well = json_object(), *ill = json_object();
	struct outage o = { 0 };
	struct err why = { 0 };

	CHECK(outage_put(well, &o));
	CHECK(json_is_null(json_object_get(well, "unreadSince")) &&
	      json_is_null(json_object_get(well, "unreadReason")));
	fail(&why, ERR_IO, "it is locked");
	CHECK(outage_note(&o, false, &why, 1000) && outage_put(ill, &o));
	CHECK(!strncmp(json_text_of(ill, "unreadSince"), "1970-01-01T00:00:01", 19));
	CHECK(!strcmp(json_text_of(ill, "unreadReason"), "it is locked"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outage__is_news_when_it_begins_and_when_it_ends),
		cmocka_unit_test(test_outage__status_says_since_when_and_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
